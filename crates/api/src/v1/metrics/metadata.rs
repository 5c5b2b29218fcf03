//! `GET /api/v1/metrics/metadata`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::MetadataList;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::named;
use crate::convert::metrics;
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::refusals::NotFound;
use crate::services::Metrics;

/// Which metrics of which clusters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfMetrics {
    /// One metric's name; all where absent.
    pub metric: Option<String>,
    /// At most so many metrics of each cluster, 1 to 100,000; 10,000 where absent.
    #[param(minimum = 1, maximum = 100_000)]
    pub limit: Option<u32>,
    /// Cluster ids, repeated; all where absent.
    #[serde(default)]
    pub cluster: Vec<Uuid>,
}

/// What metrics are, as the targets of many clusters say.
#[utoipa::path(
    get,
    path = "/api/v1/metrics/metadata",
    tag = "metrics",
    params(OfMetrics),
    responses((status = 200, body = MetadataList), NotFound),
)]
pub async fn metadata(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    Params(asked): Params<OfMetrics>,
) -> Result<Json<MetadataList>, ApiError> {
    let clusters = named(asked.cluster)?;
    let (metric, limit) = (asked.metric.as_deref(), asked.limit.unwrap_or(10_000));
    let found = metrics
        .reader
        .metadata(&caller, &clusters, metric, limit)
        .await?;
    Ok(Json(metrics::metadata(found)))
}
