//! `GET /api/v1/reports/{id}/download`

use axum::extract::State;
use axum::http::{HeaderName, header};
use bytes::Bytes;
use fleetscope_model::ReportId;

use crate::error::ApiError;
use crate::extract::{Asker, Id};
use crate::refusals::NotFound;
use crate::services::Analyses;

/// Get a report's text.
#[utoipa::path(
    get,
    path = "/api/v1/reports/{id}/download",
    tag = "reports",
    params(("id" = uuid::Uuid, Path, description = "The report's id")),
    responses((status = 200, body = String, content_type = "text/markdown"), NotFound),
)]
pub async fn download(
    State(analyses): State<Analyses>,
    Asker(caller): Asker,
    Id(id): Id<ReportId>,
) -> Result<([(HeaderName, String); 2], Bytes), ApiError> {
    let (report, text) = analyses.intelligence.report_text(&caller, id).await?;
    let name = format!("fleetscope-report-{id}.{}", report.format.extension());
    let headers = [
        (header::CONTENT_TYPE, report.format.media_type().to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    Ok((headers, text))
}
