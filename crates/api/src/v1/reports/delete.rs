//! `DELETE /api/v1/reports/{id}`

use axum::extract::State;
use axum::http::StatusCode;
use fleetscope_model::ReportId;

use crate::error::ApiError;
use crate::extract::{Asker, Id};
use crate::refusals::NotFound;
use crate::services::Analyses;

/// Remove a report and its text.
#[utoipa::path(
    delete,
    path = "/api/v1/reports/{id}",
    tag = "reports",
    params(("id" = uuid::Uuid, Path, description = "The report's id")),
    responses((status = 204), NotFound),
)]
pub async fn delete(
    State(analyses): State<Analyses>,
    Asker(caller): Asker,
    Id(id): Id<ReportId>,
) -> Result<StatusCode, ApiError> {
    analyses.intelligence.delete_report(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
