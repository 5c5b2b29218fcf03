//! Evidence is an object: whatever claims something cites the ids of these.

use serde::{Deserialize, Serialize};

use crate::ids::{ClusterId, EvidenceId};
use crate::time::TimeRange;

/// What kind of reading it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// A range of a time series.
    Metric,
    /// Log lines, or counts of them.
    Logs,
    /// Traces.
    Traces,
    /// A change read from the cluster.
    Change,
    /// Kubernetes events.
    Event,
    /// The structure of the cluster.
    Topology,
    /// An alert that an Alertmanager holds.
    Alert,
}

/// One piece of evidence: enough to find it again and to see that it has not changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Derived from cluster, query, window and result: the same reading has the same id.
    pub id: EvidenceId,
    /// Where it was read.
    pub cluster: ClusterId,
    /// What kind of reading.
    pub kind: EvidenceKind,
    /// What was asked, in the language of the source.
    pub query: String,
    /// Over which time.
    pub window: TimeRange,
    /// SHA-256 of the result as it was used, 64 hexadecimal digits.
    pub hash: String,
    /// A small part of the result, for people; at most 400 characters.
    pub extract: String,
}
