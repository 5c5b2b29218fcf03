//! `GET /api/v1/changes`

use std::cmp::Reverse;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::ChangeAnswer;
use fleetscope_model::{Change, ChangeKind, Entity};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::convert::window::Slice;
use crate::convert::{investigation::change, metrics::gap, selection};
use crate::error::ApiError;
use crate::extract::{Asker, Params, limit};
use crate::refusals::NotFound;
use crate::services::Metrics;

/// Which changes: where, when, and of what.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Changes {
    /// From when: RFC 3339 or Unix seconds; an hour before the end where absent.
    pub start: Option<String>,
    /// Until when; now where absent.
    pub end: Option<String>,
    /// Cluster ids, repeated; all where absent.
    #[serde(default)]
    pub cluster: Vec<Uuid>,
    /// Only of things in these namespaces, repeated.
    #[serde(default)]
    pub namespace: Vec<String>,
    /// The `next_cursor` of the part before; it holds that part's time.
    pub cursor: Option<String>,
    /// At most this many, 1 to 500; 50 where absent.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
}

impl Changes {
    fn wants(&self, change: &Change) -> bool {
        let namespace = change.entity.namespace.as_ref();
        self.namespace.is_empty() || namespace.is_some_and(|one| self.namespace.contains(one))
    }
}

/// Where a change stands in the list. Its text counts by a digest, since a cursor is short.
fn place(change: &Change) -> (Reverse<Timestamp>, Entity, ChangeKind, u64) {
    let mut text = DefaultHasher::new();
    change.summary.hash(&mut text);
    let entity = change.entity.clone();
    (Reverse(change.at), entity, change.kind, text.finish())
}

/// What was changed in many clusters, newest first: rollouts, scaling, restarts, nodes, settings,
/// upgrades.
#[utoipa::path(
    get,
    path = "/api/v1/changes",
    tag = "topology",
    params(Changes),
    responses((status = 200, body = ChangeAnswer), NotFound),
)]
pub async fn list(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    Params(asked): Params<Changes>,
) -> Result<Json<ChangeAnswer>, ApiError> {
    let limit = limit(asked.limit)?;
    let (start, end) = (asked.start.as_deref(), asked.end.as_deref());
    let slice = Slice::of(start, end, asked.cursor.as_deref(), metrics.clock.now())?;
    let clusters = selection((!asked.cluster.is_empty()).then(|| asked.cluster.clone()))?;
    let telemetry = &metrics.telemetry;
    let found = telemetry.changes(&caller, &clusters, slice.range).await?;
    let wanted = found.items.into_iter().filter(|change| asked.wants(change));
    let (changes, next_cursor) = slice.cut(wanted, place, limit)?;
    Ok(Json(ChangeAnswer {
        changes: changes.into_iter().map(change).collect(),
        gaps: found.gaps.into_iter().map(gap).collect(),
        next_cursor,
    }))
}
