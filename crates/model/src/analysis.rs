//! Anomalies and the analyses that find them.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::anomaly_event::AnomalyEvent;
use crate::caller::Caller;
use crate::collection::Gap;
use crate::entity::Entity;
use crate::evidence::Evidence;
use crate::ids::{AnalysisId, ClusterId, EvidenceId, WatchId};
use crate::series::Labels;
use crate::time::{Origin, Status, TimeRange};
use crate::watch::SignalRole;

/// How readily a deviation is called an anomaly: target false alarms per series and day fall by
/// about a factor of ten from one to the next. The thresholds that follow are in the engine.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Sensitivity {
    /// Only what is beyond doubt.
    Low,
    /// The default.
    #[default]
    Medium,
    /// For careful reading.
    High,
    /// Everything that stands out at all.
    Extreme,
}

/// How bad an anomaly is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Unusual, and hardly felt.
    Low,
    /// Clearly unusual.
    Medium,
    /// Far outside what was ever seen.
    High,
    /// As far outside, and of a kind that users feel.
    Critical,
}

/// The band in which the values were expected.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// Lower end.
    pub low: f64,
    /// The most expected value.
    pub center: f64,
    /// Upper end.
    pub high: f64,
}

/// One stretch of one series that is unusual.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Anomaly {
    /// What it is about.
    pub entity: Entity,
    /// What was measured, for people: `request latency p95`.
    pub signal: String,
    /// What kind of signal it is.
    pub role: SignalRole,
    /// Unit of the values: `seconds`, `bytes`, `ratio`, `1/s`, `nanoseconds`…
    pub unit: String,
    /// The series' labels.
    pub labels: Labels,
    /// First unusual sample.
    pub start: Timestamp,
    /// Last unusual sample.
    pub end: Timestamp,
    /// Whether the last sample of the series is part of it.
    pub ongoing: bool,
    /// The sample farthest from the band.
    pub peak_at: Timestamp,
    /// Its value.
    pub peak: f64,
    /// What was expected there.
    pub expected: Band,
    /// Robust standard deviations (1.4826 × MAD) between the peak and the expected value.
    pub score: f64,
    /// How bad.
    pub severity: Severity,
    /// Which detectors agreed.
    pub detectors: Vec<String>,
    /// Probability that a day of this series without a fault holds nothing that stands out so much;
    /// none where it was not worked out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// A sentence that says why.
    pub why: String,
    /// The reading it rests on.
    pub evidence: EvidenceId,
}

/// One anomaly analysis: what was looked at, and what stood out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnomalyAnalysis {
    /// Identity.
    pub id: AnalysisId,
    /// Who asked.
    pub origin: Origin,
    /// The caller's name, or the watches'.
    pub requested_by: String,
    /// The caller itself, where one asked: what is read for a request is read within the rights of
    /// whoever asked, as they are when it is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asker: Option<Caller>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// How far it is.
    pub status: Status,
    /// The clusters that were asked for, resolved.
    pub clusters: Vec<ClusterId>,
    /// What was evaluated: `PromQL`, or none where the built-in watches were.
    pub query: Option<String>,
    /// The watches that found something, for an analysis that watches made.
    pub watches: Vec<WatchId>,
    /// The window that was judged.
    pub window: TimeRange,
    /// Resolution.
    pub step: SignedDuration,
    /// How readily.
    pub sensitivity: Sensitivity,
    /// What stood out, worst first.
    pub anomalies: Vec<Anomaly>,
    /// The anomalies that belong together, each anomaly in exactly one event, worst first; none in what
    /// was kept before there were events.
    #[serde(default)]
    pub events: Vec<AnomalyEvent>,
    /// What the anomalies rest on.
    pub evidence: Vec<Evidence>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// Why it failed, where it did.
    pub failure: Option<String>,
}
