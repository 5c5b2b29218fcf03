//! Lines as they are written: what the events `line` and `gap` of the stream hold.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A line. Lines come in the order of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TailLine {
    /// When it was written, to the nanosecond.
    pub at: Timestamp,
    /// Labels of its stream with `cluster` added, structured metadata, and what parsers found.
    pub labels: BTreeMap<String, String>,
    /// How bad it is, as for any line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// The text.
    pub line: String,
    /// Whether it came too late to stand in its place: a later line was told before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
}

/// What happened to a cluster's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TailGapKind {
    /// The upstream dropped lines, since they were not read fast enough.
    Dropped,
    /// There may be lines between two instants that were not read.
    Hole,
    /// The connection is lost and tried again; what is missed meanwhile is read then.
    Lost,
    /// The connection is back.
    Resumed,
    /// Nothing more comes of this cluster.
    Ended,
    /// The lines come from elsewhere than a Loki.
    Substitute,
}

/// Word of what is missing, or was, or of where lines come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TailGap {
    /// The cluster's id.
    pub cluster: Uuid,
    /// Its name.
    pub cluster_name: String,
    /// What was read: `loki` or `kubernetes`.
    pub source: String,
    /// What happened.
    pub kind: TailGapKind,
    /// The first instant of what is missing, where something is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// The last instant of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    /// How many lines are missing, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<u64>,
    /// What happened and what to do about it.
    pub detail: String,
}
