//! `GET /api/v1/analysis/anomaly/{id}`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::AnomalyAnalysis;
use fleetscope_model::AnalysisId;

use crate::convert::analysis;
use crate::error::ApiError;
use crate::extract::{Asker, Id};
use crate::refusals::NotFound;
use crate::services::Analyses;

/// Get one anomaly analysis.
#[utoipa::path(
    get,
    path = "/api/v1/analysis/anomaly/{id}",
    tag = "analysis",
    params(("id" = uuid::Uuid, Path, description = "Its id")),
    responses((status = 200, body = AnomalyAnalysis), NotFound),
)]
pub async fn get(
    State(analyses): State<Analyses>,
    Asker(caller): Asker,
    Id(id): Id<AnalysisId>,
) -> Result<Json<AnomalyAnalysis>, ApiError> {
    let found = analyses.intelligence.anomaly_analysis(&caller, id).await?;
    Ok(Json(analysis::analysis(found)))
}
