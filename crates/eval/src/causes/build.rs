//! Inputs of the engine, built from rows.

use std::collections::BTreeMap;

use fleetscope_engine::{Input, Signal};
use fleetscope_model::{
    Anomaly, Band, ClusterId, Direction, Edge, EdgeKind, Entity, EntityKind, EvidenceId, Labels,
    Resource, Sample, Sensitivity, Series, Severity, SignalRole, TimeRange, Topology,
};
use jiff::Timestamp;
use uuid::Uuid;

/// What the engine is told of a metric.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meaning {
    /// For people.
    pub(super) name: &'static str,
    /// What kind of signal it is.
    pub(super) role: SignalRole,
    /// Which resource it is about.
    pub(super) resource: Option<Resource>,
    /// Unit of the values.
    pub(super) unit: &'static str,
    /// Which deviations count.
    pub(super) direction: Direction,
    /// The smallest deviation that matters.
    pub(super) least: f64,
}

/// One service of a corpus; a corpus is one cluster.
pub(super) fn service(name: &str) -> Entity {
    Entity::new(cluster(), EntityKind::Service, name)
}

fn cluster() -> ClusterId {
    ClusterId::new(Uuid::from_u128(1))
}

/// A series with its meaning. `labels` tell series of one metric and service apart.
pub(super) fn signal(
    name: &str,
    meaning: Meaning,
    labels: Labels,
    mut samples: Vec<Sample>,
) -> Signal {
    samples.retain(|sample| sample.value.is_finite());
    samples.sort_by_key(|sample| sample.at_ms);
    samples.dedup_by_key(|sample| sample.at_ms);
    let more: Vec<&str> = labels.values().map(String::as_str).collect();
    let evidence = EvidenceId(format!("{name}/{}/{}", meaning.name, more.join("/")));
    Signal {
        entity: service(name),
        name: meaning.name.to_owned(),
        role: meaning.role,
        resource: meaning.resource,
        unit: meaning.unit.to_owned(),
        direction: meaning.direction,
        least_deviation: meaning.least,
        symptom: matches!(meaning.role, SignalRole::Latency | SignalRole::Errors),
        sensitivity: Sensitivity::Medium,
        series: Series { labels, samples },
        evidence,
    }
}

/// The alarm that somebody raised over a signal; whether it is right is for the engine to say.
pub(super) fn alarm(name: &str, meaning: Meaning, window: TimeRange, since: Timestamp) -> Anomaly {
    let nothing = Band {
        low: 0.0,
        center: 0.0,
        high: 0.0,
    };
    Anomaly {
        entity: service(name),
        signal: meaning.name.to_owned(),
        role: meaning.role,
        unit: meaning.unit.to_owned(),
        labels: Labels::new(),
        start: since,
        end: window.end,
        ongoing: true,
        peak_at: since,
        peak: 0.0,
        expected: nothing,
        score: 0.0,
        severity: Severity::High,
        detectors: Vec::new(),
        probability: None,
        why: String::new(),
        evidence: EvidenceId(format!("{name}/alarm")),
    }
}

/// Everything of a case.
pub(super) fn input(
    window: TimeRange,
    alarms: Vec<Anomaly>,
    signals: Vec<Signal>,
    calls: &[(String, String)],
) -> Input {
    let edge = |(from, to): &(String, String)| Edge {
        from: service(from),
        to: service(to),
        kind: EdgeKind::Calls,
    };
    let mut edges: Vec<Edge> = calls.iter().map(edge).collect();
    edges.sort();
    edges.dedup();
    Input {
        reference_time: window.end,
        window,
        clusters: BTreeMap::from([(cluster(), "corpus".to_owned())]),
        alarms,
        signals,
        topology: Topology { edges },
        changes: Vec::new(),
        events: Vec::new(),
        logs: Vec::new(),
        traces: Vec::new(),
        alerts: Vec::new(),
        conduct: Vec::new(),
        gaps: Vec::new(),
    }
}
