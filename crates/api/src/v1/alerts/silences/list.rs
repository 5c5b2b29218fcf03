//! `GET /api/v1/alerts/silences`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::SilenceList;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::convert::{alerts, selection};
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::refusals::NotFound;
use crate::services::Alerting;

/// Where to look.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Places {
    /// Cluster ids, repeated; all where absent.
    #[serde(default)]
    pub cluster: Vec<Uuid>,
}

/// List the silences that Alertmanagers hold.
#[utoipa::path(
    get,
    path = "/api/v1/alerts/silences",
    tag = "alerts",
    params(Places),
    responses((status = 200, body = SilenceList), NotFound),
)]
pub async fn list(
    State(alerting): State<Alerting>,
    Asker(caller): Asker,
    Params(places): Params<Places>,
) -> Result<Json<SilenceList>, ApiError> {
    let clusters = selection((!places.cluster.is_empty()).then_some(places.cluster))?;
    let found = alerting.alerts.silences(&caller, &clusters).await?;
    let known = alerting.clusters.select(&caller, &clusters).await?;
    Ok(Json(alerts::silences(found, &known)))
}
