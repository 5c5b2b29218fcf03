//! `GET /api/v1/reports/{id}`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::Report;
use fleetscope_model::ReportId;

use crate::convert::report;
use crate::error::ApiError;
use crate::extract::{Asker, Id};
use crate::refusals::NotFound;
use crate::services::Analyses;

/// Get one report, without its text.
#[utoipa::path(
    get,
    path = "/api/v1/reports/{id}",
    tag = "reports",
    params(("id" = uuid::Uuid, Path, description = "The report's id")),
    responses((status = 200, body = Report), NotFound),
)]
pub async fn get(
    State(analyses): State<Analyses>,
    Asker(caller): Asker,
    Id(id): Id<ReportId>,
) -> Result<Json<Report>, ApiError> {
    let found = analyses.intelligence.report(&caller, id).await?;
    Ok(Json(report::report(found)))
}
