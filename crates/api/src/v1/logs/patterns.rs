//! `GET /api/v1/logs/patterns`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::{LogPatterns, LogTenant};
use fleetscope_intelligence::PatternRequest;
use fleetscope_model::LogScope;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::convert::{logs, selection, time};
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::refusals::NotFound;
use crate::services::Patterns as Services;

/// The window where the caller does not say.
const USUAL_WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// Which lines, and how finely they are counted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Patterns {
    /// LogQL for lines; or labels and what lines hold.
    #[param(max_length = 16384)]
    pub query: Option<String>,
    /// A label of streams, as `namespace=shop` or `app=~cart.*`; repeated.
    #[serde(default)]
    #[param(max_items = 32)]
    pub label: Vec<String>,
    /// Text that lines hold; repeated.
    #[serde(default)]
    #[param(max_items = 16)]
    pub contains: Vec<String>,
    /// First instant: RFC 3339 or Unix seconds; an hour before `end` where absent.
    pub start: Option<String>,
    /// Last instant; now where absent.
    pub end: Option<String>,
    /// Length of a window in which lines are counted, as `1m`; `5m` where absent. Longer where
    /// more than 500 would lie in the range.
    #[param(max_length = 32)]
    pub window: Option<String>,
    /// Cluster ids, repeated; all where absent.
    #[serde(default)]
    #[param(max_items = 200)]
    pub cluster: Vec<Uuid>,
    /// Which tenant of LokiStacks; the registered one where absent.
    pub tenant: Option<LogTenant>,
    /// How many bytes of logs a cluster may have to read for it; 10 GB where absent.
    #[param(minimum = 1, maximum = 1_000_000_000_000_u64)]
    pub max_bytes: Option<u64>,
}

impl Patterns {
    fn request(self, now: Timestamp) -> Result<PatternRequest, ApiError> {
        let range = time::range(self.start.as_deref(), self.end.as_deref(), now)?;
        let window = self.window.as_deref();
        let window = window.map(|text| time::duration("window", text));
        Ok(PatternRequest {
            scope: LogScope {
                clusters: selection((!self.cluster.is_empty()).then_some(self.cluster))?,
                tenant: self.tenant.map(logs::tenant),
                range,
            },
            expression: logs::followed(self.query, &self.label, (self.contains, Vec::new(), None))?,
            window: window.transpose()?.unwrap_or(USUAL_WINDOW),
            budget: self.max_bytes.unwrap_or(logs::USUAL_BYTES),
        })
    }
}

/// Show what the newest lines say again and again: templates with how often they were written in
/// each window. At most 20,000 lines and 500 templates.
#[utoipa::path(
    get,
    path = "/api/v1/logs/patterns",
    tag = "logs",
    params(Patterns),
    responses((status = 200, body = LogPatterns), NotFound),
)]
pub async fn patterns(
    State(state): State<Services>,
    Asker(caller): Asker,
    Params(asked): Params<Patterns>,
) -> Result<Json<LogPatterns>, ApiError> {
    let request = asked.request(state.clock.now())?;
    let mined = state.miner.mine(&caller, &request).await?;
    let clusters = &request.scope.clusters;
    let known = state.clusters.select(&caller, clusters).await?;
    Ok(Json(logs::patterns(mined, &known)))
}
