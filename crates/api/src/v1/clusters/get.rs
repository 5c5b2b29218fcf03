//! `GET /api/v1/clusters/{id}`

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, header};
use fleetscope_client::wire::Cluster;
use fleetscope_model::ClusterId;
use fleetscope_registry::Registry;

use crate::convert::cluster;
use crate::error::ApiError;
use crate::etag;
use crate::extract::{Asker, Id};
use crate::refusals::NotFound;

/// Get one cluster.
#[utoipa::path(
    get,
    path = "/api/v1/clusters/{id}",
    tag = "clusters",
    params(("id" = uuid::Uuid, Path, description = "The cluster's id")),
    responses((status = 200, body = Cluster), NotFound),
)]
pub async fn get(
    State(registry): State<Registry>,
    Asker(caller): Asker,
    Id(id): Id<ClusterId>,
) -> Result<([(HeaderName, String); 1], Json<Cluster>), ApiError> {
    let found = registry.look_up(&caller, id).await?;
    let tag = (header::ETAG, etag::of(found.0.generation));
    Ok(([tag], Json(cluster::observed(found))))
}
