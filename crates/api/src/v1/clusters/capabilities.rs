//! `GET /api/v1/clusters/{id}/capabilities`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::Capabilities;
use fleetscope_model::ClusterId;
use fleetscope_registry::Registry;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::convert::capability;
use crate::error::ApiError;
use crate::extract::{Asker, Id, Params};
use crate::refusals::{Conflict, NotFound};

/// How fresh the answer has to be.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Freshness {
    /// Look at the cluster now, whatever is known of it; for operators.
    #[serde(default)]
    pub refresh: bool,
}

/// Get what the cluster is and can do, with the objects that it was concluded from.
#[utoipa::path(
    get,
    path = "/api/v1/clusters/{id}/capabilities",
    tag = "clusters",
    params(("id" = uuid::Uuid, Path, description = "The cluster's id"), Freshness),
    responses((status = 200, body = Capabilities), NotFound, Conflict),
)]
pub async fn capabilities(
    State(registry): State<Registry>,
    Asker(caller): Asker,
    Id(id): Id<ClusterId>,
    Params(freshness): Params<Freshness>,
) -> Result<Json<Capabilities>, ApiError> {
    let known = registry
        .capabilities(&caller, id, freshness.refresh)
        .await?;
    Ok(Json(capability::capabilities(known)))
}
