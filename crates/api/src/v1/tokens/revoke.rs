//! `DELETE /api/v1/tokens/{id}`

use axum::extract::State;
use axum::http::StatusCode;
use fleetscope_identity::LocalTokens;
use fleetscope_model::TokenId;

use crate::error::ApiError;
use crate::extract::{Asker, Id};
use crate::refusals::{Conflict, NotFound};

/// Revoke an API token: it is refused from the next request on.
#[utoipa::path(
    delete,
    path = "/api/v1/tokens/{id}",
    tag = "tokens",
    params(("id" = uuid::Uuid, Path, description = "The token's id (not the token)")),
    responses((status = 204), NotFound, Conflict),
)]
pub async fn revoke(
    State(tokens): State<LocalTokens>,
    Asker(caller): Asker,
    Id(id): Id<TokenId>,
) -> Result<StatusCode, ApiError> {
    tokens.revoke_token(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
