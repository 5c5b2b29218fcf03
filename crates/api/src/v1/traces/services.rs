//! `GET /api/v1/traces/services`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::TracedServices;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::convert::{selection, time, traces};
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::refusals::NotFound;
use crate::services::Tracing;

/// Where and when to look for services.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Services {
    /// Only this service, with its operations.
    #[param(max_length = 1000)]
    pub service: Option<String>,
    /// First instant, RFC 3339 or Unix seconds; an hour before the end where absent.
    pub start: Option<String>,
    /// Last instant; now where absent.
    pub end: Option<String>,
    /// Cluster ids, repeated; all where absent.
    #[serde(default)]
    pub cluster: Vec<Uuid>,
}

/// List the services that were traced; of one service its operations too.
#[utoipa::path(
    get,
    path = "/api/v1/traces/services",
    tag = "traces",
    params(Services),
    responses((status = 200, body = TracedServices), NotFound),
)]
pub async fn services(
    State(tracing): State<Tracing>,
    Asker(caller): Asker,
    Params(asked): Params<Services>,
) -> Result<Json<TracedServices>, ApiError> {
    let range = time::range(
        asked.start.as_deref(),
        asked.end.as_deref(),
        tracing.clock.now(),
    )?;
    let clusters = selection((!asked.cluster.is_empty()).then_some(asked.cluster))?;
    let found = tracing
        .traces
        .services(&caller, &clusters, range, asked.service.as_deref())
        .await?;
    let known = tracing.clusters.select(&caller, &clusters).await?;
    Ok(Json(traces::services(found, &known)))
}
