//! `GET /api/v1/logs/labels`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::LabelList;

use super::about::About;
use crate::convert::logs;
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::services::Logs;

/// List the names of labels that streams have.
#[utoipa::path(
    get,
    path = "/api/v1/logs/labels",
    tag = "logs",
    params(About),
    responses((status = 200, body = LabelList)),
)]
pub async fn labels(
    State(state): State<Logs>,
    Asker(caller): Asker,
    Params(asked): Params<About>,
) -> Result<Json<LabelList>, ApiError> {
    let about = asked.question(state.clock.now())?;
    let names = state.port.labels(&caller, &about).await;
    Ok(Json(logs::names(
        names.map_err(|error| logs::blamed(error, "query"))?,
    )))
}
