//! `GET /api/v1/metrics/query_range`

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use fleetscope_client::wire::MetricAnswer;
use fleetscope_model::{Evaluation, TimeRange, Window};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::query::{in_parts, union};
use super::{backward, named};
use crate::convert::{metrics, time};
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::parts::AsItComes;
use crate::refusals::NotFound;
use crate::services::Metrics;

/// What to evaluate, where, over which time and how finely.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Range {
    /// `PromQL`.
    pub query: String,
    /// First instant: RFC 3339 or Unix seconds.
    pub start: String,
    /// Last instant, not before `start`.
    pub end: String,
    /// Resolution: `60s`, `5m` or plain seconds. At most 11,000 points a series. Where it is absent
    /// `max_points` has to be there, and it is chosen.
    pub step: Option<String>,
    /// At most this many points a series: smallest and largest, first and last, gaps and the
    /// largest changes stay.
    #[param(minimum = 16, maximum = 11_000)]
    pub max_points: Option<u32>,
    /// Cluster ids, repeated; all where absent.
    #[serde(default)]
    pub cluster: Vec<Uuid>,
    /// Whether an outermost sum, min, max, count, avg, topk or bottomk is put together over all
    /// clusters, as one server that held all series would; else each cluster gives its own.
    #[serde(default)]
    pub combine: bool,
}

impl Range {
    fn question(self) -> Result<Evaluation, ApiError> {
        let start = time::instant("start", &self.start)?;
        let end = time::instant("end", &self.end)?;
        let range = TimeRange::new(start, end).ok_or_else(backward)?;
        let step = self.step.as_deref();
        let step = step.map(|text| time::duration("step", text)).transpose()?;
        if step.is_none() && self.max_points.is_none() {
            let said = "write a step such as 60s, or how many points you want as max_points";
            return Err(ApiError::invalid("step", said));
        }
        Ok(Evaluation {
            clusters: named(self.cluster)?,
            query: self.query,
            window: Window::Over(range, step),
            union: union(self.combine),
            points: self.max_points,
        })
    }
}

/// Evaluate `PromQL` over a range on many clusters.
///
/// With `Accept: text/event-stream` each cluster's answer comes as it gives it: events `part`, each
/// holding `cluster`, `cluster_name` and `answer`, then one `end` with the number of `clusters` and
/// all `gaps`; or `error` with a problem, where the rest can't be known. An answer without its
/// `end` is not whole. What is combined can't come so.
#[utoipa::path(
    get,
    path = "/api/v1/metrics/query_range",
    tag = "metrics",
    params(Range),
    responses(
        (status = 200, content(
            (MetricAnswer = "application/json"), (String = "text/event-stream"))),
        NotFound,
    ),
)]
pub async fn query_range(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    AsItComes(parts): AsItComes,
    Params(asked): Params<Range>,
) -> Result<Response, ApiError> {
    let question = asked.question()?;
    if parts {
        return in_parts(&metrics, &caller, &question).await;
    }
    let found = metrics.reader.evaluate(&caller, &question).await?;
    Ok(Json(metrics::answer(found)).into_response())
}
