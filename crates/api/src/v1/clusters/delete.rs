//! `DELETE /api/v1/clusters/{id}`

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use fleetscope_model::ClusterId;
use fleetscope_registry::{History, Registry};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::error::ApiError;
use crate::etag;
use crate::extract::{Asker, Id, Params};
use crate::refusals::{NotFound, Stale};

/// What goes with the cluster.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Whether its history is removed too: events, analyses, investigations and reports that tell
    /// of this cluster and of no other. They stay where this is absent.
    pub history: Option<bool>,
}

impl Wanted {
    fn history(&self) -> History {
        if self.history == Some(true) {
            return History::Forget;
        }
        History::Keep
    }
}

/// Remove a cluster. With `If-Match`, only if nobody changed it meanwhile.
#[utoipa::path(
    delete,
    path = "/api/v1/clusters/{id}",
    tag = "clusters",
    params(
        ("id" = uuid::Uuid, Path, description = "The cluster's id"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read"),
        Wanted,
    ),
    responses((status = 204), NotFound, Stale),
)]
pub async fn delete(
    State(registry): State<Registry>,
    Asker(caller): Asker,
    Id(id): Id<ClusterId>,
    Params(wanted): Params<Wanted>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    let generation = etag::if_match(&headers)?;
    let history = wanted.history();
    let deleted = registry.delete(&caller, id, generation, history).await;
    etag::judged(deleted, generation)?;
    Ok(StatusCode::NO_CONTENT)
}
