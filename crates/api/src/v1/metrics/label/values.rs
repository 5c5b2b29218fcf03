//! `GET /api/v1/metrics/label/{name}/values`

use axum::Json;
use axum::extract::{Path, State};
use fleetscope_client::wire::MetricLabelList;

use crate::convert::metrics;
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::refusals::NotFound;
use crate::services::Metrics;
use crate::v1::metrics::OfSeries;

/// The values of a label, of many clusters. Those of `cluster` are names of clusters.
#[utoipa::path(
    get,
    path = "/api/v1/metrics/label/{name}/values",
    tag = "metrics",
    params(("name" = String, Path, description = "The label's name."), OfSeries),
    responses((status = 200, body = MetricLabelList), NotFound),
)]
pub async fn values(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    Path(name): Path<String>,
    Params(asked): Params<OfSeries>,
) -> Result<Json<MetricLabelList>, ApiError> {
    let question = asked.question()?;
    let found = metrics
        .reader
        .label_values(&caller, &name, &question)
        .await?;
    Ok(Json(metrics::labels(found)))
}
