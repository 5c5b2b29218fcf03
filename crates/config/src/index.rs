//! `[index]`: what is kept of what clusters hold, so that it need not be listed at each question.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Problem;

/// What is kept of what clusters hold. Their API servers are watched, so that topology, changes
/// and events need not be listed at each question.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Index {
    /// Whether clusters are watched. If not, each question lists what it is about, and what leaves
    /// no trace in a cluster is not seen.
    pub enabled: bool,
    /// How many objects of one cluster are kept in memory, some 2 KiB each. Resources that would
    /// be more are listed at each question, and a gap says so.
    #[schemars(range(min = 1000, max = 10_000_000))]
    pub most_objects: u32,
    /// Whether versions of Secrets are watched too: that and when one was changed, never what is
    /// in it. Kubernetes has no right to that alone, so that the credential of each cluster must
    /// be given list and watch on secrets by hand, which lets whoever holds it read them.
    pub secrets: bool,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            enabled: true,
            most_objects: 200_000,
            secrets: false,
        }
    }
}

impl Index {
    pub(crate) fn validate(&self, problems: &mut Vec<Problem>) {
        if !(1_000..=10_000_000).contains(&self.most_objects) {
            let what = format!(
                "{} is out of range: write a number from 1000 to 10000000",
                self.most_objects
            );
            problems.push(Problem::of("index.most_objects", what));
        }
    }
}
