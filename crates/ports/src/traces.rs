//! Traces in full, as the other roles see them.

use async_trait::async_trait;
use fleetscope_model::{
    Caller, Collection, Dependencies, FoundTrace, Selection, TimeRange, TraceAnswer, TraceId,
    TraceSearch, TracedService,
};

use crate::Result;

/// Reads traces from many clusters at once. An `Err` means that the question itself is wrong or
/// that the clusters can't be known; whatever goes wrong on a cluster is a gap in the answer.
#[async_trait]
pub trait Traces: Send + Sync {
    /// Traces that hold a matching span, newest first in each cluster. Wrong `TraceQL` is
    /// `Invalid`, in the words of the server that refused it.
    async fn search(&self, caller: &Caller, search: &TraceSearch)
    -> Result<Collection<FoundTrace>>;

    /// One trace, joined from the selected clusters; its spans are those that the caller may see.
    async fn trace(
        &self,
        caller: &Caller,
        clusters: &Selection,
        id: TraceId,
    ) -> Result<TraceAnswer>;

    /// Services that were traced in the range, by name in each cluster; of the named one its
    /// operations too, and no other.
    async fn services(
        &self,
        caller: &Caller,
        clusters: &Selection,
        range: TimeRange,
        service: Option<&str>,
    ) -> Result<Collection<TracedService>>;

    /// Who called whom in the range, one item a cluster that could be read.
    async fn dependencies(
        &self,
        caller: &Caller,
        clusters: &Selection,
        range: TimeRange,
    ) -> Result<Collection<Dependencies>>;
}
