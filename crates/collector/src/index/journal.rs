//! What was seen to happen and is told by no object: what is gone, and what something was before.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use fleetscope_kubernetes::{ConfigKind, Delivery, Key, Node, Version, Workload};
use jiff::{SignedDuration, Timestamp};

/// Notes of one cluster; the oldest are forgotten first.
const MOST: usize = 5_000;
/// For how long they are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// What happened in one cluster, oldest first. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Journal(Arc<VecDeque<Note>>);

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) at: Timestamp,
    pub(crate) what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// A node is gone.
    NodeLeft(String),
    /// The wanted number of pods of a `StatefulSet` was changed.
    Scaled { key: Key, from: i32, to: i32 },
    /// A `ConfigMap` or `Secret` has another version.
    Config(Config),
    /// A Kustomization has applied another revision.
    Applied {
        key: Key,
        from: Option<String>,
        to: String,
    },
}

/// A version of a `ConfigMap` or `Secret`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) kind: ConfigKind,
    pub(crate) key: Key,
    /// None for one that is gone.
    pub(crate) version: Option<String>,
    pub(crate) how: How,
}

/// How a version came to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum How {
    Created,
    Deleted,
    /// Which keys are new and which are gone; neither where values or labels were changed.
    Changed {
        added: BTreeSet<String>,
        removed: BTreeSet<String>,
    },
}

/// An object before and after.
pub(super) type Step<'o, T> = (&'o Key, Option<&'o T>, Option<&'o T>);

impl Journal {
    /// The notes, oldest first.
    pub(crate) fn notes(&self) -> impl Iterator<Item = &Note> {
        self.0.iter()
    }

    fn note(&mut self, at: Timestamp, what: What, now: Timestamp) {
        let notes = Arc::make_mut(&mut self.0);
        notes.push_back(Note { at, what });
        let old = |note: &Note| now.duration_since(note.at) > KEPT;
        while notes.len() > MOST || notes.front().is_some_and(old) {
            notes.pop_front();
        }
    }

    pub(super) fn node(&mut self, (key, before, after): Step<'_, Node>, now: Timestamp) {
        if before.is_some() && after.is_none() {
            self.note(now, What::NodeLeft(key.name.clone()), now);
        }
    }

    pub(super) fn scaled(&mut self, (key, before, after): Step<'_, Workload>, now: Timestamp) {
        let (Some(before), Some(after)) = (before, after) else {
            return;
        };
        let (from, to) = (before.replicas, after.replicas);
        if before.meta.uid == after.meta.uid && from != to {
            let key = key.clone();
            self.note(now, What::Scaled { key, from, to }, now);
        }
    }

    pub(super) fn applied(&mut self, (key, before, after): Step<'_, Delivery>, now: Timestamp) {
        let (Some(before), Some(after)) = (before, after) else {
            return;
        };
        let Some(to) = after
            .applied
            .clone()
            .filter(|_| before.applied != after.applied)
        else {
            return;
        };
        let (key, from) = (key.clone(), before.applied.clone());
        self.note(now, What::Applied { key, from, to }, now);
    }

    pub(super) fn config_map(&mut self, step: Step<'_, Version>, now: Timestamp) {
        self.config(ConfigKind::ConfigMap, step, now);
    }

    pub(super) fn secret(&mut self, step: Step<'_, Version>, now: Timestamp) {
        self.config(ConfigKind::Secret, step, now);
    }

    fn config(
        &mut self,
        kind: ConfigKind,
        (key, before, after): Step<'_, Version>,
        now: Timestamp,
    ) {
        let Some(how) = How::between(before, after) else {
            return;
        };
        let version = after.map(|after| after.version.clone());
        let at = after.and_then(|after| after.changed_at).unwrap_or(now);
        let key = key.clone();
        let config = Config {
            kind,
            key,
            version,
            how,
        };
        self.note(at, What::Config(config), now);
    }
}

impl How {
    /// Nothing where both are the same version.
    fn between(before: Option<&Version>, after: Option<&Version>) -> Option<Self> {
        let (before, after) = match (before, after) {
            (None, Some(_)) => return Some(Self::Created),
            (Some(_), None) => return Some(Self::Deleted),
            (None, None) => return None,
            (Some(before), Some(after)) => (before, after),
        };
        if before.version == after.version {
            return None;
        }
        let less = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect();
        Some(Self::Changed {
            added: less(&after.keys, &before.keys),
            removed: less(&before.keys, &after.keys),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_is_bounded_by_number_and_age() {
        let mut journal = Journal::default();
        let at = |seconds: i64| Timestamp::from_second(seconds).unwrap();
        for second in 0..=5_000 {
            let left = What::NodeLeft(second.to_string());
            journal.note(at(second), left, at(second));
        }
        assert_eq!(journal.notes().count(), MOST);
        assert_eq!(journal.notes().next().unwrap().at, at(1));
        let late = at(5_000 + 24 * 3_600);
        journal.note(late, What::NodeLeft("last".to_owned()), late);
        let left: Vec<i64> = journal.notes().map(|note| note.at.as_second()).collect();
        assert_eq!(left, [5_000, late.as_second()]);
    }
}
