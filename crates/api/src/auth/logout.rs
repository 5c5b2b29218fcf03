//! `POST /auth/logout`

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse};

use super::{SignIn, cookies};
use crate::error::ApiError;

/// End the session of a browser: its token is revoked where that can be done, and its cookie
/// dropped. Needs the header `X-CSRF-Token`, as everything that changes something in a session
/// does. Without a session there is nothing to end.
#[utoipa::path(
    post,
    path = "/auth/logout",
    tag = "auth",
    params(("X-CSRF-Token" = Option<String>, Header, description = "From GET /auth/me.")),
    responses((status = 204, description = "There is no session any more.")),
)]
pub async fn logout(
    State(sign_in): State<SignIn>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, ApiError> {
    let cookie = cookies::read(&headers, cookies::SESSION);
    if let (Some(login), Some(cookie)) = (&sign_in.login, cookie)
        && let Some(session) = login.session(cookie)
    {
        check_csrf(&headers, &session)?;
        login.end(&session).await;
    }
    let drop = AppendHeaders([cookies::drop(cookies::SESSION)]);
    Ok((StatusCode::NO_CONTENT, drop))
}

/// Refuses what a page of another site may have made the browser send.
pub fn check_csrf(
    headers: &HeaderMap,
    session: &fleetscope_identity::Session,
) -> Result<(), ApiError> {
    let brought = headers.get(cookies::CSRF_HEADER);
    let brought = brought.and_then(|value| value.to_str().ok());
    if brought.is_some_and(|brought| session.allows(brought)) {
        return Ok(());
    }
    Err(ApiError::new(
        fleetscope_model::ErrorKind::Forbidden,
        "csrf_token_missing",
        "a session that changes something must bring the header 'X-CSRF-Token' with the \
         csrf_token of GET /auth/me",
    ))
}
