//! Following one cluster: the one writer of what is known of it.

use std::sync::Arc;
use std::time::Duration;

use fleetscope_kubernetes::{Key, Kubernetes, Told, Watch};
use fleetscope_model::{ClusterId, GapKind};
use fleetscope_outbound::Failure;
use fleetscope_ports::Clock;
use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};
use jiff::Timestamp;
use tokio::sync::watch;

use super::journal::{Journal, Step};
use super::pause::Pause;
use super::table::Table;
use super::{IndexOptions, Snapshot, State};

/// One cluster that is to be followed until it is forgotten. Its [`run`](Self::run) is for a task
/// of its own.
pub struct Following {
    pub(super) cluster: ClusterId,
    pub(super) kubernetes: Kubernetes,
    pub(super) state: State,
    pub(super) options: IndexOptions,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) end: watch::Receiver<()>,
}

/// Where a resource has its table, and what is noted when an object of it changes.
struct Place<T> {
    table: fn(&mut Snapshot) -> &mut Table<T>,
    note: fn(&mut Journal, Step<'_, T>, Timestamp),
}

impl<T> Place<T> {
    const fn at(table: fn(&mut Snapshot) -> &mut Table<T>) -> Self {
        Self {
            table,
            note: |_, _, _| {},
        }
    }

    const fn noting(self, note: fn(&mut Journal, Step<'_, T>, Timestamp)) -> Self {
        Self { note, ..self }
    }
}

/// What comes after a step.
enum Next {
    Step,
    Wait(Duration),
    /// From the beginning.
    Anew(Duration),
}

impl Following {
    /// The cluster.
    pub fn cluster(&self) -> ClusterId {
        self.cluster
    }

    /// Follows until the cluster is forgotten. All watches are polled by this one future, which is
    /// why nobody else ever writes.
    pub async fn run(mut self) {
        let mut end = self.end.clone();
        tokio::select! {
            biased;
            _ = end.changed() => {}
            () = self.follow_all() => {}
        }
    }

    async fn follow_all(&mut self) {
        let (k, most) = (&self.kubernetes, self.options.most_objects);
        let mut all = vec![
            self.follow(
                k.watch_nodes(most),
                Place::at(|s| &mut s.nodes).noting(Journal::node),
            ),
            self.follow(k.watch_pods(most), Place::at(|s| &mut s.pods)),
            self.follow(k.watch_services(most), Place::at(|s| &mut s.services)),
            self.follow(k.watch_events(most), Place::at(|s| &mut s.events)),
            self.follow(k.watch_deployments(most), Place::at(|s| &mut s.deployments)),
            self.follow(
                k.watch_stateful_sets(most),
                Place::at(|s| &mut s.stateful_sets).noting(Journal::scaled),
            ),
            self.follow(k.watch_daemon_sets(most), Place::at(|s| &mut s.daemon_sets)),
            self.follow(
                k.watch_replica_sets(most),
                Place::at(|s| &mut s.replica_sets),
            ),
            self.follow(
                k.watch_controller_revisions(most),
                Place::at(|s| &mut s.controller_revisions),
            ),
            self.follow(
                k.watch_config_maps(most),
                Place::at(|s| &mut s.config_maps).noting(Journal::config_map),
            ),
            self.follow(k.watch_operators(most), Place::at(|s| &mut s.operators)),
            self.follow(k.watch_releases(most), Place::at(|s| &mut s.releases)),
            self.follow(
                k.watch_applications(most),
                Place::at(|s| &mut s.applications),
            ),
            self.follow(
                k.watch_kustomizations(most),
                Place::at(|s| &mut s.kustomizations).noting(Journal::applied),
            ),
            self.follow(
                k.watch_helm_releases(most),
                Place::at(|s| &mut s.helm_releases),
            ),
        ];
        if self.options.secrets {
            all.push(self.follow(
                k.watch_secrets(most),
                Place::at(|s| &mut s.secrets).noting(Journal::secret),
            ));
        }
        join_all(all).await;
    }

    fn follow<T: Send + Sync + 'static>(
        &self,
        watch: Watch<T>,
        place: Place<T>,
    ) -> BoxFuture<'_, ()> {
        self.follow_one(watch, place).boxed()
    }

    /// Goes on for ever; whoever runs it drops it.
    async fn follow_one<T>(&self, mut watch: Watch<T>, place: Place<T>) {
        let resource = watch.resource();
        let mut pause = Pause::new(self.seed(resource));
        loop {
            let next = match watch.next().await {
                Ok(told) => self.take(&place, told, resource, &mut pause),
                Err(failure) => self.failed(&place, failure, resource, &mut pause),
            };
            match next {
                Next::Step => {}
                Next::Wait(length) => self.clock.sleep(length).await,
                Next::Anew(length) => {
                    watch.restart();
                    self.clock.sleep(length).await;
                }
            }
        }
    }

    fn failed<T>(
        &self,
        place: &Place<T>,
        failure: Failure,
        resource: &str,
        pause: &mut Pause,
    ) -> Next {
        tracing::debug!(cluster = %self.cluster, resource, %failure, "not followed");
        let full = failure.kind == GapKind::Truncated;
        self.state
            .write(|state| (place.table)(state).failed(failure));
        Next::Wait(if full { pause.longest() } else { pause.next() })
    }

    /// Takes over what was told.
    fn take<T>(&self, place: &Place<T>, told: Told<T>, resource: &str, pause: &mut Pause) -> Next {
        if matches!(told, Told::Put(..) | Told::Gone(_) | Told::Still) {
            pause.reset();
        }
        let now = self.clock.now();
        let fits = self.state.write(|state| {
            match told {
                Told::All(objects) => place.set(state, objects, now),
                Told::Put(key, object) => place.put(state, key, object, now),
                Told::Gone(key) => place.remove(state, &key, now),
                Told::Still => (place.table)(state).heard(now),
                Told::Absent => {
                    place.set(state, Vec::new(), now);
                    return Some(Next::Wait(pause.absent()));
                }
                // Nothing is known of what happened meanwhile before the first line comes.
                Told::Opened => return Some(Next::Step),
                Told::Ended | Told::Forgotten => return Some(Next::Wait(pause.next())),
                Told::TooMany => {
                    self.overflow(state, place, resource);
                    return None;
                }
            }
            self.fits(state, place, resource).then_some(Next::Step)
        });
        fits.unwrap_or_else(|| Next::Anew(pause.longest()))
    }

    /// Whether the cluster has no more objects than it may; else those of this resource are let go.
    fn fits<T>(&self, state: &mut Snapshot, place: &Place<T>, resource: &str) -> bool {
        if state.objects() <= self.options.most_objects {
            return true;
        }
        self.overflow(state, place, resource);
        false
    }

    fn overflow<T>(&self, state: &mut Snapshot, place: &Place<T>, resource: &str) {
        let most = self.options.most_objects;
        let detail = format!(
            "more than {most} objects of this cluster would be kept: {resource} are not followed, \
             and what they were before is not known. Raise index.most_objects"
        );
        let failure = Failure::new(GapKind::Truncated, detail);
        (place.table)(state).overflowed(failure);
    }

    /// Another one for each resource of each cluster.
    fn seed(&self, resource: &str) -> u64 {
        let id = self.cluster.to_string();
        let bytes = id.bytes().chain(resource.bytes());
        bytes.fold(self.options.seed, |seed, byte| {
            (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }
}

impl<T> Place<T> {
    fn set(&self, state: &mut Snapshot, objects: Vec<(Key, T)>, now: Timestamp) {
        let before = (self.table)(state).clone();
        (self.table)(state).set(objects, now);
        // What was there at the first sight is no news.
        if before.as_of().is_none() {
            return;
        }
        let after = (self.table)(state).clone();
        for (key, object) in after.entries() {
            let old = before.get(key).map(|old| &**old);
            (self.note)(&mut state.journal, (key, old, Some(object)), now);
        }
        for (key, object) in before.entries() {
            if after.get(key).is_none() {
                (self.note)(&mut state.journal, (key, Some(object), None), now);
            }
        }
    }

    fn put(&self, state: &mut Snapshot, key: Key, object: T, now: Timestamp) {
        let before = (self.table)(state).get(&key).cloned();
        let step = (&key, before.as_deref(), Some(&object));
        (self.note)(&mut state.journal, step, now);
        (self.table)(state).put(key, object, now);
    }

    fn remove(&self, state: &mut Snapshot, key: &Key, now: Timestamp) {
        let before = (self.table)(state).get(key).cloned();
        (self.note)(&mut state.journal, (key, before.as_deref(), None), now);
        (self.table)(state).remove(key, now);
    }
}

impl std::fmt::Debug for Following {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Following")
            .field("cluster", &self.cluster)
            .finish_non_exhaustive()
    }
}
