//! `GET /auth/login`

use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use fleetscope_identity::{ClientAddress, Login};
use fleetscope_model::ErrorKind;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{SignIn, cookies};
use crate::error::ApiError;
use crate::extract::Params;
use crate::refusals::NotFound;

/// Where a login is to end.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Destination {
    /// A path of this installation, to which the browser is sent in the end; `/` where absent.
    #[serde(default)]
    #[param(max_length = 1000)]
    pub return_to: String,
}

/// Send a browser to where people log in.
#[utoipa::path(
    get,
    path = "/auth/login",
    tag = "auth",
    params(Destination),
    responses((status = 303, description = "To the login server."), NotFound),
)]
pub async fn login(
    State(sign_in): State<SignIn>,
    source: Option<Extension<ClientAddress>>,
    Params(destination): Params<Destination>,
) -> Result<impl IntoResponse, ApiError> {
    let source = source.map(|source| source.0.0);
    let login = configured(&sign_in)?;
    let begun = login.begin(&destination.return_to, source).await?;
    let cookie = cookies::set(cookies::LOGIN, &begun.cookie, begun.life);
    let location = [(header::LOCATION, begun.location)];
    Ok((StatusCode::SEE_OTHER, location, AppendHeaders([cookie])))
}

/// How browsers log in, or that they can't.
pub(super) fn configured(sign_in: &SignIn) -> Result<&Login, ApiError> {
    sign_in.login.as_ref().ok_or_else(|| {
        ApiError::new(
            ErrorKind::NotFound,
            "login_not_configured",
            "browsers can't log in here: send a token, or set identity.login.public_url and \
             identity.login.client_id in the configuration",
        )
    })
}
