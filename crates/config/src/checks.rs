//! `[checks]`: how often clusters themselves are looked at.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Problem;

/// How often clusters are called to see whether their endpoints can be used, and what they are.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Checks {
    /// Whether clusters are looked at without being asked: when they are registered or changed, and
    /// then again and again.
    pub enabled: bool,
    /// How often a cluster's endpoints are validated.
    #[serde(with = "crate::length")]
    #[schemars(schema_with = "crate::length::schema")]
    pub validate_every: Duration,
    /// How often it is looked what a cluster is and can do.
    #[serde(with = "crate::length")]
    #[schemars(schema_with = "crate::length::schema")]
    pub discover_every: Duration,
}

impl Default for Checks {
    fn default() -> Self {
        Self {
            enabled: true,
            validate_every: Duration::from_mins(15),
            discover_every: Duration::from_hours(1),
        }
    }
}

impl Checks {
    pub(crate) fn validate(&self, problems: &mut Vec<Problem>) {
        for (key, every) in [
            ("checks.validate_every", self.validate_every),
            ("checks.discover_every", self.discover_every),
        ] {
            if every < Duration::from_mins(1) {
                let what = "would keep every cluster busy with questions about itself: write at \
                            least 1m";
                problems.push(Problem::of(key, what));
            }
        }
    }
}
