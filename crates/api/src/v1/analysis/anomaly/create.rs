//! `POST /api/v1/analysis/anomaly`

use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::{Extension, Json};
use fleetscope_client::wire::{AnomalyAnalysis, AnomalyRequest};
use fleetscope_model::TimeRange;
use jiff::{SignedDuration, Timestamp};

use crate::convert::{analysis, selection, time};
use crate::error::ApiError;
use crate::extract::{Asker, Body};
use crate::refusals::NotFound;
use crate::services::Analyses;
use crate::touched::{Made, Touched};

/// The window where the caller gives none.
const USUAL_WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// Start an anomaly analysis. It is accepted at once; read it at its `Location` until its status
/// is no longer `pending`.
#[utoipa::path(
    post,
    path = "/api/v1/analysis/anomaly",
    tag = "analysis",
    request_body = AnomalyRequest,
    responses((status = 202, body = AnomalyAnalysis), NotFound),
)]
pub async fn create(
    State(analyses): State<Analyses>,
    Asker(caller): Asker,
    Body(asked): Body<AnomalyRequest>,
) -> Result<Made<[(HeaderName, String); 1], AnomalyAnalysis>, ApiError> {
    let request = fleetscope_intelligence::AnomalyRequest {
        clusters: selection(asked.clusters)?,
        query: asked.query,
        window: window(asked.start, asked.end, analyses.clock.now())?,
        step: asked
            .step
            .as_deref()
            .map(|text| time::duration("/step", text))
            .transpose()?,
        sensitivity: analysis::sensitivity(asked.sensitivity),
    };
    let made = analyses
        .intelligence
        .request_anomaly_analysis(&caller, request)
        .await?;
    let location = format!("/api/v1/analysis/anomaly/{}", made.id);
    let touched = Extension(Touched(made.clusters.clone()));
    let body = Json(analysis::analysis(made));
    let location = [(header::LOCATION, location)];
    Ok((StatusCode::ACCEPTED, touched, location, body))
}

/// The window that was asked for: the last hour, or the hour before the end.
pub fn window(
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    now: Timestamp,
) -> Result<TimeRange, ApiError> {
    let end = end.unwrap_or(now);
    let start = start.unwrap_or_else(|| TimeRange::ending(end, USUAL_WINDOW).start);
    TimeRange::new(start, end).ok_or_else(|| {
        ApiError::invalid(
            "/end",
            "the end lies before the start: swap them, or move one",
        )
    })
}
