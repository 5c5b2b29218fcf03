//! `GET /api/v1/reports`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::{Page, Report};

use crate::convert::report;
use crate::cursor;
use crate::error::ApiError;
use crate::extract::{Asker, Paging, Params};
use crate::services::Analyses;

/// List reports, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/reports",
    tag = "reports",
    params(Paging),
    responses((status = 200, body = Page<Report>)),
)]
pub async fn list(
    State(analyses): State<Analyses>,
    Asker(caller): Asker,
    Params(paging): Params<Paging>,
) -> Result<Json<Page<Report>>, ApiError> {
    let page = analyses
        .intelligence
        .reports(&caller, &paging.request()?)
        .await?;
    Ok(Json(cursor::page(page, report::report)))
}
