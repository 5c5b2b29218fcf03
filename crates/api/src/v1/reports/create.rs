//! `POST /api/v1/reports`

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use fleetscope_client::wire::{NewReport, Report};
use fleetscope_model::InvestigationId;

use crate::convert::report;
use crate::error::ApiError;
use crate::extract::{Asker, Body};
use crate::refusals::{Conflict, NotFound};
use crate::services::Analyses;

/// Write a report of an investigation as it stands.
#[utoipa::path(
    post,
    path = "/api/v1/reports",
    tag = "reports",
    request_body = NewReport,
    responses((status = 201, body = Report), NotFound, Conflict),
)]
pub async fn create(
    State(analyses): State<Analyses>,
    Asker(caller): Asker,
    Body(new): Body<NewReport>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<Report>), ApiError> {
    let investigation = InvestigationId::new(new.investigation);
    let made = analyses
        .intelligence
        .write_report(&caller, investigation, new.title)
        .await?;
    let location = format!("/api/v1/reports/{}", made.id);
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, location)],
        Json(report::report(made)),
    ))
}
