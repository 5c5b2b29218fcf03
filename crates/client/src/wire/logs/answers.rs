//! What is answered.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::analysis::Gap;
use crate::wire::metrics::MetricSeries;

/// What a query gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogResultKind {
    /// Lines.
    Streams,
    /// Series over a range.
    Matrix,
    /// Series at an instant.
    Vector,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogEntry {
    /// When it was written, to the nanosecond.
    pub at: Timestamp,
    /// Labels of its stream with `cluster` added, structured metadata, and what parsers found.
    pub labels: BTreeMap<String, String>,
    /// How bad it is, as its labels or itself tell: `trace`, `debug`, `info`, `warn`, `error`,
    /// `fatal`; absent where neither does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// The text.
    pub line: String,
}

/// A cluster whose lines come from elsewhere than a Loki.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogSubstitute {
    /// Its id.
    pub cluster: Uuid,
    /// Its name.
    pub cluster_name: String,
    /// What was read: `kubernetes`.
    pub source: String,
    /// What that means for the answer.
    pub detail: String,
}

/// The answer to a query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LogAnswer {
    /// Which of `lines` and `series` it is.
    pub result: LogResultKind,
    /// Lines of all clusters in the order of time.
    pub lines: Vec<LogEntry>,
    /// Series, by cluster name, then labels.
    pub series: Vec<MetricSeries>,
    /// What could not be read; an answer with gaps is incomplete and says so.
    pub gaps: Vec<Gap>,
    /// Clusters whose lines come from elsewhere than a Loki.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub substitutes: Vec<LogSubstitute>,
    /// Where lines go on; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Names or values of labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LabelList {
    /// Sorted, each once.
    pub items: Vec<String>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// Clusters of which it comes from elsewhere than a Loki.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub substitutes: Vec<LogSubstitute>,
}

/// A stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogStream {
    /// Its labels, with `cluster` added.
    pub labels: BTreeMap<String, String>,
}

/// Streams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogStreams {
    /// By cluster name, then labels.
    pub items: Vec<LogStream>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// Clusters of which it comes from elsewhere than a Loki.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub substitutes: Vec<LogSubstitute>,
}

/// How much was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogVolume {
    /// The labels that it is counted by, with `cluster` added.
    pub labels: BTreeMap<String, String>,
    /// Bytes before compression.
    pub bytes: u64,
}

/// Volumes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogVolumes {
    /// By cluster name; in each the most first.
    pub items: Vec<LogVolume>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// How much a query would have to read, as a cluster's index knows. Chunks that are not yet
/// written to the store are not counted: the youngest lines are missing in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogStats {
    /// Its id.
    pub cluster: Uuid,
    /// Its name.
    pub cluster_name: String,
    /// Streams.
    pub streams: u64,
    /// Chunks.
    pub chunks: u64,
    /// Lines.
    pub entries: u64,
    /// Bytes before compression.
    pub bytes: u64,
}

/// What queries would have to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogStatsAnswer {
    /// By cluster name.
    pub items: Vec<LogStats>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// A field that lines hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DetectedField {
    /// The name to filter by.
    pub name: String,
    /// `string`, `int`, `float`, `boolean`, `duration` or `bytes`.
    #[serde(rename = "type")]
    pub kind: String,
    /// About how many values it has.
    pub cardinality: u64,
    /// Which parsers find it; none for structured metadata.
    pub parsers: Vec<String>,
    /// Names of the clusters that have it.
    pub clusters: Vec<String>,
}

/// Fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DetectedFields {
    /// By name; one that differs in its type between clusters stands there once for each.
    pub items: Vec<DetectedField>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// Clusters of which it comes from elsewhere than a Loki.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub substitutes: Vec<LogSubstitute>,
}
