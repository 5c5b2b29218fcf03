//! `GET /api/v1/logs/fields`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::DetectedFields;

use super::about::About;
use crate::convert::logs;
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::services::Logs;

/// List the fields that lines hold, with how many values they have and which parser finds them.
#[utoipa::path(
    get,
    path = "/api/v1/logs/fields",
    tag = "logs",
    params(About),
    responses((status = 200, body = DetectedFields)),
)]
pub async fn fields(
    State(state): State<Logs>,
    Asker(caller): Asker,
    Params(asked): Params<About>,
) -> Result<Json<DetectedFields>, ApiError> {
    let about = asked.question(state.clock.now())?;
    let told = state.port.fields(&caller, &about).await;
    let told = told.map_err(|error| logs::blamed(error, "query"))?;
    let clusters = &about.scope.clusters;
    let known = state.clusters.select(&caller, clusters).await?;
    Ok(Json(logs::fields(told, &known)))
}
