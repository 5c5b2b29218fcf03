//! `POST /api/v1/tokens`

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use fleetscope_client::wire::{CreatedToken, NewToken};
use fleetscope_identity::LocalTokens;
use secrecy::ExposeSecret;

use crate::convert::token;
use crate::error::ApiError;
use crate::extract::{Asker, Body};
use crate::refusals::Conflict;

/// Make an API token. The answer is the only time that it is shown.
#[utoipa::path(
    post,
    path = "/api/v1/tokens",
    tag = "tokens",
    request_body = NewToken,
    responses((status = 201, body = CreatedToken), Conflict),
)]
pub async fn create(
    State(tokens): State<LocalTokens>,
    Asker(caller): Asker,
    Body(new): Body<NewToken>,
) -> Result<
    (
        StatusCode,
        [(HeaderName, &'static str); 1],
        Json<CreatedToken>,
    ),
    ApiError,
> {
    let role = token::role(new.role);
    let made = tokens
        .create_token(&caller, &new.name, role, new.expires_at)
        .await?;
    let secret = made.token.expose_secret().to_owned();
    let created = CreatedToken {
        token: token::token(made.record),
        secret,
    };
    Ok((
        StatusCode::CREATED,
        [(header::CACHE_CONTROL, "no-store")],
        Json(created),
    ))
}
