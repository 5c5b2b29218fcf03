//! `GET /api/v1/metrics/query`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::MetricAnswer;
use fleetscope_model::{Evaluation, Union, Window};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::named;
use crate::convert::{metrics, time};
use crate::error::ApiError;
use crate::extract::{Asker, Params};
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

/// Evaluate `PromQL` at one instant on many clusters.
#[utoipa::path(
    get,
    path = "/api/v1/metrics/query",
    tag = "metrics",
    params(Instant),
    responses((status = 200, body = MetricAnswer), NotFound),
)]
pub async fn query(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    Params(asked): Params<Instant>,
) -> Result<Json<MetricAnswer>, ApiError> {
    let at = asked
        .time
        .as_deref()
        .map(|text| time::instant("time", text))
        .transpose()?;
    let question = Evaluation {
        clusters: named(asked.cluster)?,
        query: asked.query,
        window: Window::At(at.unwrap_or_else(|| metrics.clock.now())),
        union: union(asked.combine),
        points: None,
    };
    let found = metrics.reader.evaluate(&caller, &question).await?;
    Ok(Json(metrics::answer(found)))
}

/// How what clusters gave becomes one answer.
pub(super) const fn union(combine: bool) -> Union {
    if combine { Union::One } else { Union::Each }
}
