//! One resource of one cluster.

use std::collections::BTreeMap;
use std::sync::Arc;

use fleetscope_kubernetes::Key;
use fleetscope_outbound::Failure;
use jiff::{SignedDuration, Timestamp};

/// Bookmarks come once a minute: what was not heard of for longer than two may have gone on
/// without us.
const FRESH: SignedDuration = SignedDuration::from_secs(150);

/// The objects of one resource as they were last told. Cheap to clone: clones share the objects
/// until one of them is written.
pub(crate) struct Table<T> {
    objects: Arc<BTreeMap<Key, Arc<T>>>,
    /// When all of it was last known to be so.
    as_of: Option<Timestamp>,
    /// Why it is not followed just now.
    failure: Option<Failure>,
}

impl<T> Clone for Table<T> {
    fn clone(&self) -> Self {
        Self {
            objects: Arc::clone(&self.objects),
            as_of: self.as_of,
            failure: self.failure.clone(),
        }
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            objects: Arc::default(),
            as_of: None,
            failure: None,
        }
    }
}

impl<T> Table<T> {
    pub(crate) fn len(&self) -> usize {
        self.objects.len()
    }

    /// The objects, by namespace and name.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &Arc<T>> {
        self.objects.values()
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Arc<T>> {
        self.objects.get(key)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&Key, &Arc<T>)> {
        self.objects.iter()
    }

    /// Whether it is as the cluster is now.
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        let heard = |at| now.duration_since(at) <= FRESH;
        self.failure.is_none() && self.as_of.is_some_and(heard)
    }

    /// When it was last as the cluster was then.
    pub(crate) fn as_of(&self) -> Option<Timestamp> {
        self.as_of
    }

    /// Why it is not followed just now.
    pub(crate) fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// These are all.
    pub(super) fn set(&mut self, objects: Vec<(Key, T)>, now: Timestamp) {
        let objects = objects.into_iter().map(|(key, object)| (key, Arc::new(object)));
        self.objects = Arc::new(objects.collect());
        self.heard(now);
    }

    pub(super) fn put(&mut self, key: Key, object: T, now: Timestamp)
    where
        Arc<T>: Clone,
    {
        Arc::make_mut(&mut self.objects).insert(key, Arc::new(object));
        self.heard(now);
    }

    pub(super) fn remove(&mut self, key: &Key, now: Timestamp) {
        if self.objects.contains_key(key) {
            Arc::make_mut(&mut self.objects).remove(key);
        }
        self.heard(now);
    }

    /// All of it was told up to now.
    pub(super) fn heard(&mut self, now: Timestamp) {
        self.as_of = Some(now);
        self.failure = None;
    }

    /// It is not followed for now.
    pub(super) fn failed(&mut self, failure: Failure) {
        self.failure = Some(failure);
    }

    /// It holds more than it may: nothing of it is kept.
    pub(super) fn overflowed(&mut self, failure: Failure) {
        self.objects = Arc::default();
        self.as_of = None;
        self.failure = Some(failure);
    }
}
