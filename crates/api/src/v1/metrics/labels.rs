//! `GET /api/v1/metrics/labels`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::MetricLabelList;

use super::OfSeries;
use crate::convert::metrics;
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::refusals::NotFound;
use crate::services::Metrics;

/// The names of labels, of many clusters.
#[utoipa::path(
    get,
    path = "/api/v1/metrics/labels",
    tag = "metrics",
    params(OfSeries),
    responses((status = 200, body = MetricLabelList), NotFound),
)]
pub async fn labels(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    Params(asked): Params<OfSeries>,
) -> Result<Json<MetricLabelList>, ApiError> {
    let question = asked.question()?;
    let found = metrics.reader.label_names(&caller, &question).await?;
    Ok(Json(metrics::labels(found)))
}
