//! `POST /api/v1/logs/query`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::{LogAnswer, LogQuery};

use crate::convert::logs;
use crate::error::ApiError;
use crate::extract::{Asker, Body};
use crate::services::Logs;

/// Read log lines of many clusters in one order, or the series that LogQL makes of them. Where a
/// cluster has no Loki, lines come from its Kubernetes API, and the answer says so.
#[utoipa::path(
    post,
    path = "/api/v1/logs/query",
    tag = "logs",
    request_body = LogQuery,
    responses((status = 200, body = LogAnswer)),
)]
pub async fn query(
    State(state): State<Logs>,
    Asker(caller): Asker,
    Body(asked): Body<LogQuery>,
) -> Result<Json<LogAnswer>, ApiError> {
    let question = logs::question(asked, state.clock.now())?;
    let answer = state.port.query(&caller, &question).await;
    let answer = answer.map_err(|error| logs::blamed(error, "/query"))?;
    let clusters = &question.scope.clusters;
    let known = state.clusters.select(&caller, clusters).await?;
    Ok(Json(logs::answer(answer, &known)))
}
