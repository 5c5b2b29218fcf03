//! What lines say again and again.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::wire::analysis::Gap;

/// How many lines of a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PatternCount {
    /// Where the window begins.
    pub at: Timestamp,
    /// Lines in it.
    pub count: u64,
}

/// Lines that say the same but for numbers and names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogPattern {
    /// Made of the template's text: the same for the same template, wherever and whenever.
    pub id: String,
    /// The common text, with `<*>` for what varies.
    pub template: String,
    /// Lines.
    pub count: u64,
    /// Lines by cluster name.
    pub clusters: BTreeMap<String, u64>,
    /// The worst severity of them, where any tells one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// When the first was written.
    pub first_at: Timestamp,
    /// When the last was written.
    pub last_at: Timestamp,
    /// The first of them as it was written, cut to 500 characters.
    pub example: String,
    /// Lines of each window that has some, oldest first.
    pub counts: Vec<PatternCount>,
}

/// Patterns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogPatterns {
    /// The most frequent first.
    pub items: Vec<LogPattern>,
    /// Lines that were looked at.
    pub lines: u64,
    /// Of those, lines that joined no pattern, since there were too many.
    pub unmatched: u64,
    /// Whether these are all lines of the range; else they are its newest.
    pub complete: bool,
    /// The length of a window in seconds.
    pub window_seconds: u64,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}
