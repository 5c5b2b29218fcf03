//! `GET /auth/me`

use axum::{Extension, Json};
use fleetscope_client::wire::Me;
use fleetscope_identity::{Known, Session};
use secrecy::ExposeSecret as _;

use crate::convert::identity::identity;

/// Who is asking.
#[utoipa::path(
    get,
    path = "/auth/me",
    tag = "auth",
    responses((status = 200, body = Me)),
)]
pub async fn me(known: Extension<Known>, session: Option<Extension<Session>>) -> Json<Me> {
    Json(Me {
        identity: identity(known.0),
        csrf_token: session.map(|session| session.csrf.expose_secret().to_owned()),
    })
}
