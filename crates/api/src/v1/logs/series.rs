//! `GET /api/v1/logs/series`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::LogStreams;

use super::about::About;
use crate::convert::logs;
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::services::Logs;

/// List the streams there are, by their labels.
#[utoipa::path(
    get,
    path = "/api/v1/logs/series",
    tag = "logs",
    params(About),
    responses((status = 200, body = LogStreams)),
)]
pub async fn series(
    State(state): State<Logs>,
    Asker(caller): Asker,
    Params(asked): Params<About>,
) -> Result<Json<LogStreams>, ApiError> {
    let about = asked.question(state.clock.now())?;
    let told = state.port.streams(&caller, &about).await;
    let told = told.map_err(|error| logs::blamed(error, "query"))?;
    let clusters = &about.scope.clusters;
    let known = state.clusters.select(&caller, clusters).await?;
    Ok(Json(logs::streams(told, &known)))
}
