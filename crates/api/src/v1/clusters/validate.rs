//! `POST /api/v1/clusters/{id}/validate`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::Validation;
use fleetscope_model::ClusterId;
use fleetscope_registry::Registry;

use crate::convert::validation;
use crate::error::ApiError;
use crate::extract::{Asker, Id};
use crate::refusals::NotFound;

/// Call the cluster's endpoints now, to see whether they can be used.
#[utoipa::path(
    post,
    path = "/api/v1/clusters/{id}/validate",
    tag = "clusters",
    params(("id" = uuid::Uuid, Path, description = "The cluster's id")),
    responses((status = 200, body = Validation), NotFound),
)]
pub async fn validate(
    State(registry): State<Registry>,
    Asker(caller): Asker,
    Id(id): Id<ClusterId>,
) -> Result<Json<Validation>, ApiError> {
    let made = registry.validate(&caller, id).await?;
    let generation = made.generation;
    Ok(Json(validation::validation(Some(made), generation)))
}
