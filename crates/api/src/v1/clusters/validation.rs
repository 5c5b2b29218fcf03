//! `GET /api/v1/clusters/{id}/validation`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::Validation;
use fleetscope_model::ClusterId;
use fleetscope_registry::Registry;

use crate::convert;
use crate::error::ApiError;
use crate::extract::{Asker, Id};
use crate::refusals::NotFound;

/// Get what came of calling the cluster's endpoints the last time.
#[utoipa::path(
    get,
    path = "/api/v1/clusters/{id}/validation",
    tag = "clusters",
    params(("id" = uuid::Uuid, Path, description = "The cluster's id")),
    responses((status = 200, body = Validation), NotFound),
)]
pub async fn validation(
    State(registry): State<Registry>,
    Asker(caller): Asker,
    Id(id): Id<ClusterId>,
) -> Result<Json<Validation>, ApiError> {
    let cluster = registry.get(&caller, id).await?;
    let latest = registry.validation(&caller, id).await?;
    let shown = convert::validation::validation(latest, cluster.generation);
    Ok(Json(shown))
}
