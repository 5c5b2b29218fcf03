//! `GET /api/v1/analysis/anomaly`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::{AnomalyAnalysis, Page};

use crate::convert::analysis;
use crate::cursor;
use crate::error::ApiError;
use crate::extract::{Asker, Paging, Params};
use crate::services::Analyses;

/// List anomaly analyses, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/analysis/anomaly",
    tag = "analysis",
    params(Paging),
    responses((status = 200, body = Page<AnomalyAnalysis>)),
)]
pub async fn list(
    State(analyses): State<Analyses>,
    Asker(caller): Asker,
    Params(paging): Params<Paging>,
) -> Result<Json<Page<AnomalyAnalysis>>, ApiError> {
    let page = analyses
        .intelligence
        .anomaly_analyses(&caller, &paging.request()?)
        .await?;
    Ok(Json(cursor::page(page, analysis::analysis)))
}
