//! `POST /auth/validate`

use axum::extract::State;
use axum::{Extension, Json};
use fleetscope_client::wire::{TokenQuestion, TokenVerdict};
use fleetscope_identity::ClientAddress;
use fleetscope_model::{ErrorKind, Fault as _};

use super::SignIn;
use crate::convert::identity::identity;
use crate::error::ApiError;
use crate::extract::Body;

/// Whose a token is, for services that are shown one. A token that is nobody's is an answer and
/// no error; where it can't be told, it is 503.
#[utoipa::path(
    post,
    path = "/auth/validate",
    tag = "auth",
    request_body = TokenQuestion,
    responses((status = 200, body = TokenVerdict)),
)]
pub async fn validate(
    State(sign_in): State<SignIn>,
    source: Option<Extension<ClientAddress>>,
    Body(question): Body<TokenQuestion>,
) -> Result<Json<TokenVerdict>, ApiError> {
    let source = source.map(|source| source.0.0);
    let token = question.token.into();
    match sign_in.people.authenticate(&token, source).await {
        Ok(known) => Ok(Json(valid(identity(known)))),
        Err(error) => refused(error).map(Json),
    }
}

const fn valid(identity: fleetscope_client::wire::Identity) -> TokenVerdict {
    TokenVerdict {
        valid: true,
        identity: Some(identity),
        code: None,
        detail: None,
    }
}

fn refused(error: fleetscope_identity::Error) -> Result<TokenVerdict, ApiError> {
    match error.kind() {
        ErrorKind::Unauthenticated | ErrorKind::Forbidden => Ok(TokenVerdict {
            valid: false,
            identity: None,
            code: Some(error.code().to_owned()),
            detail: Some(error.message()),
        }),
        _ => Err(error.into()),
    }
}
