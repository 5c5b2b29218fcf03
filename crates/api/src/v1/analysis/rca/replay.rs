//! `GET /api/v1/analysis/rca/{id}/replay`

use axum::extract::State;
use axum::http::{HeaderName, header};
use bytes::Bytes;
use fleetscope_model::InvestigationId;

use crate::error::ApiError;
use crate::extract::{Asker, Id};
use crate::refusals::{Conflict, NotFound};
use crate::services::Analyses;

/// Get everything that an investigation looked at, to go through it again.
///
/// A bundle can't be had in part: whoever sees a part of the investigation only is refused. One
/// that was too large to keep is a conflict.
#[utoipa::path(
    get,
    path = "/api/v1/analysis/rca/{id}/replay",
    tag = "analysis",
    params(("id" = uuid::Uuid, Path, description = "Its id")),
    responses(
        (status = 200, body = serde_json::Value, content_type = "application/json"),
        NotFound,
        Conflict,
    ),
)]
pub async fn replay(
    State(analyses): State<Analyses>,
    Asker(caller): Asker,
    Id(id): Id<InvestigationId>,
) -> Result<([(HeaderName, String); 2], Bytes), ApiError> {
    let bundle = analyses.intelligence.replay(&caller, id).await?;
    let name = format!("attachment; filename=\"fleetscope-replay-{id}.json\"");
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, bundle))
}
