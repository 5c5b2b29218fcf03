//! `DELETE /api/v1/clusters/{id}`

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use fleetscope_model::ClusterId;
use fleetscope_registry::Registry;

use crate::error::ApiError;
use crate::etag;
use crate::extract::{Asker, Id};

/// Remove a cluster. With `If-Match`, only if nobody changed it meanwhile.
#[utoipa::path(
    delete,
    path = "/api/v1/clusters/{id}",
    tag = "clusters",
    params(
        ("id" = uuid::Uuid, Path, description = "The cluster's id"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read"),
    ),
    responses((status = 204)),
)]
pub async fn delete(
    State(registry): State<Registry>,
    Asker(caller): Asker,
    Id(id): Id<ClusterId>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    let generation = etag::if_match(&headers)?;
    let deleted = registry.delete(&caller, id, generation).await;
    etag::judged(deleted, generation)?;
    Ok(StatusCode::NO_CONTENT)
}
