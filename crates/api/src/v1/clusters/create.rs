//! `POST /api/v1/clusters`

use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::{Extension, Json};
use fleetscope_client::wire::{Cluster, NewCluster};
use fleetscope_registry::Registry;

use crate::convert::cluster;
use crate::error::ApiError;
use crate::etag;
use crate::extract::{Asker, Body};
use crate::refusals::Conflict;
use crate::touched::{Made, Touched};

/// Register a cluster.
#[utoipa::path(
    post,
    path = "/api/v1/clusters",
    tag = "clusters",
    request_body = NewCluster,
    responses((status = 201, body = Cluster), Conflict),
)]
pub async fn create(
    State(registry): State<Registry>,
    Asker(caller): Asker,
    Body(new): Body<NewCluster>,
) -> Result<Made<[(HeaderName, String); 2], Cluster>, ApiError> {
    let made = registry.create(&caller, cluster::draft(new)).await?;
    let location = (header::LOCATION, format!("/api/v1/clusters/{}", made.id));
    let tag = (header::ETAG, etag::of(made.generation));
    Ok((
        StatusCode::CREATED,
        Extension(Touched(vec![made.id])),
        [location, tag],
        Json(cluster::cluster(made)),
    ))
}
