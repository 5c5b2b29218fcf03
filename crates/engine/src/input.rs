//! What the engine is given: everything that was read of a window, immutable, with the reference
//! time inside, so that nothing here ever looks at a clock.

use std::collections::BTreeMap;

use fleetscope_model::{
    Anomaly, Change, ClusterId, Direction, Entity, EvidenceId, Gap, KubernetesEvent, Resource,
    Sensitivity, Series, SignalRole, TimeRange, Topology,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A series with its meaning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// What it is about.
    pub entity: Entity,
    /// What is measured, for people: `request latency p95`.
    pub name: String,
    /// What kind of signal it is.
    pub role: SignalRole,
    /// Which resource it is about, if one.
    #[serde(default)]
    pub resource: Option<Resource>,
    /// Unit of the values.
    pub unit: String,
    /// Which deviations count.
    pub direction: Direction,
    /// The smallest absolute deviation that matters, in `unit`.
    pub least_deviation: f64,
    /// Whether users feel it.
    pub symptom: bool,
    /// How readily a deviation is called an anomaly.
    pub sensitivity: Sensitivity,
    /// The samples, history included.
    pub series: Series,
    /// The reading it rests on.
    pub evidence: EvidenceId,
}

/// A change and the reading that told of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CitedChange {
    /// The change.
    pub change: Change,
    /// The reading.
    pub evidence: EvidenceId,
}

/// A Kubernetes event and the reading that told of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CitedEvent {
    /// The event.
    pub event: KubernetesEvent,
    /// The reading.
    pub evidence: EvidenceId,
}

/// Log lines of one entity that say the same but for numbers and names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogPattern {
    /// Whose lines they are.
    pub entity: Entity,
    /// The common text, with `<*>` for what varies.
    pub template: String,
    /// How many lines in the window.
    pub count: u32,
    /// When the first line in the window was written.
    pub first_at: Timestamp,
    /// One line as it was written, for people.
    pub example: String,
    /// The reading.
    pub evidence: EvidenceId,
}

/// What a few sampled traces of an entity tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TraceSample {
    /// The service that was asked for.
    pub entity: Entity,
    /// How many traces with an error span of that service were found.
    pub failing: u32,
    /// One of their ids, for people.
    pub example: String,
    /// When the earliest of them began.
    pub first_at: Timestamp,
    /// The reading.
    pub evidence: EvidenceId,
}

/// How requests of one kind end in an entity, now and usually: of so many, so many ended with
/// this. Read off traces and the log lines that carry a trace's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conduct {
    /// What handles the requests.
    pub entity: Entity,
    /// Which requests: `GET /items/{id}`.
    pub operation: String,
    /// The last line that is logged while one is handled, or a line that tells of an error.
    pub ending: String,
    /// Whether the line tells of an error.
    pub fails: bool,
    /// Requests since the alarm, or in the window.
    pub requests_now: u32,
    /// How many of them ended so.
    pub so_now: u32,
    /// Requests of the time that it is compared with.
    pub requests_usually: u32,
    /// How many of those ended so.
    pub so_usually: u32,
    /// How many of those said this line at all, be it the last one or not.
    pub passed_usually: u32,
    /// The reading.
    pub evidence: EvidenceId,
}

impl Conduct {
    /// What tells it from others.
    pub(crate) fn key(&self) -> impl Ord + '_ {
        (&self.entity, &self.operation, &self.ending, self.so_now)
    }
}

/// Everything that was read of a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// The instant from which the window is looked at; nothing later is known.
    pub reference_time: Timestamp,
    /// The window in which the cause is sought. Series may begin earlier: that is their history.
    pub window: TimeRange,
    /// The clusters that were looked at, with their names.
    pub clusters: BTreeMap<ClusterId, String>,
    /// The anomalies that raised the investigation, if any did.
    pub alarms: Vec<Anomaly>,
    /// Series with their meaning.
    pub signals: Vec<Signal>,
    /// How things hang together.
    pub topology: Topology,
    /// What was changed, oldest first.
    pub changes: Vec<CitedChange>,
    /// What Kubernetes said, oldest first.
    pub events: Vec<CitedEvent>,
    /// What the logs said.
    pub logs: Vec<LogPattern>,
    /// What traces said.
    pub traces: Vec<TraceSample>,
    /// How requests went, where traces and logs tell.
    #[serde(default)]
    pub conduct: Vec<Conduct>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}
