//! `GET /api/v1/metrics/rules`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::RuleList;

use super::{OfClusters, named};
use crate::convert::metrics;
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::refusals::NotFound;
use crate::services::Metrics;

/// Rules that record and alert, of many clusters.
#[utoipa::path(
    get,
    path = "/api/v1/metrics/rules",
    tag = "metrics",
    params(OfClusters),
    responses((status = 200, body = RuleList), NotFound),
)]
pub async fn rules(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    Params(asked): Params<OfClusters>,
) -> Result<Json<RuleList>, ApiError> {
    let clusters = named(asked.cluster)?;
    let found = metrics.reader.rules(&caller, &clusters).await?;
    Ok(Json(metrics::rules(found)))
}
