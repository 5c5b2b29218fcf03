//! `GET /api/v1/analysis/rca`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::{Investigation, Page};

use crate::convert::investigation;
use crate::cursor;
use crate::error::ApiError;
use crate::extract::{Asker, Paging, Params};
use crate::services::Analyses;

/// List investigations, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/analysis/rca",
    tag = "analysis",
    params(Paging),
    responses((status = 200, body = Page<Investigation>)),
)]
pub async fn list(
    State(analyses): State<Analyses>,
    Asker(caller): Asker,
    Params(paging): Params<Paging>,
) -> Result<Json<Page<Investigation>>, ApiError> {
    let page = analyses
        .intelligence
        .investigations(&caller, &paging.request()?)
        .await?;
    Ok(Json(cursor::page(page, investigation::investigation)))
}
