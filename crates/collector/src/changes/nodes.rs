//! Nodes that joined, were cordoned, or changed their condition.

use fleetscope_kubernetes::{Condition, Event, Node};
use fleetscope_model::{Change, ChangeKind, EntityKind};
use jiff::{SignedDuration, Timestamp};

use crate::changes::Objects;
use crate::index::What;
use crate::site::Site;

/// A taint's time and its event's may differ by this much: the kubelet tells the event when it
/// next looks at its node.
const SAME: SignedDuration = SignedDuration::from_mins(2);

/// Changes of nodes, whenever they were.
pub(crate) fn changes(site: &Site, objects: &Objects) -> Vec<Change> {
    let change = |name: &str, at: Timestamp, summary: String| Change {
        entity: site.entity(EntityKind::Node, name),
        kind: ChangeKind::Node,
        at,
        revision: None,
        summary,
    };
    let mut changes = Vec::new();
    for node in &objects.nodes {
        let name = node.meta.name.as_str();
        changes.push(change(name, node.meta.created_at, "joined".to_owned()));
        if let (true, Some(at)) = (node.unschedulable, node.cordoned_at) {
            changes.push(change(name, at, "cordoned".to_owned()));
        }
        for condition in &node.conditions {
            if let Some((at, summary)) = turn(node, condition) {
                changes.push(change(name, at, summary));
            }
        }
    }
    let told: Vec<Change> = objects
        .events
        .iter()
        .filter_map(|event| {
            let summary = cordon_event(event)?;
            Some(change(
                &event.object.name,
                event.last_at,
                summary.to_owned(),
            ))
        })
        .filter(|told| {
            !changes.iter().any(|known| {
                known.entity == told.entity
                    && known.summary == told.summary
                    && known.at.duration_since(told.at).abs() <= SAME
            })
        })
        .collect();
    changes.extend(told);
    changes.extend(objects.journal.notes().filter_map(|note| {
        let What::NodeLeft(name) = &note.what else {
            return None;
        };
        Some(change(name, note.at, "left".to_owned()))
    }));
    changes
}

/// When a condition last turned, unless that was when the node joined.
fn turn(node: &Node, condition: &Condition) -> Option<(Timestamp, String)> {
    let at = condition.since?;
    // A node becomes ready for the first time soon after it joins.
    if at.duration_since(node.meta.created_at) <= SAME {
        return None;
    }
    let Condition {
        kind,
        status,
        reason,
        ..
    } = condition;
    let summary = match (kind.as_str(), status.as_str()) {
        ("Ready", "True") => "became ready again".to_owned(),
        ("Ready", "Unknown") => format!("is not heard of any more ({reason})"),
        ("Ready", _) => format!("became not ready ({reason})"),
        (_, "True") => format!("came under {kind} ({reason})"),
        (_, "False") => format!("is free of {kind} again ({reason})"),
        _ => return None,
    };
    Some((at, summary))
}

/// The kubelet's events about cordoning.
fn cordon_event(event: &Event) -> Option<&'static str> {
    match (event.object.kind.as_str(), event.reason.as_str()) {
        ("Node", "NodeNotSchedulable") => Some("cordoned"),
        ("Node", "NodeSchedulable") => Some("uncordoned"),
        _ => None,
    }
}
