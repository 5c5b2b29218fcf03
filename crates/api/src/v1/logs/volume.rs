//! `GET /api/v1/logs/volume`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::{LogTenant, LogVolumes};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::about::About;
use crate::convert::logs;
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::services::Logs;

/// Where, when, about which lines, and by which labels.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Volume {
    /// Only lines that this LogQL selects.
    #[param(max_length = 16384)]
    pub query: Option<String>,
    /// Only streams with this label, as `namespace=shop`; repeated, instead of `query`. One of the
    /// two is needed.
    #[serde(default)]
    #[param(max_items = 32)]
    pub label: Vec<String>,
    /// Count by these labels, repeated; by those of the selector where absent.
    #[serde(default)]
    #[param(max_items = 16)]
    pub by: Vec<String>,
    /// First instant: RFC 3339 or Unix seconds; an hour before `end` where absent.
    pub start: Option<String>,
    /// Last instant; now where absent.
    pub end: Option<String>,
    /// Cluster ids, repeated; all where absent.
    #[serde(default)]
    #[param(max_items = 200)]
    pub cluster: Vec<Uuid>,
    /// Which tenant of LokiStacks; the registered one where absent.
    pub tenant: Option<LogTenant>,
    /// At most this many of each cluster; 100 where absent.
    #[param(minimum = 1, maximum = 5000)]
    pub limit: Option<u32>,
}

/// Tell how much was written, by labels.
#[utoipa::path(
    get,
    path = "/api/v1/logs/volume",
    tag = "logs",
    params(Volume),
    responses((status = 200, body = LogVolumes)),
)]
pub async fn volume(
    State(state): State<Logs>,
    Asker(caller): Asker,
    Params(asked): Params<Volume>,
) -> Result<Json<LogVolumes>, ApiError> {
    let (about, by) = asked.apart();
    let about = about.question(state.clock.now())?;
    let told = state.port.volume(&caller, &about, &by).await;
    let told = told.map_err(|error| logs::blamed(error, "query"))?;
    let clusters = &about.scope.clusters;
    let known = state.clusters.select(&caller, clusters).await?;
    Ok(Json(logs::volumes(told, &known)))
}

impl Volume {
    fn apart(self) -> (About, Vec<String>) {
        let about = About {
            query: self.query,
            label: self.label,
            start: self.start,
            end: self.end,
            cluster: self.cluster,
            tenant: self.tenant,
            limit: self.limit.or(Some(100)),
        };
        (about, self.by)
    }
}
