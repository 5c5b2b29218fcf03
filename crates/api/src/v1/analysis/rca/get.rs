//! `GET /api/v1/analysis/rca/{id}`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::Investigation;
use fleetscope_model::InvestigationId;

use crate::convert::investigation;
use crate::error::ApiError;
use crate::extract::{Asker, Id};
use crate::refusals::NotFound;
use crate::services::Analyses;

/// Get one investigation.
#[utoipa::path(
    get,
    path = "/api/v1/analysis/rca/{id}",
    tag = "analysis",
    params(("id" = uuid::Uuid, Path, description = "Its id")),
    responses((status = 200, body = Investigation), NotFound),
)]
pub async fn get(
    State(analyses): State<Analyses>,
    Asker(caller): Asker,
    Id(id): Id<InvestigationId>,
) -> Result<Json<Investigation>, ApiError> {
    let found = analyses.intelligence.investigation(&caller, id).await?;
    Ok(Json(investigation::investigation(found)))
}
