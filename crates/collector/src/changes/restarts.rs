//! Containers that ended and were started again, and pods that were replaced by others of the
//! same revision.

use std::collections::HashMap;

use fleetscope_kubernetes::{ContainerStatus, Pod};
use fleetscope_model::{Change, ChangeKind, Entity, EntityKind};
use jiff::{SignedDuration, Timestamp};

use crate::changes::{Objects, ROLLOUT};
use crate::owners::Owners;

/// The clocks of the parts of a control plane may differ by this much.
const SLACK: SignedDuration = SignedDuration::from_mins(1);

/// Restarts and replacements, whenever they were. `causes` are the rollouts and scalings that new
/// pods may come from.
pub(crate) fn changes(objects: &Objects, owners: &Owners, causes: &[Change]) -> Vec<Change> {
    let ground = Ground::new(objects, causes);
    let restarts = objects.pods.iter().flat_map(|pod| restarts(pod, owners));
    let replacements = objects
        .pods
        .iter()
        .filter(|pod| ground.is_replacement(pod, owners))
        .filter_map(|pod| {
            let node = pod.node.as_deref().unwrap_or("none yet");
            Some(Change {
                entity: entity(pod, owners)?,
                kind: ChangeKind::Restart,
                at: pod.meta.created_at,
                revision: None,
                summary: format!("created anew without a new revision, on node {node}"),
            })
        });
    restarts.chain(replacements).collect()
}

fn restarts<'o>(pod: &'o Pod, owners: &'o Owners) -> impl Iterator<Item = Change> + 'o {
    pod.containers
        .iter()
        .filter_map(move |container| restart(pod, container, owners))
}

/// A container that ended, unless it ended for good as it should: an end without any restart is
/// one only where it failed in a pod that goes on.
fn restart(pod: &Pod, container: &ContainerStatus, owners: &Owners) -> Option<Change> {
    let ended = container.ended.as_ref()?;
    if container.restarts == 0 && (ended.exit_code == 0 || !pod.is_live()) {
        return None;
    }
    let reason = match ended.reason.as_str() {
        "" => "an unknown reason",
        reason => reason,
    };
    let times = match container.restarts {
        1 => "1 restart in all".to_owned(),
        restarts => format!("{restarts} restarts in all"),
    };
    Some(Change {
        entity: entity(pod, owners)?,
        kind: ChangeKind::Restart,
        at: ended.at,
        revision: None,
        summary: format!(
            "container {} ended with {reason} (exit code {}), {times}",
            container.name, ended.exit_code
        ),
    })
}

fn entity(pod: &Pod, owners: &Owners) -> Option<Entity> {
    let namespace = pod.meta.namespace.as_deref()?;
    Some(owners.entity(EntityKind::Pod, namespace, &pod.meta.name))
}

/// What a new pod may be explained by.
struct Ground<'o> {
    /// Scalings are known from events only, and events are soon forgotten: before the oldest one
    /// that is left, nothing can be said.
    oldest_event: Option<Timestamp>,
    /// When the maker of pods was there at the latest, by its uid: a `ReplicaSet` itself, or the
    /// oldest controller revision of another workload.
    makers: HashMap<&'o str, Timestamp>,
    causes: HashMap<&'o Entity, Vec<Timestamp>>,
    nodes: HashMap<&'o str, Timestamp>,
}

impl<'o> Ground<'o> {
    fn new(objects: &'o Objects, causes: &'o [Change]) -> Self {
        let mut by_entity: HashMap<&Entity, Vec<Timestamp>> = HashMap::new();
        for cause in causes {
            by_entity.entry(&cause.entity).or_default().push(cause.at);
        }
        Self {
            oldest_event: objects.events.iter().map(|event| event.last_at).min(),
            makers: makers(objects),
            causes: by_entity,
            nodes: objects
                .nodes
                .iter()
                .map(|node| (node.meta.name.as_str(), node.meta.created_at))
                .collect(),
        }
    }

    /// Whether a pod is there in place of another. What made it must be clearly older, and neither
    /// a rollout, nor a scaling, nor a new node may explain it.
    fn is_replacement(&self, pod: &Pod, owners: &Owners) -> bool {
        let born = pod.meta.created_at;
        let soon_after = |at: &Timestamp| {
            let since = born.duration_since(*at);
            since >= -SLACK && since <= ROLLOUT
        };
        let (Some(workload), Some(owner)) = (owners.workload_of_pod(&pod.meta), &pod.meta.owner)
        else {
            return false;
        };
        let known = self.oldest_event.is_some_and(|oldest| oldest < born);
        let made = self.makers.get(owner.uid.as_str());
        let old = made.is_some_and(|made| born.duration_since(*made) > ROLLOUT);
        let causes = self.causes.get(&workload).into_iter().flatten();
        let node = pod.node.as_deref().and_then(|node| self.nodes.get(node));
        let explained = causes.chain(node).any(soon_after);
        pod.is_live() && known && old && !explained
    }
}

fn makers(objects: &Objects) -> HashMap<&str, Timestamp> {
    let sets = objects
        .replica_sets
        .iter()
        .map(|set| (set.meta.uid.as_str(), set.meta.created_at));
    let revisions = objects.controller_revisions.iter().filter_map(|revision| {
        let owner = revision.meta.owner.as_ref()?;
        Some((owner.uid.as_str(), revision.meta.created_at))
    });
    let mut makers: HashMap<&str, Timestamp> = HashMap::new();
    for (uid, at) in sets.chain(revisions) {
        let known = makers.entry(uid).or_insert(at);
        *known = at.min(*known);
    }
    makers
}
