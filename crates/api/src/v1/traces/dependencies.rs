//! `GET /api/v1/traces/dependencies`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::DependencyGraph;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::convert::{selection, time, traces};
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::refusals::NotFound;
use crate::services::Tracing;

/// Where and when to look for calls.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Calls {
    /// First instant, RFC 3339 or Unix seconds; an hour before the end where absent.
    pub start: Option<String>,
    /// Last instant; now where absent.
    pub end: Option<String>,
    /// Cluster ids, repeated; all where absent.
    #[serde(default)]
    pub cluster: Vec<Uuid>,
}

/// Who calls whom: by Tempo's service-graph metrics where there are any, else by a sample of
/// traces. Which of the two it is stands beside each cluster's edges.
#[utoipa::path(
    get,
    path = "/api/v1/traces/dependencies",
    tag = "traces",
    params(Calls),
    responses((status = 200, body = DependencyGraph), NotFound),
)]
pub async fn dependencies(
    State(tracing): State<Tracing>,
    Asker(caller): Asker,
    Params(asked): Params<Calls>,
) -> Result<Json<DependencyGraph>, ApiError> {
    let range = time::range(
        asked.start.as_deref(),
        asked.end.as_deref(),
        tracing.clock.now(),
    )?;
    let clusters = selection((!asked.cluster.is_empty()).then_some(asked.cluster))?;
    let found = tracing
        .traces
        .dependencies(&caller, &clusters, range)
        .await?;
    let known = tracing.clusters.select(&caller, &clusters).await?;
    Ok(Json(traces::graph::graph(found, &known)))
}
