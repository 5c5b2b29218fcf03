//! `GET /api/v1/alerts/groups`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::AlertGroups;

use super::list::Wanted;
use crate::convert::alerts;
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::refusals::NotFound;
use crate::services::Alerting;

/// List alerts as Alertmanagers group them.
#[utoipa::path(
    get,
    path = "/api/v1/alerts/groups",
    tag = "alerts",
    params(Wanted),
    responses((status = 200, body = AlertGroups), NotFound),
)]
pub async fn groups(
    State(alerting): State<Alerting>,
    Asker(caller): Asker,
    Params(wanted): Params<Wanted>,
) -> Result<Json<AlertGroups>, ApiError> {
    let query = alerts::query(wanted)?;
    let found = alerting.alerts.groups(&caller, &query).await?;
    let known = alerting.clusters.select(&caller, &query.clusters).await?;
    Ok(Json(alerts::groups(found, &known)))
}
