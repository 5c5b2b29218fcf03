//! Calls about traces.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Client, Error};
use crate::wire::{DependencyGraph, Trace, TraceSearch, TraceSearchAnswer, TracedServices};

/// Which clusters and which time a question about traces is about.
#[derive(Debug, Clone, Default)]
pub struct TraceScope {
    /// Cluster ids; all where empty.
    pub clusters: Vec<Uuid>,
    /// First instant; an hour before the end where absent.
    pub start: Option<Timestamp>,
    /// Last instant; now where absent.
    pub end: Option<Timestamp>,
}

impl TraceScope {
    fn query(&self) -> Vec<(&'static str, String)> {
        let clusters = self.clusters.iter().map(|id| ("cluster", id.to_string()));
        let mut query: Vec<_> = clusters.collect();
        query.extend(self.start.map(|start| ("start", start.to_string())));
        query.extend(self.end.map(|end| ("end", end.to_string())));
        query
    }
}

impl Client {
    /// Searches traces.
    pub async fn search_traces(&self, search: &TraceSearch) -> Result<TraceSearchAnswer, Error> {
        self.post("/api/v1/traces/search", search).await
    }

    /// One trace, by its hexadecimal id, from these clusters; from all where none are named.
    pub async fn trace(&self, id: &str, clusters: &[Uuid]) -> Result<Trace, Error> {
        let query: Vec<_> = clusters
            .iter()
            .map(|id| ("cluster", id.to_string()))
            .collect();
        let id: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
        self.get(&format!("/api/v1/traces/{id}"), &query).await
    }

    /// Services that were traced; of a named one its operations too.
    pub async fn traced_services(
        &self,
        service: Option<&str>,
        scope: &TraceScope,
    ) -> Result<TracedServices, Error> {
        let mut query = scope.query();
        query.extend(service.map(|service| ("service", service.to_owned())));
        self.get("/api/v1/traces/services", &query).await
    }

    /// Who calls whom.
    pub async fn dependencies(&self, scope: &TraceScope) -> Result<DependencyGraph, Error> {
        self.get("/api/v1/traces/dependencies", &scope.query())
            .await
    }
}
