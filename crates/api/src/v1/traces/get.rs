//! `GET /api/v1/traces/{trace_id}`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::Trace;
use fleetscope_model::TraceId;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::convert::{selection, traces};
use crate::error::ApiError;
use crate::extract::{Asker, Id, Params};
use crate::refusals::NotFound;
use crate::services::Tracing;

/// Where to look for a trace.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Places {
    /// Cluster ids, repeated; all where absent.
    #[serde(default)]
    pub cluster: Vec<Uuid>,
}

/// Read one trace, joined from every cluster that has a part of it.
#[utoipa::path(
    get,
    path = "/api/v1/traces/{trace_id}",
    tag = "traces",
    params(
        ("trace_id" = String, Path, description = "Up to 32 hexadecimal digits", example = "66f0f1d8bf77e598c90fbad02d516d29"),
        Places
    ),
    responses((status = 200, body = Trace), NotFound),
)]
pub async fn get(
    State(tracing): State<Tracing>,
    Asker(caller): Asker,
    Id(id): Id<TraceId>,
    Params(places): Params<Places>,
) -> Result<Json<Trace>, ApiError> {
    let clusters = selection((!places.cluster.is_empty()).then_some(places.cluster))?;
    let answer = tracing.traces.trace(&caller, &clusters, id).await?;
    let known = tracing.clusters.select(&caller, &clusters).await?;
    Ok(Json(traces::tree::trace(id, answer, &known)))
}
