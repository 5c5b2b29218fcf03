//! `POST /api/v1/traces/search`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::{TraceSearch, TraceSearchAnswer};

use crate::convert::traces;
use crate::error::ApiError;
use crate::extract::{Asker, Body};
use crate::refusals::NotFound;
use crate::services::Tracing;

/// Search traces on many clusters, by fields or by `TraceQL`. A query that is none is refused in
/// the words of the Tempo that read it, with the position.
#[utoipa::path(
    post,
    path = "/api/v1/traces/search",
    tag = "traces",
    request_body = TraceSearch,
    responses((status = 200, body = TraceSearchAnswer), NotFound),
)]
pub async fn search(
    State(tracing): State<Tracing>,
    Asker(caller): Asker,
    Body(asked): Body<TraceSearch>,
) -> Result<Json<TraceSearchAnswer>, ApiError> {
    let search = traces::search::asked(asked, tracing.clock.now())?;
    let found = tracing.traces.search(&caller, &search).await?;
    let known = tracing.clusters.select(&caller, &search.clusters).await?;
    Ok(Json(traces::search::answer(found, &known)))
}
