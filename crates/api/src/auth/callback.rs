//! `GET /auth/callback`

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use fleetscope_model::ErrorKind;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{SignIn, cookies, login};
use crate::error::ApiError;
use crate::extract::Params;
use crate::refusals::NotFound;

/// What the login server sends the browser back with. Servers add parameters of their own.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Answer {
    /// The code, where the login went well.
    pub code: Option<String>,
    /// Which login it belongs to.
    pub state: Option<String>,
    /// Why it did not go well, by RFC 6749.
    pub error: Option<String>,
}

/// Where the login server sends a browser back to. Sets the session cookie.
#[utoipa::path(
    get,
    path = "/auth/callback",
    tag = "auth",
    params(Answer),
    responses((status = 303, description = "To where the login was to end."), NotFound),
)]
pub async fn callback(
    State(sign_in): State<SignIn>,
    headers: HeaderMap,
    Params(answer): Params<Answer>,
) -> Result<impl IntoResponse, ApiError> {
    let login = login::configured(&sign_in)?;
    let (code, state) = answer.parts()?;
    let underway = cookies::read(&headers, cookies::LOGIN).unwrap_or_default();
    let finished = login.finish(underway, &state, &code).await?;
    let session = cookies::set(cookies::SESSION, &finished.cookie, finished.life);
    let cookies = AppendHeaders([session, cookies::drop(cookies::LOGIN)]);
    let location = [(header::LOCATION, finished.return_to)];
    Ok((StatusCode::SEE_OTHER, location, cookies))
}

impl Answer {
    /// Code and state. The server's reason is one of a few words of the standard; nothing else of
    /// it is shown, as anybody can write such a link.
    fn parts(self) -> Result<(String, String), ApiError> {
        let refused = |detail: &str| {
            ApiError::new(
                ErrorKind::Unauthenticated,
                "login_refused",
                detail.to_owned(),
            )
        };
        match (self.code, self.state, self.error.as_deref()) {
            (Some(code), Some(state), None) => Ok((code, state)),
            (_, _, Some("access_denied")) => {
                Err(refused("the login was declined: log in again and allow it"))
            }
            (_, _, Some(_)) => Err(refused(
                "the login server refuses the request: check identity.login in the configuration",
            )),
            _ => Err(refused(
                "the answer of the login server is incomplete: log in again",
            )),
        }
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").finish_non_exhaustive()
    }
}
