//! The objects of one cluster, their versions, and the log of what changed.

mod checked;
mod identity;
mod log;
mod state;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;

use super::access::Access;
use super::resources::{Registry, Resource, ResourceSpec};
use crate::Now;

pub(crate) use checked::deleted;
pub(crate) use log::{Compacted, LogEntry};
use state::State;
pub(crate) use state::{Snapshot, in_namespace};

/// The objects of one simulated cluster. A cheap handle: clones share the objects.
///
/// Every write gets the next resource version of one counter for the whole
/// cluster, and is kept in a log for watches, for lists at an exact version and
/// for pages of a list that goes on. The log is bounded
/// ([`KubeStore::set_history_limit`], by default 1,024 writes); who asks for
/// what is no longer in it is told `410 Expired`.
#[derive(Clone)]
pub struct KubeStore {
    shared: Arc<Shared>,
}

struct Shared {
    now: Now,
    state: RwLock<State>,
    progress: watch::Sender<Progress>,
    access: Access,
}

/// What watches wait for a change of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The highest resource version given.
    pub(crate) revision: u64,
    /// How many times all the watches were ended.
    pub(crate) epoch: u64,
}

impl KubeStore {
    /// A store without objects that knows the built-in resources.
    ///
    /// `now` is only read to show ages in tables. `seed` makes the uids, and the
    /// suffixes of generated names: the same writes in the same order give the same ones.
    pub fn new(now: Now, seed: u64) -> Self {
        let state = State::new(seed);
        let revision = state.revision();
        let (progress, _) = watch::channel(Progress { revision, epoch: 0 });
        let state = RwLock::new(state);
        Self {
            shared: Arc::new(Shared {
                now,
                state,
                progress,
                access: Access::default(),
            }),
        }
    }

    /// Who may do what on the cluster.
    pub fn access(&self) -> &Access {
        &self.shared.access
    }

    /// Makes a custom resource known without a `CustomResourceDefinition`, as an aggregated
    /// API server does. Built-in resources stay as they are.
    pub fn register(&self, spec: ResourceSpec) {
        self.write(|state| state.registry.add(spec));
    }

    /// Creates the object, or replaces the one of the same `apiVersion`, kind, namespace and
    /// name, and returns it as stored.
    ///
    /// The store sets `uid`, `resourceVersion`, `creationTimestamp` (`at`, in whole seconds; kept
    /// on replacing) and, for kinds that have one, `generation` (raised when anything but
    /// metadata and status changes). An object that is already so is not written again: no new
    /// version, no event. A namespaced object without a namespace goes to `default`;
    /// `metadata.generateName` is honoured where there is no name. Applying a
    /// `CustomResourceDefinition` makes its resources known. A kind that nobody made known is
    /// registered under its guessed plural.
    ///
    /// Returns `null`, and stores nothing, where `apiVersion`, `kind` or the name is missing.
    pub fn apply_at(&self, object: Value, at: Timestamp) -> Value {
        self.write(|state| state.apply(object, at))
            .map_or(Value::Null, |stored| Value::clone(&stored))
    }

    /// Deletes an object, and says whether there was one. `at` is the time of the deletion; no
    /// finalizer and no grace period holds it up.
    ///
    /// With a namespace go the objects in it, with a `CustomResourceDefinition` the objects and
    /// the resource that it defines.
    pub fn delete_at(
        &self,
        api_version: &str,
        kind: &str,
        namespace: Option<&str>,
        name: &str,
        at: Timestamp,
    ) -> bool {
        tracing::debug!(api_version, kind, namespace, name, %at, "delete");
        self.write(|state| {
            let Some(resource) = state.registry.by_kind(api_version, kind) else {
                return false;
            };
            let key = resource.key(namespace, name);
            state.delete(&resource, &key)
        })
    }

    /// The object with its kind and `apiVersion`.
    pub fn get(
        &self,
        api_version: &str,
        kind: &str,
        namespace: Option<&str>,
        name: &str,
    ) -> Option<Value> {
        let state = self.read();
        let resource = state.registry.by_kind(api_version, kind)?;
        let object = state.get(&resource, &resource.key(namespace, name))?;
        Some(Value::clone(&object))
    }

    /// The objects of a kind, in one namespace or in all, sorted by namespace and name.
    pub fn list(&self, api_version: &str, kind: &str, namespace: Option<&str>) -> Vec<Value> {
        let state = self.read();
        let Some(resource) = state.registry.by_kind(api_version, kind) else {
            return Vec::new();
        };
        let objects = state.snapshot(&resource, namespace).objects;
        objects
            .iter()
            .map(|(_, object)| Value::clone(object))
            .collect()
    }

    /// Forgets all but the latest `keep_events` writes of the log. Watches that have not seen
    /// the others yet, and lists that go on from before, are told `410 Expired`.
    pub fn compact(&self, keep_events: usize) {
        self.write(|state| state.log.keep(keep_events));
    }

    /// Bounds the log to this many writes from now on (by default 1,024). A write costs the
    /// memory of one parsed object, about ten times its size as JSON.
    pub fn set_history_limit(&self, events: usize) {
        self.write(|state| state.log.set_limit(events));
    }

    /// Deletes the core events that were last seen before `before`, as the time to live of
    /// events does in a real server (one hour by default). Returns how many went.
    pub fn expire_events(&self, before: Timestamp) -> usize {
        self.write(|state| state.expire_events(before))
    }

    /// The resource version of the latest write.
    pub fn resource_version(&self) -> u64 {
        self.read().revision()
    }

    /// Ends all the running watches without an error, as a server does that restarts or drains.
    pub fn end_watches(&self) {
        self.shared
            .progress
            .send_modify(|progress| progress.epoch += 1);
    }

    /// The simulated time.
    pub(crate) fn now(&self) -> Timestamp {
        (self.shared.now)()
    }

    /// Tells of every write.
    pub(crate) fn progress(&self) -> watch::Receiver<Progress> {
        self.shared.progress.subscribe()
    }

    /// Looks at the known resources.
    pub(crate) fn with_registry<T>(&self, look: impl FnOnce(&Registry) -> T) -> T {
        look(&self.read().registry)
    }

    /// One object in the shape of `resource`.
    pub(crate) fn object(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
    ) -> Option<Arc<Value>> {
        self.read().get(resource, &resource.key(namespace, name))
    }

    /// The objects as they are now.
    pub(crate) fn snapshot(&self, resource: &Resource, namespace: Option<&str>) -> Snapshot {
        self.read().snapshot(resource, namespace)
    }

    /// The objects as they were at `revision`, unless that is compacted away.
    pub(crate) fn snapshot_at(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        revision: u64,
    ) -> Result<Snapshot, Compacted> {
        self.read().snapshot_at(resource, namespace, revision)
    }

    /// What was written to `resource` after `revision`, up to which revision that reaches, and
    /// whether the resource is still known.
    pub(crate) fn changes_since(
        &self,
        resource: &Resource,
        revision: u64,
    ) -> Result<(Vec<Arc<LogEntry>>, Progressed), Compacted> {
        let state = self.read();
        let entries = state.log.since(&resource.storage, revision)?;
        let spec = &resource.spec;
        let progressed = Progressed {
            revision: state.revision(),
            still_served: state
                .registry
                .by_path(&spec.group, &spec.version, &spec.plural)
                .is_some(),
        };
        Ok((entries, progressed))
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.shared
            .state
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state: RwLockWriteGuard<'_, State> = self
            .shared
            .state
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut state);
        let revision = state.revision();
        drop(state);
        // Two writers may come here in the other order: the revision never goes back.
        self.shared.progress.send_if_modified(|progress| {
            let grown = revision > progress.revision;
            progress.revision = progress.revision.max(revision);
            grown
        });
        result
    }
}

/// How far a watch has come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progressed {
    pub(crate) revision: u64,
    pub(crate) still_served: bool,
}
