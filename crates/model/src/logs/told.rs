//! What is told about logs.

use crate::collection::{Gap, Source};
use crate::ids::ClusterId;
use crate::logs::{LogLine, LogPlace};
use crate::series::{ClusterSeries, Labels};

/// What a query gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogResult {
    /// Lines.
    Streams,
    /// Series over a range.
    Matrix,
    /// Series at an instant.
    Vector,
}

/// Where lines come from that are not in a Loki.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Substitute {
    /// The cluster.
    pub cluster: ClusterId,
    /// Its name, for people.
    pub cluster_name: String,
    /// What was read instead.
    pub source: Source,
    /// What that means for the answer.
    pub detail: String,
}

/// The answer to a query.
#[derive(Debug, Clone, PartialEq)]
pub struct LogAnswer {
    /// Which of the two there is.
    pub result: LogResult,
    /// Lines, in the order that was asked for.
    pub lines: Vec<LogLine>,
    /// Series, by cluster, then labels.
    pub series: Vec<ClusterSeries>,
    /// What was not read, and why.
    pub gaps: Vec<Gap>,
    /// Which clusters' lines come from elsewhere.
    pub substitutes: Vec<Substitute>,
    /// Where there is more; none at the end.
    pub next: Option<LogPlace>,
}

/// A list of what there is, what it was not read of, and where it comes from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogList<T> {
    /// What there is.
    pub items: Vec<T>,
    /// What could not be read, and why.
    pub gaps: Vec<Gap>,
    /// Of which clusters it comes from elsewhere than a Loki.
    pub substitutes: Vec<Substitute>,
}

/// A stream.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogStream {
    /// Where it is.
    pub cluster: ClusterId,
    /// Its labels.
    pub labels: Labels,
}

/// How much there is to read, as the index says. Chunks that are not yet written to the store are
/// not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogStats {
    /// Where.
    pub cluster: ClusterId,
    /// Streams.
    pub streams: u64,
    /// Chunks.
    pub chunks: u64,
    /// Lines.
    pub entries: u64,
    /// Bytes before compression.
    pub bytes: u64,
}

/// How much was written, by labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogVolume {
    /// Where.
    pub cluster: ClusterId,
    /// The labels that it is counted by.
    pub labels: Labels,
    /// Bytes.
    pub bytes: u64,
}

/// A field that lines hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetectedField {
    /// Where.
    pub cluster: ClusterId,
    /// The name to filter by.
    pub name: String,
    /// `string`, `int`, `float`, `boolean`, `duration`, `bytes`.
    pub kind: String,
    /// About how many values it has.
    pub cardinality: u64,
    /// Which parsers find it; none for structured metadata.
    pub parsers: Vec<String>,
}
