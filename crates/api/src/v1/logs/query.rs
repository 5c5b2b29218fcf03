//! `POST /api/v1/logs/query`

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use fleetscope_client::wire::{LogAnswer, LogQuery};
use fleetscope_model::{Caller, LogQuestion};

use crate::convert::logs;
use crate::error::ApiError;
use crate::extract::{Asker, Body};
use crate::parts::{self, AsItComes};
use crate::refusals::NotFound;
use crate::services::Logs;

/// Read log lines of many clusters in one order, or the series that LogQL makes of them. Where a
/// cluster has no Loki, lines come from its Kubernetes API, and the answer says so.
///
/// With `Accept: text/event-stream` each cluster's answer comes as it gives it: events `part`, each
/// holding `cluster`, `cluster_name` and `answer`, then one `end` with the number of `clusters` and
/// all `gaps`; or `error` with a problem, where the rest can't be known. An answer without its
/// `end` is not whole. Lines are in order within their cluster.
#[utoipa::path(
    post,
    path = "/api/v1/logs/query",
    tag = "logs",
    request_body = LogQuery,
    responses(
        (status = 200, content(
            (LogAnswer = "application/json"), (String = "text/event-stream"))),
        NotFound,
    ),
)]
pub async fn query(
    State(state): State<Logs>,
    Asker(caller): Asker,
    AsItComes(parts): AsItComes,
    Body(asked): Body<LogQuery>,
) -> Result<Response, ApiError> {
    let question = logs::question(asked, state.clock.now())?;
    if parts {
        return in_parts(&state, &caller, &question).await;
    }
    let answer = state.port.query(&caller, &question).await;
    let answer = answer.map_err(|error| logs::blamed(error, "/query"))?;
    let clusters = &question.scope.clusters;
    let known = state.clusters.select(&caller, clusters).await?;
    Ok(Json(logs::answer(answer, &known)).into_response())
}

/// Each cluster's answer as it comes.
async fn in_parts(
    state: &Logs,
    caller: &Caller,
    question: &LogQuestion,
) -> Result<Response, ApiError> {
    let coming = state.port.query_each(caller, question).await;
    let coming = coming.map_err(|error| logs::blamed(error, "/query"))?;
    let known = state
        .clusters
        .select(caller, &question.scope.clusters)
        .await?;
    let shown = move |answer| logs::answer(answer, &known);
    let stopping = state.stopping.clone();
    Ok(parts::response(
        coming,
        shown,
        |answer| &answer.gaps,
        stopping,
    ))
}
