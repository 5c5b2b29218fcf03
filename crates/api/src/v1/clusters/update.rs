//! `PUT /api/v1/clusters/{id}`

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, header};
use fleetscope_client::wire::{Cluster, NewCluster};
use fleetscope_model::ClusterId;
use fleetscope_registry::Registry;

use crate::convert::cluster;
use crate::error::ApiError;
use crate::etag;
use crate::extract::{Asker, Body, Id};
use crate::refusals::{Conflict, NotFound, Stale};

/// Replace what is said of a cluster. With `If-Match`, only if nobody changed it meanwhile.
#[utoipa::path(
    put,
    path = "/api/v1/clusters/{id}",
    tag = "clusters",
    params(
        ("id" = uuid::Uuid, Path, description = "The cluster's id"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read"),
    ),
    request_body = NewCluster,
    responses((status = 200, body = Cluster), NotFound, Conflict, Stale),
)]
pub async fn update(
    State(registry): State<Registry>,
    Asker(caller): Asker,
    Id(id): Id<ClusterId>,
    headers: HeaderMap,
    Body(new): Body<NewCluster>,
) -> Result<([(HeaderName, String); 1], Json<Cluster>), ApiError> {
    let generation = etag::if_match(&headers)?;
    let changed = registry.update(&caller, id, cluster::draft(new), generation);
    let changed = etag::judged(changed.await, generation)?;
    let tag = (header::ETAG, etag::of(changed.generation));
    Ok(([tag], Json(cluster::cluster(changed))))
}
