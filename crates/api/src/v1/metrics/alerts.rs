//! `GET /api/v1/metrics/alerts`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::RuleAlertList;

use super::{OfClusters, named};
use crate::convert::metrics;
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::refusals::NotFound;
use crate::services::Metrics;

/// Alerts that rules have raised, of many clusters.
#[utoipa::path(
    get,
    path = "/api/v1/metrics/alerts",
    tag = "metrics",
    params(OfClusters),
    responses((status = 200, body = RuleAlertList), NotFound),
)]
pub async fn alerts(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    Params(asked): Params<OfClusters>,
) -> Result<Json<RuleAlertList>, ApiError> {
    let clusters = named(asked.cluster)?;
    let found = metrics.reader.rule_alerts(&caller, &clusters).await?;
    Ok(Json(metrics::alerts(found)))
}
