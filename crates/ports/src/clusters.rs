//! The registry, as the other roles see it.

use async_trait::async_trait;
use fleetscope_model::{Caller, Cluster, ClusterId, Selection};

use crate::Result;

/// Registered clusters that a caller may see.
#[async_trait]
pub trait Clusters: Send + Sync {
    /// One cluster. A cluster that the caller may not see is `NotFound`, exactly as an unknown id.
    async fn cluster(&self, caller: &Caller, id: ClusterId) -> Result<Cluster>;

    /// The selected clusters, sorted by name. An id that is unknown, or that the caller may not
    /// see, is `NotFound` as a whole.
    async fn select(&self, caller: &Caller, selection: &Selection) -> Result<Vec<Cluster>>;
}
