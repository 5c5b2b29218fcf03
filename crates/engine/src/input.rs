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
    /// What was changed in it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<ChangeContent>,
}

/// What a change holds: a commit's message and diff, a flag's old and new value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeContent {
    /// The commit's id: of the change itself, or of what a rollout brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The commit's message, without its author.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The files that it changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// What it changes in them, or a part of that, as a unified diff; at most
    /// [`ChangeContent::MOST_DIFF`] bytes are looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// The flag that was turned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag: Option<FlagTurn>,
}

impl ChangeContent {
    /// Bytes of a diff that are looked at.
    pub const MOST_DIFF: usize = 64 * 1024;
}

/// A feature flag that was turned.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlagTurn {
    /// Its name.
    pub name: String,
    /// What it was.
    pub from: String,
    /// What it is since.
    pub to: String,
}

/// A Kubernetes event and the reading that told of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CitedEvent {
    /// The event.
    pub event: KubernetesEvent,
    /// The reading.
    pub evidence: EvidenceId,
}

/// An alert that fires, and the reading that told of it. It restates what somebody's rule saw in
/// series: it is evidence, and has no weight of its own beside the signals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CitedAlert {
    /// What it is about.
    pub entity: Entity,
    /// The rule's name.
    pub name: String,
    /// How bad it is, as the rule says; empty where it does not.
    pub severity: String,
    /// What it says, for people.
    pub summary: String,
    /// Since when it fires.
    pub since: Timestamp,
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
    /// What a failing span says of its failure, where it says anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Whom the failing span called, where it names one that is not watched itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
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
    /// How many of those that did not fail said this line at all, be it the last one or not.
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
    /// Alerts that fire and began to around the window, oldest first.
    #[serde(default)]
    pub alerts: Vec<CitedAlert>,
    /// How requests went, where traces and logs tell.
    #[serde(default)]
    pub conduct: Vec<Conduct>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}
