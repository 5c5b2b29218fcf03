//! `[watches]`: what is looked at without being asked.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Problem;

/// What is looked at without being asked.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Watches {
    /// Whether the built-in watches run.
    pub enabled: bool,
    /// How often every watch is evaluated on every cluster.
    #[serde(with = "crate::length")]
    #[schemars(schema_with = "crate::length::schema")]
    pub interval: Duration,
}

impl Default for Watches {
    fn default() -> Self {
        Self {
            enabled: true,
            interval: Duration::from_mins(1),
        }
    }
}

impl Watches {
    pub(crate) fn validate(&self, problems: &mut Vec<Problem>) {
        if self.interval < Duration::from_secs(1) {
            let what = "would keep every monitored Prometheus busy: write at least 1s";
            problems.push(Problem::of("watches.interval", what));
        }
    }
}
