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
        let objects = objects
            .into_iter()
            .map(|(key, object)| (key, Arc::new(object)));
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

#[cfg(test)]
mod tests {
    use fleetscope_model::GapKind;

    use super::*;

    fn key(name: &str) -> Key {
        Key {
            namespace: "shop".to_owned(),
            name: name.to_owned(),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_reader_keeps_what_it_took_whatever_is_written_then() {
        let mut table = Table::default();
        table.set(vec![(key("a"), 1), (key("b"), 2)], at(0));
        let taken = table.clone();
        table.put(key("c"), 3, at(1));
        table.remove(&key("a"), at(2));
        let read = |table: &Table<i32>| table.objects().map(|n| **n).collect::<Vec<_>>();
        assert_eq!((read(&taken), taken.as_of()), (vec![1, 2], Some(at(0))));
        assert_eq!((read(&table), table.as_of()), (vec![2, 3], Some(at(2))));
    }

    #[test]
    fn a_table_is_fresh_while_it_is_heard_of_and_nothing_is_wrong() {
        let mut table = Table::<i32>::default();
        assert!(!table.is_fresh(at(0)), "nothing is known yet");
        table.set(Vec::new(), at(0));
        assert!(table.is_fresh(at(150)) && !table.is_fresh(at(151)));
        table.heard(at(100));
        assert!(table.is_fresh(at(250)));
        table.failed(Failure::new(GapKind::Timeout, "late"));
        assert!(!table.is_fresh(at(100)));
        table.heard(at(101));
        assert!(table.is_fresh(at(101)));
        table.overflowed(Failure::new(GapKind::Truncated, "full"));
        assert!(!table.is_fresh(at(101)) && table.as_of().is_none());
    }
}
