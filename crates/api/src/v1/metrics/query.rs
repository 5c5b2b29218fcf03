//! `GET /api/v1/metrics/query`

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use fleetscope_client::wire::MetricAnswer;
use fleetscope_model::{Caller, Evaluation, Union, Window};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::named;
use crate::convert::{metrics, time};
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::parts::{self, AsItComes};
use crate::refusals::NotFound;
use crate::services::Metrics;

/// What to evaluate, where and when.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Instant {
    /// `PromQL`.
    pub query: String,
    /// The instant: RFC 3339 or Unix seconds; now where absent.
    pub time: Option<String>,
    /// Cluster ids, repeated; all where absent.
    #[serde(default)]
    pub cluster: Vec<Uuid>,
    /// Whether an outermost sum, min, max, count, avg, topk or bottomk is put together over all
    /// clusters, as one server that held all series would; else each cluster gives its own.
    #[serde(default)]
    pub combine: bool,
}

impl Instant {
    fn question(self, now: Timestamp) -> Result<Evaluation, ApiError> {
        let at = self.time.as_deref().map(|text| time::instant("time", text));
        Ok(Evaluation {
            clusters: named(self.cluster)?,
            query: self.query,
            window: Window::At(at.transpose()?.unwrap_or(now)),
            union: union(self.combine),
            points: None,
        })
    }
}

/// Evaluate `PromQL` at one instant on many clusters.
///
/// With `Accept: text/event-stream` each cluster's answer comes as it gives it: events `part`, each
/// holding `cluster`, `cluster_name` and `answer`, then one `end` with the number of `clusters` and
/// all `gaps`; or `error` with a problem, where the rest can't be known. An answer without its
/// `end` is not whole. What is combined can't come so.
#[utoipa::path(
    get,
    path = "/api/v1/metrics/query",
    tag = "metrics",
    params(Instant),
    responses(
        (status = 200, content(
            (MetricAnswer = "application/json"), (String = "text/event-stream"))),
        NotFound,
    ),
)]
pub async fn query(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    AsItComes(parts): AsItComes,
    Params(asked): Params<Instant>,
) -> Result<Response, ApiError> {
    let question = asked.question(metrics.clock.now())?;
    if parts {
        return in_parts(&metrics, &caller, &question).await;
    }
    let found = metrics.reader.evaluate(&caller, &question).await?;
    Ok(Json(metrics::answer(found)).into_response())
}

/// Each cluster's answer as it comes.
pub(super) async fn in_parts(
    metrics: &Metrics,
    caller: &Caller,
    question: &Evaluation,
) -> Result<Response, ApiError> {
    let coming = metrics.reader.evaluate_each(caller, question).await?;
    let stopping = metrics.stopping.clone();
    Ok(parts::response(
        coming,
        metrics::answer,
        |answer| &answer.gaps,
        stopping,
    ))
}

/// How what clusters gave becomes one answer.
pub(super) const fn union(combine: bool) -> Union {
    if combine { Union::One } else { Union::Each }
}
