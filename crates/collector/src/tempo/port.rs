//! The port `Traces`.

use async_trait::async_trait;
use fleetscope_model::{
    Caller, Collection, Dependencies, FoundTrace, Selection, TimeRange, TraceAnswer, TraceId,
    TraceSearch, TracedService,
};
use fleetscope_ports::{Result, Traces};

use super::{dependencies, lookup, search, services};
use crate::Collector;

/// Errors are `Invalid` with one of the codes `invalid_query`, `invalid_attribute`,
/// `invalid_duration`, `invalid_range`, `invalid_limit`; `NotFound` for a trace that is nowhere; or
/// what the registry says.
#[async_trait]
impl Traces for Collector {
    async fn search(&self, caller: &Caller, asked: &TraceSearch) -> Result<Collection<FoundTrace>> {
        search::search(self, caller, asked).await
    }

    async fn trace(
        &self,
        caller: &Caller,
        clusters: &Selection,
        id: TraceId,
    ) -> Result<TraceAnswer> {
        lookup::trace(self, caller, clusters, id).await
    }

    async fn services(
        &self,
        caller: &Caller,
        clusters: &Selection,
        range: TimeRange,
        service: Option<&str>,
    ) -> Result<Collection<TracedService>> {
        services::services(self, caller, clusters, range, service).await
    }

    async fn dependencies(
        &self,
        caller: &Caller,
        clusters: &Selection,
        range: TimeRange,
    ) -> Result<Collection<Dependencies>> {
        dependencies::dependencies(self, caller, clusters, range).await
    }
}
