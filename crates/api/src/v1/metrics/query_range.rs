//! `GET /api/v1/metrics/query_range`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::MetricAnswer;
use fleetscope_model::{RangeQuery, TimeRange};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::convert::{metrics, selection, time};
use crate::error::ApiError;
use crate::extract::{Asker, Params};
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
    /// Resolution: `60s`, `5m` or plain seconds. At most 11,000 points a series.
    pub step: String,
    /// Cluster ids, repeated; all where absent.
    #[serde(default)]
    pub cluster: Vec<Uuid>,
}

impl Range {
    fn question(self) -> Result<RangeQuery, ApiError> {
        let start = time::instant("start", &self.start)?;
        let end = time::instant("end", &self.end)?;
        let range = TimeRange::new(start, end).ok_or_else(|| {
            ApiError::invalid(
                "end",
                "the end lies before the start: swap them, or move one",
            )
        })?;
        Ok(RangeQuery {
            clusters: selection((!self.cluster.is_empty()).then_some(self.cluster))?,
            query: self.query,
            range,
            step: time::duration("step", &self.step)?,
        })
    }
}

/// Evaluate `PromQL` over a range on many clusters.
#[utoipa::path(
    get,
    path = "/api/v1/metrics/query_range",
    tag = "metrics",
    params(Range),
    responses((status = 200, body = MetricAnswer), NotFound),
)]
pub async fn query_range(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    Params(asked): Params<Range>,
) -> Result<Json<MetricAnswer>, ApiError> {
    let question = asked.question()?;
    let collection = metrics.telemetry.range(&caller, &question).await?;
    let known = metrics.clusters.select(&caller, &question.clusters).await?;
    Ok(Json(metrics::answer(collection, &known)))
}
