//! Traces, at the breadth of a search result.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::ClusterId;

/// One trace as a search finds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TraceSummary {
    /// Where it was read.
    pub cluster: ClusterId,
    /// 32 lower-case hexadecimal digits.
    pub trace_id: String,
    /// The service of the root span.
    pub root_service: String,
    /// The name of the root span.
    pub root_name: String,
    /// When the root span began.
    pub started_at: Timestamp,
    /// Length of the whole trace in milliseconds.
    pub duration_ms: f64,
    /// Spans that matched the query.
    pub matched_spans: u32,
}
