//! `DELETE /api/v1/alerts/silences/{silence_id}`

use axum::extract::{Path, State};
use axum::http::StatusCode;
use fleetscope_model::ClusterId;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::refusals::{Conflict, NotFound};
use crate::services::Alerting;

/// Whose silence it is.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Place {
    /// The cluster's id.
    pub cluster: Uuid,
}

/// End a silence now. One that has ended stays so.
#[utoipa::path(
    delete,
    path = "/api/v1/alerts/silences/{silence_id}",
    tag = "alerts",
    params(("silence_id" = String, Path, description = "Its id, as the list shows it"), Place),
    responses((status = 204, description = "It keeps nothing quiet any more."), NotFound, Conflict),
)]
pub async fn expire(
    State(alerting): State<Alerting>,
    Asker(caller): Asker,
    Path(id): Path<String>,
    Params(place): Params<Place>,
) -> Result<StatusCode, ApiError> {
    let cluster = ClusterId::new(place.cluster);
    alerting
        .alerts
        .expire_silence(&caller, cluster, &id)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
