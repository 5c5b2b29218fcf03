//! `POST /api/v1/analysis/rca`

use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::{Extension, Json};
use fleetscope_client::wire::{Investigation, InvestigationRequest};

use crate::convert::{investigation, selection};
use crate::error::ApiError;
use crate::extract::{Asker, Body};
use crate::refusals::{Conflict, NotFound};
use crate::services::Analyses;
use crate::touched::{Made, Touched};
use crate::v1::analysis::anomaly::create::window;

/// Start a root-cause investigation. It is accepted at once; read it at its `Location` until its
/// status is no longer `pending`.
#[utoipa::path(
    post,
    path = "/api/v1/analysis/rca",
    tag = "analysis",
    request_body = InvestigationRequest,
    responses((status = 202, body = Investigation), NotFound, Conflict),
)]
pub async fn create(
    State(analyses): State<Analyses>,
    Asker(caller): Asker,
    Body(asked): Body<InvestigationRequest>,
) -> Result<Made<[(HeaderName, String); 1], Investigation>, ApiError> {
    let request = fleetscope_intelligence::InvestigationRequest {
        clusters: selection(asked.clusters)?,
        window: Some(window(asked.start, asked.end, analyses.clock.now())?),
    };
    let made = analyses
        .intelligence
        .request_investigation(&caller, request)
        .await?;
    let location = format!("/api/v1/analysis/rca/{}", made.id);
    let touched = Extension(Touched(made.clusters.keys().copied().collect()));
    let body = Json(investigation::investigation(made));
    let location = [(header::LOCATION, location)];
    Ok((StatusCode::ACCEPTED, touched, location, body))
}
