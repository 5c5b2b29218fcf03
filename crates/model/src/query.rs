//! What the telemetry port is asked.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ids::ClusterId;
use crate::time::TimeRange;

/// Which clusters a question is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// Every cluster that the caller may see.
    #[default]
    All,
    /// These.
    Only(Vec<ClusterId>),
}

/// An instant query.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MetricQuery {
    /// Which clusters.
    pub clusters: Selection,
    /// `PromQL`.
    pub query: String,
    /// At which instant.
    pub at: Timestamp,
}

/// A range query.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RangeQuery {
    /// Which clusters.
    pub clusters: Selection,
    /// `PromQL`.
    pub query: String,
    /// Over which time.
    pub range: TimeRange,
    /// At which resolution; positive.
    pub step: SignedDuration,
}

/// A question for log lines.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LogQuery {
    /// Which clusters.
    pub clusters: Selection,
    /// Exact values of stream labels; at least one.
    pub labels: Vec<(String, String)>,
    /// A regular expression (RE2) that lines must match, if any.
    pub matching: Option<String>,
    /// Over which time.
    pub range: TimeRange,
    /// At most this many lines per cluster, newest first.
    pub limit: u32,
}

/// A question for traces.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TraceQuery {
    /// Which clusters.
    pub clusters: Selection,
    /// Spans of this service.
    pub service: String,
    /// Only spans with an error status.
    pub errors_only: bool,
    /// Only spans at least this long.
    pub longer_than: Option<SignedDuration>,
    /// Over which time.
    pub range: TimeRange,
    /// At most this many traces per cluster.
    pub limit: u32,
}
