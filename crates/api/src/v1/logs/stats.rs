//! `GET /api/v1/logs/stats`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::LogStatsAnswer;

use super::about::About;
use crate::convert::logs;
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::services::Logs;

/// Tell how much a query would have to read, as the index of each cluster knows.
#[utoipa::path(
    get,
    path = "/api/v1/logs/stats",
    tag = "logs",
    params(About),
    responses((status = 200, body = LogStatsAnswer)),
)]
pub async fn stats(
    State(state): State<Logs>,
    Asker(caller): Asker,
    Params(asked): Params<About>,
) -> Result<Json<LogStatsAnswer>, ApiError> {
    let about = asked.question(state.clock.now())?;
    let told = state.port.stats(&caller, &about).await;
    let told = told.map_err(|error| logs::blamed(error, "query"))?;
    let clusters = &about.scope.clusters;
    let known = state.clusters.select(&caller, clusters).await?;
    Ok(Json(logs::stats(told, &known)))
}
