//! Structure and changes.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Client, Error};
use crate::wire::{ChangeAnswer, TopologyAnswer};

/// Where and when structure or changes are asked for.
#[derive(Debug, Clone, Default)]
pub struct PlaceScope {
    /// Cluster ids; all where empty.
    pub clusters: Vec<Uuid>,
    /// Namespaces; all where empty.
    pub namespaces: Vec<String>,
    /// Kinds of edges; all where empty. Of structure only.
    pub kinds: Vec<String>,
    /// From when.
    pub start: Option<Timestamp>,
    /// Until when.
    pub end: Option<Timestamp>,
    /// Where to go on.
    pub cursor: Option<String>,
    /// At most this many.
    pub limit: Option<u32>,
}

impl PlaceScope {
    fn query(&self) -> Vec<(&'static str, String)> {
        let ids = self.clusters.iter().map(ToString::to_string);
        let mut query: Vec<_> = ids.map(|id| ("cluster", id)).collect();
        let namespaces = self.namespaces.iter().cloned();
        query.extend(namespaces.map(|namespace| ("namespace", namespace)));
        query.extend(self.kinds.iter().cloned().map(|kind| ("kind", kind)));
        query.extend(self.start.map(|start| ("start", start.to_string())));
        query.extend(self.end.map(|end| ("end", end.to_string())));
        query.extend(self.cursor.clone().map(|cursor| ("cursor", cursor)));
        query.extend(self.limit.map(|limit| ("limit", limit.to_string())));
        query
    }
}

impl Client {
    /// How things hang together.
    pub async fn topology(&self, scope: &PlaceScope) -> Result<TopologyAnswer, Error> {
        self.get("/api/v1/topology", &scope.query()).await
    }

    /// What was changed, newest first.
    pub async fn changes(&self, scope: &PlaceScope) -> Result<ChangeAnswer, Error> {
        self.get("/api/v1/changes", &scope.query()).await
    }
}
