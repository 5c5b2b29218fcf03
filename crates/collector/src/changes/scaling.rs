//! What the Deployment controller says about the sizes of its `ReplicaSets`.

use std::collections::BTreeMap;
use std::sync::Arc;

use fleetscope_kubernetes::{Event, Revision};
use fleetscope_model::{Change, ChangeKind, EntityKind};
use jiff::Timestamp;

use crate::changes::{Objects, ROLLOUT};
use crate::index::What;
use crate::owners::Owners;

/// One `ScalingReplicaSet` event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scaling {
    pub(crate) namespace: String,
    pub(crate) deployment: String,
    pub(crate) replica_set: String,
    pub(crate) up: bool,
    from: Option<u32>,
    to: u32,
    pub(crate) first_at: Timestamp,
    pub(crate) last_at: Timestamp,
}

/// The scalings that events tell of, in their order.
pub(crate) fn scalings(events: &[Arc<Event>]) -> Vec<Scaling> {
    events
        .iter()
        .filter(|event| event.reason == "ScalingReplicaSet" && event.object.kind == "Deployment")
        .filter_map(|event| Scaling::parse(event))
        .collect()
}

/// Scalings that are no part of a rollout.
pub(crate) fn changes(
    objects: &Objects,
    owners: &Owners,
    scalings: &[Scaling],
    rollouts: &[Change],
) -> Vec<Change> {
    let current = current_sets(objects);
    let mut by_deployment: BTreeMap<(&str, &str), Vec<&Scaling>> = BTreeMap::new();
    for scaling in scalings {
        by_deployment
            .entry(scaling.deployment())
            .or_default()
            .push(scaling);
    }
    let mut changes = Vec::new();
    for (deployment, scalings) in by_deployment {
        let entity = owners.entity(EntityKind::Workload, deployment.0, deployment.1);
        let begun: Vec<Timestamp> = rollouts
            .iter()
            .filter(|rollout| rollout.entity == entity)
            .map(|rollout| rollout.at)
            .collect();
        let current = current.get(&deployment).copied();
        let alone = scalings
            .iter()
            .filter(|scaling| !scaling.is_of_rollout(current, &scalings, &begun));
        changes.extend(alone.map(|scaling| Change {
            entity: entity.clone(),
            kind: ChangeKind::Scale,
            at: scaling.last_at,
            revision: None,
            summary: scaling.summary(),
        }));
    }
    changes.extend(seen(objects, owners));
    changes
}

/// `StatefulSets` are scaled without an event: only the index sees it.
fn seen(objects: &Objects, owners: &Owners) -> impl Iterator<Item = Change> {
    objects.journal.notes().filter_map(|note| {
        let What::Scaled { key, from, to } = &note.what else {
            return None;
        };
        let way = if to > from { "up" } else { "down" };
        Some(Change {
            entity: owners.entity(EntityKind::Workload, &key.namespace, &key.name),
            kind: ChangeKind::Scale,
            at: note.at,
            revision: None,
            summary: format!("scaled {way} from {from} to {to} replicas"),
        })
    })
}

/// The newest `ReplicaSet` of each Deployment.
fn current_sets(objects: &Objects) -> BTreeMap<(&str, &str), &str> {
    let mut current: BTreeMap<(&str, &str), &Revision> = BTreeMap::new();
    for set in &objects.replica_sets {
        let Some(owner) = &set.meta.owner else {
            continue;
        };
        let newest = current
            .entry((set.meta.place().0, &owner.name))
            .or_insert(set);
        if set.number > newest.number {
            *newest = set;
        }
    }
    current
        .into_iter()
        .map(|(deployment, set)| (deployment, set.meta.name.as_str()))
        .collect()
}

impl Scaling {
    /// `Scaled up replica set web-7d4b from 2 to 3`; before Kubernetes 1.27 `… to 3 from 2`, and
    /// before 1.25 `… to 3`.
    fn parse(event: &Event) -> Option<Self> {
        let words: Vec<&str> = event.message.split_whitespace().collect();
        let after = |word: &str| {
            let at = words.iter().position(|w| *w == word)?;
            words.get(at + 1)?.parse::<u32>().ok()
        };
        let ["Scaled", way, "replica", "set", name, ..] = words.as_slice() else {
            return None;
        };
        Some(Self {
            namespace: event.object.namespace.clone()?,
            deployment: event.object.name.clone(),
            replica_set: (*name).to_owned(),
            up: *way == "up",
            from: after("from"),
            to: after("to")?,
            first_at: event.first_at,
            last_at: event.last_at,
        })
    }

    /// Namespace and name.
    fn deployment(&self) -> (&str, &str) {
        (&self.namespace, &self.deployment)
    }

    /// A rollout scales a new `ReplicaSet` up and old ones down: it is one if the set is not the
    /// current one, if another set of the Deployment was scaled about the same time, or if a
    /// rollout had just begun.
    fn is_of_rollout(
        &self,
        current: Option<&str>,
        scalings: &[&Self],
        begun: &[Timestamp],
    ) -> bool {
        let near = |at: Timestamp| self.last_at.duration_since(at).abs() <= ROLLOUT;
        current.is_some_and(|current| current != self.replica_set)
            || begun.iter().any(|at| near(*at))
            || scalings
                .iter()
                .any(|other| other.replica_set != self.replica_set && near(other.last_at))
    }

    fn summary(&self) -> String {
        let way = if self.up { "up" } else { "down" };
        match self.from {
            Some(from) => format!("scaled {way} from {from} to {} replicas", self.to),
            None => format!("scaled {way} to {} replicas", self.to),
        }
    }
}

#[cfg(test)]
mod tests {
    use fleetscope_kubernetes::InvolvedObject;

    use super::*;

    fn parsed(message: &str) -> Option<(bool, Option<u32>, u32)> {
        let event = Event {
            object: InvolvedObject {
                kind: "Deployment".to_owned(),
                namespace: Some("shop".to_owned()),
                name: "web".to_owned(),
            },
            severity: "Normal".to_owned(),
            reason: "ScalingReplicaSet".to_owned(),
            message: message.to_owned(),
            count: 1,
            first_at: Timestamp::UNIX_EPOCH,
            last_at: Timestamp::UNIX_EPOCH,
        };
        let scaling = Scaling::parse(&event)?;
        assert_eq!(scaling.replica_set, "web-7d4b");
        Some((scaling.up, scaling.from, scaling.to))
    }

    #[test]
    fn the_wordings_of_all_versions_are_understood() {
        assert_eq!(
            parsed("Scaled up replica set web-7d4b from 2 to 3"),
            Some((true, Some(2), 3))
        );
        assert_eq!(
            parsed("Scaled down replica set web-7d4b to 0 from 1"),
            Some((false, Some(1), 0))
        );
        assert_eq!(
            parsed("Scaled up replica set web-7d4b to 3"),
            Some((true, None, 3))
        );
        assert_eq!(parsed("Something else"), None);
        assert_eq!(parsed("Scaled up replica set"), None);
    }
}
