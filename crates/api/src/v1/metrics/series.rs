//! `GET /api/v1/metrics/series`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::SeriesList;

use super::OfSeries;
use crate::convert::metrics;
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::refusals::NotFound;
use crate::services::Metrics;

/// The labels of the series that match, of many clusters.
#[utoipa::path(
    get,
    path = "/api/v1/metrics/series",
    tag = "metrics",
    params(OfSeries),
    responses((status = 200, body = SeriesList), NotFound),
)]
pub async fn series(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    Params(asked): Params<OfSeries>,
) -> Result<Json<SeriesList>, ApiError> {
    let question = asked.question()?;
    let found = metrics.reader.series(&caller, &question).await?;
    Ok(Json(metrics::series(found)))
}
