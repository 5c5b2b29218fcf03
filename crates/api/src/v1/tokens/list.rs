//! `GET /api/v1/tokens`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::{ApiToken, Page};
use fleetscope_identity::LocalTokens;

use crate::convert::token;
use crate::cursor;
use crate::error::ApiError;
use crate::extract::{Asker, Paging, Params};

/// List API tokens by name, without the tokens.
#[utoipa::path(
    get,
    path = "/api/v1/tokens",
    tag = "tokens",
    params(Paging),
    responses((status = 200, body = Page<ApiToken>)),
)]
pub async fn list(
    State(tokens): State<LocalTokens>,
    Asker(caller): Asker,
    Params(paging): Params<Paging>,
) -> Result<Json<Page<ApiToken>>, ApiError> {
    let page = tokens.tokens(&caller, &paging.request()?).await?;
    Ok(Json(cursor::page(page, token::token)))
}
