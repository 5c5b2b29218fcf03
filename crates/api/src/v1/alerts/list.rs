//! `GET /api/v1/alerts`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::AlertList;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::convert::alerts;
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::refusals::NotFound;
use crate::services::Alerting;

/// Which alerts, and where.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// A condition on a label, as `severity="critical"` or `job=~"node.*"`; repeated, all hold.
    #[param(max_items = 32, max_length = 2100)]
    #[serde(default)]
    pub filter: Vec<String>,
    /// With alerts that a silence keeps quiet; yes where absent.
    pub silenced: Option<bool>,
    /// With alerts that another alert keeps quiet; yes where absent.
    pub inhibited: Option<bool>,
    /// Cluster ids, repeated; all where absent.
    #[serde(default)]
    pub cluster: Vec<Uuid>,
}

/// List the alerts that Alertmanagers hold.
#[utoipa::path(
    get,
    path = "/api/v1/alerts",
    tag = "alerts",
    params(Wanted),
    responses((status = 200, body = AlertList), NotFound),
)]
pub async fn list(
    State(alerting): State<Alerting>,
    Asker(caller): Asker,
    Params(wanted): Params<Wanted>,
) -> Result<Json<AlertList>, ApiError> {
    let query = alerts::query(wanted)?;
    let found = alerting.alerts.alerts(&caller, &query).await?;
    let known = alerting.clusters.select(&caller, &query.clusters).await?;
    Ok(Json(alerts::list(found, &known)))
}
