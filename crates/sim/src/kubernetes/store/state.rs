//! What stands under the store's lock.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::identity::{self, Identities};
use super::log::{Compacted, EventLog, LogEntry};
use crate::kubernetes::conversion::{self, EVENTS_GROUP};
use crate::kubernetes::defaults;
use crate::kubernetes::resources::{Registry, Resource, ResourceSpec, storage_of};

/// The objects, what is known of their kinds, and what happened to them.
pub(crate) struct State {
    pub(crate) registry: Registry,
    pub(crate) log: EventLog,
    revision: u64,
    objects: BTreeMap<Arc<str>, BTreeMap<String, Arc<Value>>>,
    identities: Identities,
}

/// Objects at one revision, with their keys, in the order of their keys.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) revision: u64,
    pub(crate) objects: Vec<(String, Arc<Value>)>,
}

impl State {
    /// Empty; the first write gets revision 2, so that 1 is the empty store.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            registry: Registry::new(),
            log: EventLog::new(),
            revision: 1,
            objects: BTreeMap::new(),
            identities: Identities::new(seed),
        }
    }

    /// The revision of the latest write.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// One object in the shape of `resource`.
    pub(crate) fn get(&self, resource: &Resource, key: &str) -> Option<Arc<Value>> {
        let stored = self.objects.get(&resource.storage)?.get(key)?;
        Some(resource.present(stored))
    }

    /// The objects of a resource as they are now.
    pub(crate) fn snapshot(&self, resource: &Resource, namespace: Option<&str>) -> Snapshot {
        let all = self.objects.get(&resource.storage);
        let present = all
            .into_iter()
            .flatten()
            .filter(|(key, _)| in_namespace(key, namespace));
        Snapshot {
            revision: self.revision,
            objects: present
                .map(|(key, stored)| (key.clone(), resource.present(stored)))
                .collect(),
        }
    }

    /// The objects of a resource as they were at `revision`.
    pub(crate) fn snapshot_at(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        revision: u64,
    ) -> Result<Snapshot, Compacted> {
        let mut all = self
            .objects
            .get(&resource.storage)
            .cloned()
            .unwrap_or_default();
        self.log.rewind(&mut all, &resource.storage, revision)?;
        let present = all
            .iter()
            .filter(|(key, _)| in_namespace(key, namespace))
            .map(|(key, stored)| (key.clone(), resource.present(stored)));
        Ok(Snapshot {
            revision,
            objects: present.collect(),
        })
    }

    /// Creates or replaces; nothing where the object does not say what it is.
    pub(crate) fn apply(&mut self, object: Value, at: Timestamp) -> Option<Arc<Value>> {
        let Some((resource, mut object)) = self.identify(object) else {
            tracing::warn!("an object without apiVersion, kind or name was not stored");
            return None;
        };
        let metadata = &object["metadata"];
        let name = metadata["name"].as_str()?;
        let key = resource.key(metadata["namespace"].as_str(), name);
        let existing = self
            .objects
            .get(&resource.storage)
            .and_then(|all| all.get(&key))
            .cloned();
        defaults::complete(&resource, existing.as_deref(), &mut object, at);
        match &existing {
            Some(existing) => identity::keep(&resource, existing, &mut object),
            None => self.identities.give(&resource, &mut object, at),
        }
        if let Some(existing) = existing.filter(|existing| **existing == object) {
            return Some(resource.present(&existing));
        }
        let stored = self.commit(&resource.storage, key, Some(object))?;
        if resource.is("apiextensions.k8s.io", "customresourcedefinitions") {
            for spec in ResourceSpec::from_definition(&stored) {
                self.registry.add(spec);
            }
        }
        Some(resource.present(&stored))
    }

    /// Deletes, with all that goes with it, and says whether there was something.
    pub(crate) fn delete(&mut self, resource: &Resource, key: &str) -> bool {
        let Some(stored) = self
            .objects
            .get(&resource.storage)
            .and_then(|all| all.get(key))
            .cloned()
        else {
            return false;
        };
        if resource.is("", "namespaces") {
            self.delete_where(|_, contained| in_namespace(contained, Some(key)));
        }
        if resource.is("apiextensions.k8s.io", "customresourcedefinitions") {
            let (group, names) = (&stored["spec"]["group"], &stored["spec"]["names"]);
            let group = group.as_str().unwrap_or_default();
            let plural = names["plural"].as_str().unwrap_or_default();
            let storage = storage_of(group, plural);
            self.delete_where(|of, _| *of == *storage);
            self.registry.remove(group, plural);
        }
        self.commit(&resource.storage, key.to_owned(), None);
        true
    }

    /// Deletes core events last seen before `before`.
    pub(crate) fn expire_events(&mut self, before: Timestamp) -> usize {
        let Some(resource) = self.registry.by_kind("v1", "Event") else {
            return 0;
        };
        let events = self.objects.get(&resource.storage);
        let expired: Vec<String> = events
            .into_iter()
            .flatten()
            .filter(|(_, event)| last_seen(event).is_some_and(|seen| seen < before))
            .map(|(key, _)| key.clone())
            .collect();
        for key in &expired {
            self.commit(&resource.storage, key.clone(), None);
        }
        expired.len()
    }

    /// The resource of an object, and the object in its stored shape and with a full name.
    fn identify(&mut self, mut object: Value) -> Option<(Arc<Resource>, Value)> {
        let kind = object["kind"].as_str()?.to_owned();
        if kind == "Event" && object["apiVersion"].as_str()?.starts_with(EVENTS_GROUP) {
            object = conversion::event_to_core(&object);
        }
        let api_version = object["apiVersion"].as_str()?.to_owned();
        let metadata = object.get_mut("metadata")?.as_object_mut()?;
        let has_namespace = metadata.get("namespace").is_some_and(Value::is_string);
        let resource = self.resource(&api_version, &kind, has_namespace)?;
        if !resource.spec.namespaced {
            metadata.remove("namespace");
        } else if !has_namespace {
            metadata.insert("namespace".to_owned(), "default".into());
        }
        self.identities.name(metadata)?;
        Some((resource, object))
    }

    /// The resource of a kind; one that nobody made known is guessed.
    fn resource(
        &mut self,
        api_version: &str,
        kind: &str,
        namespaced: bool,
    ) -> Option<Arc<Resource>> {
        if let Some(known) = self.registry.by_kind(api_version, kind) {
            return Some(known);
        }
        tracing::warn!(
            api_version,
            kind,
            "a kind that nobody registered: its plural is guessed"
        );
        let guess = ResourceSpec::guess(api_version, kind, namespaced);
        self.registry.add(guess);
        self.registry.by_kind(api_version, kind)
    }

    fn delete_where(&mut self, matches: impl Fn(&str, &str) -> bool) {
        let mut doomed = Vec::new();
        for (storage, all) in &self.objects {
            let keys = all.keys().filter(|key| matches(storage, key));
            doomed.extend(keys.map(|key| (Arc::clone(storage), key.clone())));
        }
        for (storage, key) in doomed {
            self.commit(&storage, key, None);
        }
    }

    /// Writes `after` under the next revision, or deletes where it is nothing.
    fn commit(
        &mut self,
        storage: &Arc<str>,
        key: String,
        after: Option<Value>,
    ) -> Option<Arc<Value>> {
        self.revision += 1;
        let revision = self.revision;
        let all = self.objects.entry(Arc::clone(storage)).or_default();
        let after = after.map(|object| Arc::new(versioned(object, revision)));
        let before = match &after {
            Some(object) => all.insert(key.clone(), Arc::clone(object)),
            None => all.remove(&key),
        };
        self.log.push(LogEntry {
            revision,
            storage: Arc::clone(storage),
            key,
            before,
            after: after.clone(),
        });
        after
    }
}

impl LogEntry {
    /// The last state of the object before this write, under the version of this write: what a
    /// `DELETED` frame carries.
    pub(crate) fn last_state(&self) -> Option<Arc<Value>> {
        let before = self.before.as_ref()?;
        Some(Arc::new(versioned(Value::clone(before), self.revision)))
    }
}

fn versioned(mut object: Value, revision: u64) -> Value {
    object["metadata"]["resourceVersion"] = revision.to_string().into();
    object
}

/// Whether a key is one of an object in the namespace; every key is where none is asked for.
pub(crate) fn in_namespace(key: &str, namespace: Option<&str>) -> bool {
    namespace.is_none_or(|namespace| {
        key.strip_prefix(namespace)
            .is_some_and(|rest| rest.starts_with('/'))
    })
}

/// When an event was last seen. The order is the one in which writers fill the fields.
fn last_seen(event: &Value) -> Option<Timestamp> {
    let candidates = [
        &event["series"]["lastObservedTime"],
        &event["lastTimestamp"],
        &event["eventTime"],
        &event["metadata"]["creationTimestamp"],
    ];
    candidates
        .into_iter()
        .find_map(|time| time.as_str()?.parse().ok())
}
