//! `GET /api/v1/topology`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::{TopologyAnswer, TopologyEdge};
use fleetscope_model::{Edge, Entity};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::convert::window::Slice;
use crate::convert::{analysis::entity, metrics::gap, name, selection};
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::refusals::NotFound;
use crate::services::Metrics;

/// Edges in a part where the caller does not say, and the most there may be: a page may be a read
/// of everything, so it is larger than elsewhere.
const DEFAULT_EDGES: u32 = 1000;
const MOST_EDGES: u32 = 10_000;

/// Which part of the structure: where, when, and of what.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Structure {
    /// From when: RFC 3339 or Unix seconds; an hour before the end where absent. It bounds what is
    /// known from telemetry (calls, devices); what the Kubernetes API tells is as it is now.
    pub start: Option<String>,
    /// Until when; now where absent.
    pub end: Option<String>,
    /// Cluster ids, repeated; all where absent.
    #[serde(default)]
    pub cluster: Vec<Uuid>,
    /// Only edges with an end in one of these namespaces, repeated.
    #[serde(default)]
    pub namespace: Vec<String>,
    /// Only edges of these kinds, repeated: `calls`, `runs_on`, `owns`, `uses`, `part_of`,
    /// `selects`.
    #[serde(default)]
    pub kind: Vec<String>,
    /// The `next_cursor` of the part before; it holds that part's time.
    pub cursor: Option<String>,
    /// At most this many edges, 1 to 10000; 1000 where absent.
    #[param(minimum = 1, maximum = 10000)]
    pub limit: Option<u32>,
}

impl Structure {
    fn wants(&self, edge: &Edge) -> bool {
        let within = |entity: &Entity| {
            let namespace = entity.namespace.as_ref();
            namespace.is_some_and(|one| self.namespace.contains(one))
        };
        let is_kind = self.kind.is_empty() || self.kind.contains(&name(&edge.kind));
        is_kind && (self.namespace.is_empty() || within(&edge.from) || within(&edge.to))
    }

    fn limit(&self) -> Result<u32, ApiError> {
        let limit = self.limit.unwrap_or(DEFAULT_EDGES);
        let fits = (1..=MOST_EDGES).contains(&limit);
        let what = || format!("write a limit from 1 to {MOST_EDGES}");
        fits.then_some(limit)
            .ok_or_else(|| ApiError::invalid("limit", what()))
    }
}

/// How things hang together in many clusters: who calls whom, what runs where, what owns what, and
/// which devices and clocks are used.
#[utoipa::path(
    get,
    path = "/api/v1/topology",
    tag = "topology",
    params(Structure),
    responses((status = 200, body = TopologyAnswer), NotFound),
)]
pub async fn list(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    Params(asked): Params<Structure>,
) -> Result<Json<TopologyAnswer>, ApiError> {
    let limit = asked.limit()?;
    let (start, end) = (asked.start.as_deref(), asked.end.as_deref());
    let slice = Slice::of(start, end, asked.cursor.as_deref(), metrics.clock.now())?;
    let clusters = selection((!asked.cluster.is_empty()).then(|| asked.cluster.clone()))?;
    let telemetry = &metrics.telemetry;
    let found = telemetry.topology(&caller, &clusters, slice.range).await?;
    let edges = found.items.into_iter().flat_map(|one| one.edges);
    let wanted = edges.filter(|edge| asked.wants(edge));
    let (edges, next_cursor) = slice.cut(wanted, Edge::clone, limit)?;
    let edges = edges.into_iter().map(|edge| TopologyEdge {
        from: entity(edge.from),
        kind: name(&edge.kind),
        to: entity(edge.to),
    });
    Ok(Json(TopologyAnswer {
        edges: edges.collect(),
        gaps: found.gaps.into_iter().map(gap).collect(),
        next_cursor,
    }))
}
