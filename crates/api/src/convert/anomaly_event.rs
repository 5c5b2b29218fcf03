//! Anomalies that belong together.

use fleetscope_client::wire;
use fleetscope_model::{AnomalyEvent, ClusterId, Tie};

use super::analysis::{entity, severity};
use super::{finite, name};

/// An event.
pub fn anomaly_event(event: AnomalyEvent) -> wire::AnomalyEvent {
    let place = |place| u32::try_from(place).ok();
    wire::AnomalyEvent {
        start: event.start,
        end: event.end,
        ongoing: event.ongoing,
        peak_at: event.peak_at,
        severity: severity(event.severity),
        probability: event.probability.and_then(finite),
        entities: event.entities.into_iter().map(entity).collect(),
        clusters: event.clusters.into_iter().map(ClusterId::uuid).collect(),
        members: event.members.into_iter().filter_map(place).collect(),
        ties: event.ties.into_iter().map(tie).collect(),
        why: event.why,
    }
}

fn tie(tie: Tie) -> wire::AnomalyTie {
    wire::AnomalyTie {
        from: entity(tie.from),
        to: entity(tie.to),
        kind: tie.kind.map(|kind| name(&kind)),
        correlation: tie.correlation.and_then(finite),
    }
}
