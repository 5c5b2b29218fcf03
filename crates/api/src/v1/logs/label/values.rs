//! `GET /api/v1/logs/label/{name}/values`

use axum::Json;
use axum::extract::{Path, State};
use fleetscope_client::wire::LabelList;

use crate::convert::logs;
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::services::Logs;
use crate::v1::logs::about::About;

/// List the values that a label has.
#[utoipa::path(
    get,
    path = "/api/v1/logs/label/{name}/values",
    tag = "logs",
    params(("name" = String, Path, description = "The label", max_length = 256), About),
    responses((status = 200, body = LabelList)),
)]
pub async fn values(
    State(state): State<Logs>,
    Asker(caller): Asker,
    Path(name): Path<String>,
    Params(asked): Params<About>,
) -> Result<Json<LabelList>, ApiError> {
    let about = asked.question(state.clock.now())?;
    let values = state.port.label_values(&caller, &name, &about).await;
    Ok(Json(logs::names(
        values.map_err(|error| logs::blamed(error, "query"))?,
    )))
}
