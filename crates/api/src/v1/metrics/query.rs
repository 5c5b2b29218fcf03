//! `GET /api/v1/metrics/query`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::MetricAnswer;
use fleetscope_model::MetricQuery;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::convert::{metrics, selection, time};
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
    let clusters = selection((!asked.cluster.is_empty()).then_some(asked.cluster))?;
    let at = at.unwrap_or_else(|| metrics.clock.now());
    let question = MetricQuery {
        clusters,
        query: asked.query,
        at,
    };
    let collection = metrics.telemetry.instant(&caller, &question).await?;
    let known = metrics.clusters.select(&caller, &question.clusters).await?;
    Ok(Json(metrics::answer(collection, &known)))
}
