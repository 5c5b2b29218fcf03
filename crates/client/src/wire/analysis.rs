//! Anomaly analyses, and the shapes that investigations share with them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::AnomalyEvent;

/// How readily a deviation is called an anomaly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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

/// How far a piece of work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Accepted, not done yet.
    Pending,
    /// Done.
    Complete,
    /// Given up; `failure` says why.
    Failed,
}

/// How bad an anomaly is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Unusual, hardly felt.
    Low,
    /// Clearly unusual.
    Medium,
    /// Far outside what was seen before.
    High,
    /// As far outside, and of a kind that users feel.
    Critical,
}

/// Which deviations count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More than usual.
    Up,
    /// Less than usual.
    Down,
    /// Either.
    #[default]
    Both,
}

/// A request for an anomaly analysis.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnomalyRequest {
    /// Cluster ids; all that the caller may see where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 200)]
    pub clusters: Option<Vec<Uuid>>,
    /// `PromQL` whose series are judged; the built-in watches where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "sum by (service) (rate(traces_spanmetrics_calls_total[5m]))",
        max_length = 4096
    )]
    pub query: Option<String>,
    /// First instant to judge; an hour before `end` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// Last instant to judge; now where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    /// Resolution as a duration, `60s` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "60s")]
    pub step: Option<String>,
    /// How readily a deviation is called an anomaly.
    #[serde(default)]
    pub sensitivity: Sensitivity,
}

/// A thing that telemetry is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Entity {
    /// The cluster's id.
    pub cluster: Uuid,
    /// `service`, `workload`, `pod`, `node`, `gpu`, `ptp_clock`, `interface` or `cluster`.
    pub kind: String,
    /// Namespace, for namespaced things.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Name; a GPU is `<node>/gpu<index>`, a PTP clock `<node>/<iface>`.
    pub name: String,
}

/// The band in which values were expected. Absent bounds are unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Band {
    /// Lower end.
    pub low: Option<f64>,
    /// The most expected value.
    pub center: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// One stretch of one series that is unusual.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Anomaly {
    /// What it is about.
    pub entity: Entity,
    /// What was measured.
    pub signal: String,
    /// Kind of signal: `latency`, `traffic`, `errors`, `saturation`, `resource`, `availability`,
    /// `clock`, `nic` or `gpu`.
    pub role: String,
    /// Unit of the values.
    pub unit: String,
    /// The series' labels.
    pub labels: BTreeMap<String, String>,
    /// First unusual sample.
    pub start: Timestamp,
    /// Last unusual sample.
    pub end: Timestamp,
    /// Whether it still goes on.
    pub ongoing: bool,
    /// When it was farthest from the band.
    pub peak_at: Timestamp,
    /// The value then; absent where it is not finite.
    pub peak: Option<f64>,
    /// What was expected then.
    pub expected: Band,
    /// Robust standard deviations between the two; absent where it is not finite.
    pub score: Option<f64>,
    /// How bad.
    pub severity: Severity,
    /// Which detectors agreed.
    pub detectors: Vec<String>,
    /// Probability that a day of this series without a fault holds nothing that stands out so much;
    /// absent where it was not worked out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// A sentence that says why.
    pub why: String,
    /// Id of the evidence.
    pub evidence: String,
}

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Evidence {
    /// The id that findings cite.
    pub id: String,
    /// The cluster's id.
    pub cluster: Uuid,
    /// `metric`, `logs`, `traces`, `change`, `event` or `topology`.
    pub kind: String,
    /// What was asked of the source.
    pub query: String,
    /// First instant of the window.
    pub start: Timestamp,
    /// Last instant of the window.
    pub end: Timestamp,
    /// SHA-256 of the result as it was used, in hexadecimal.
    pub hash: String,
    /// A small part of the result.
    pub extract: String,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Gap {
    /// The cluster's id.
    pub cluster: Uuid,
    /// The cluster's name.
    pub cluster_name: String,
    /// `kubernetes`, `prometheus`, `loki`, `tempo` or `alertmanager`.
    pub source: String,
    /// `not_configured`, `unauthenticated`, `forbidden`, `unreachable`, `timeout`, `truncated`,
    /// `bad_answer`, `refused` or `overloaded`.
    pub kind: String,
    /// What happened and what to do about it.
    pub detail: String,
}

/// One anomaly analysis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AnomalyAnalysis {
    /// Identity.
    pub id: Uuid,
    /// `watch` or `request`.
    pub origin: String,
    /// Who asked.
    pub requested_by: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// How far it is.
    pub status: Status,
    /// The clusters that were asked for.
    pub clusters: Vec<Uuid>,
    /// What was evaluated; absent for the built-in watches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The watches that found something.
    pub watches: Vec<String>,
    /// First instant judged.
    pub start: Timestamp,
    /// Last instant judged.
    pub end: Timestamp,
    /// Resolution in seconds.
    pub step_seconds: f64,
    /// How readily.
    pub sensitivity: Sensitivity,
    /// What stood out, worst first.
    pub anomalies: Vec<Anomaly>,
    /// The anomalies that belong together, each anomaly in exactly one event, worst first.
    #[serde(default)]
    pub events: Vec<AnomalyEvent>,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}
