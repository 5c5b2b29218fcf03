//! `[log]`: what is logged, and how.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Problem;

/// What is logged, and how.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// The least level that is logged (error, warn, info, debug, trace), or directives by target,
    /// as in `info,fleetscope_collector=debug`.
    pub filter: String,
    /// One line for people (text), or one JSON object a line (json).
    pub format: LogFormat,
}

/// The shape of a log line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            filter: "info".to_owned(),
            format: LogFormat::Text,
        }
    }
}

impl Log {
    pub(crate) fn validate(&self, problems: &mut Vec<Problem>) {
        if self.filter.trim().is_empty() {
            problems.push(Problem::of(
                "log.filter",
                "is empty: write a level, as in info",
            ));
        }
    }
}
