//! `[audit]`: what is written down of who did what.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Problem;

/// What is written down of who did what. Changes, and requests that are refused, always are.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// Whether reads are written down too.
    pub reads: bool,
    /// How long an entry is kept.
    #[serde(with = "crate::length")]
    #[schemars(schema_with = "crate::length::schema")]
    pub keep: Duration,
    /// How many entries are kept at most; the oldest go first.
    #[schemars(range(min = 1_000))]
    pub most_entries: u64,
}

impl Default for Audit {
    fn default() -> Self {
        Self {
            reads: false,
            keep: Duration::from_hours(90 * 24),
            most_entries: 1_000_000,
        }
    }
}

impl Audit {
    pub(crate) fn validate(&self, problems: &mut Vec<Problem>) {
        if self.keep < Duration::from_hours(1) {
            let what = "is too short to look anything up: write at least 1h";
            problems.push(Problem::of("audit.keep", what));
        }
        if self.most_entries < 1_000 {
            let what = format!("{} is too few: write at least 1000", self.most_entries);
            problems.push(Problem::of("audit.most_entries", what));
        }
    }
}
