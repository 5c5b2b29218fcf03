//! Answers that come cluster by cluster.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::analysis::Gap;

/// What one cluster gave; it comes once of each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClusterPart<T> {
    /// The cluster's id.
    pub cluster: Uuid,
    /// The cluster's name.
    pub cluster_name: String,
    /// The same answer as of all clusters, of this one alone.
    pub answer: T,
}

/// That every cluster has answered. An answer that ends without it is not whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartsEnd {
    /// How many clusters were asked.
    pub clusters: u64,
    /// What could not be read, of all of them.
    pub gaps: Vec<Gap>,
}
