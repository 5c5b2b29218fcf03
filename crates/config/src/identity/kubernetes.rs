//! `[identity.kubernetes]`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Problem;

/// Tokens that the hub's API server knows, such as those of service accounts.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KubernetesTokens {
    /// Whom these tokens must be for. A token for the API server is not accepted, as whoever is
    /// shown it could use it there.
    pub audience: String,
}

impl Default for KubernetesTokens {
    fn default() -> Self {
        Self {
            audience: "fleetscope".to_owned(),
        }
    }
}

impl KubernetesTokens {
    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        if self.audience.is_empty() {
            let what = "is empty: write whom tokens must be for, as in fleetscope";
            problems.push(Problem::of("identity.kubernetes.audience", what));
        }
    }
}
