//! Anomaly analyses and what investigations share with them.

use fleetscope_client::wire;
use fleetscope_model::{
    Anomaly, AnomalyAnalysis, ClusterId, Entity, Evidence, Sensitivity, Severity, Status,
};

use super::anomaly_event::anomaly_event;
use super::metrics::gap;
use super::{finite, name};

/// How readily, as the caller says it.
pub const fn sensitivity(sensitivity: wire::Sensitivity) -> Sensitivity {
    match sensitivity {
        wire::Sensitivity::Low => Sensitivity::Low,
        wire::Sensitivity::Medium => Sensitivity::Medium,
        wire::Sensitivity::High => Sensitivity::High,
        wire::Sensitivity::Extreme => Sensitivity::Extreme,
    }
}

const fn sensitivity_out(sensitivity: Sensitivity) -> wire::Sensitivity {
    match sensitivity {
        Sensitivity::Low => wire::Sensitivity::Low,
        Sensitivity::Medium => wire::Sensitivity::Medium,
        Sensitivity::High => wire::Sensitivity::High,
        Sensitivity::Extreme => wire::Sensitivity::Extreme,
    }
}

/// How far a piece of work is.
pub const fn status(status: Status) -> wire::Status {
    match status {
        Status::Pending => wire::Status::Pending,
        Status::Complete => wire::Status::Complete,
        Status::Failed => wire::Status::Failed,
    }
}

/// How bad.
pub const fn severity(severity: Severity) -> wire::Severity {
    match severity {
        Severity::Low => wire::Severity::Low,
        Severity::Medium => wire::Severity::Medium,
        Severity::High => wire::Severity::High,
        Severity::Critical => wire::Severity::Critical,
    }
}

/// An entity.
pub fn entity(entity: Entity) -> wire::Entity {
    wire::Entity {
        cluster: entity.cluster.uuid(),
        kind: name(&entity.kind),
        namespace: entity.namespace,
        name: entity.name,
    }
}

/// An anomaly.
pub fn anomaly(anomaly: Anomaly) -> wire::Anomaly {
    wire::Anomaly {
        entity: entity(anomaly.entity),
        signal: anomaly.signal,
        role: name(&anomaly.role),
        unit: anomaly.unit,
        labels: anomaly.labels,
        start: anomaly.start,
        end: anomaly.end,
        ongoing: anomaly.ongoing,
        peak_at: anomaly.peak_at,
        peak: finite(anomaly.peak),
        expected: wire::Band {
            low: finite(anomaly.expected.low),
            center: finite(anomaly.expected.center),
            high: finite(anomaly.expected.high),
        },
        score: finite(anomaly.score),
        severity: severity(anomaly.severity),
        detectors: anomaly.detectors,
        probability: anomaly.probability.and_then(finite),
        why: anomaly.why,
        evidence: anomaly.evidence.0,
    }
}

/// A piece of evidence.
pub fn evidence(evidence: Evidence) -> wire::Evidence {
    wire::Evidence {
        id: evidence.id.0,
        cluster: evidence.cluster.uuid(),
        kind: name(&evidence.kind),
        query: evidence.query,
        start: evidence.window.start,
        end: evidence.window.end,
        hash: evidence.hash,
        extract: evidence.extract,
    }
}

/// An anomaly analysis.
pub fn analysis(analysis: AnomalyAnalysis) -> wire::AnomalyAnalysis {
    wire::AnomalyAnalysis {
        id: analysis.id.uuid(),
        origin: name(&analysis.origin),
        requested_by: analysis.requested_by,
        created_at: analysis.created_at,
        status: status(analysis.status),
        clusters: analysis.clusters.into_iter().map(ClusterId::uuid).collect(),
        query: analysis.query,
        watches: analysis.watches.into_iter().map(|watch| watch.0).collect(),
        start: analysis.window.start,
        end: analysis.window.end,
        step_seconds: analysis.step.as_secs_f64(),
        sensitivity: sensitivity_out(analysis.sensitivity),
        anomalies: analysis.anomalies.into_iter().map(anomaly).collect(),
        events: analysis.events.into_iter().map(anomaly_event).collect(),
        evidence: analysis.evidence.into_iter().map(evidence).collect(),
        gaps: analysis.gaps.into_iter().map(gap).collect(),
        failure: analysis.failure,
    }
}
