//! `POST /api/v1/alerts/silences`

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use fleetscope_client::wire::{NewSilence, Silence};
use fleetscope_model::ClusterId;

use crate::convert::alerts;
use crate::error::ApiError;
use crate::extract::{Asker, Body};
use crate::refusals::{Conflict, NotFound};
use crate::services::Alerting;
use crate::touched::{Made, Touched};

/// Silence alerts of one cluster, in your name. Whoever sees some namespaces of the cluster may
/// silence alerts of one of them: with a matcher `namespace` that names it.
#[utoipa::path(
    post,
    path = "/api/v1/alerts/silences",
    tag = "alerts",
    request_body = NewSilence,
    responses((status = 201, body = Silence), NotFound, Conflict),
)]
pub async fn create(
    State(alerting): State<Alerting>,
    Asker(caller): Asker,
    Body(asked): Body<NewSilence>,
) -> Result<Made<(), Silence>, ApiError> {
    let cluster = ClusterId::new(asked.cluster);
    let new = alerts::new_silence(asked, alerting.clock.now())?;
    let made = alerting
        .alerts
        .create_silence(&caller, cluster, &new)
        .await?;
    let known = alerting.clusters.cluster(&caller, cluster).await?;
    let body = alerts::silence(made, known.name());
    let touched = Extension(Touched(vec![cluster]));
    Ok((StatusCode::CREATED, touched, (), Json(body)))
}
