//! `GET /api/v1/clusters`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::{Cluster, Page};
use fleetscope_registry::Registry;

use crate::convert::cluster;
use crate::cursor;
use crate::error::ApiError;
use crate::extract::{Asker, Paging, Params};

/// List clusters by name.
#[utoipa::path(
    get,
    path = "/api/v1/clusters",
    tag = "clusters",
    params(Paging),
    responses((status = 200, body = Page<Cluster>)),
)]
pub async fn list(
    State(registry): State<Registry>,
    Asker(caller): Asker,
    Params(paging): Params<Paging>,
) -> Result<Json<Page<Cluster>>, ApiError> {
    let page = registry.list(&caller, &paging.request()?).await?;
    Ok(Json(cursor::page(page, cluster::cluster)))
}
