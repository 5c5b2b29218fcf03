//! `GET /api/v1/metrics/targets`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::TargetList;

use super::{OfClusters, named};
use crate::convert::metrics;
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::refusals::NotFound;
use crate::services::Metrics;

/// What is scraped, in many clusters.
#[utoipa::path(
    get,
    path = "/api/v1/metrics/targets",
    tag = "metrics",
    params(OfClusters),
    responses((status = 200, body = TargetList), NotFound),
)]
pub async fn targets(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    Params(asked): Params<OfClusters>,
) -> Result<Json<TargetList>, ApiError> {
    let clusters = named(asked.cluster)?;
    let found = metrics.reader.targets(&caller, &clusters).await?;
    Ok(Json(metrics::targets(found)))
}
