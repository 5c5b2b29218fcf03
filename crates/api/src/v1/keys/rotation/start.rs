//! `POST /api/v1/keys/rotation`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use fleetscope_client::wire::KeyRotation;
use fleetscope_registry::Credentials;

use crate::convert::credential;
use crate::error::ApiError;
use crate::extract::Asker;

/// Ask that every credential come under the active key; a task does it while everything goes on.
/// Goes on with what was stopped. See `GET /api/v1/keys` for how far it is.
#[utoipa::path(
    post,
    path = "/api/v1/keys/rotation",
    tag = "keys",
    responses((status = 202, body = KeyRotation)),
)]
pub async fn start(
    State(credentials): State<Credentials>,
    Asker(caller): Asker,
) -> Result<(StatusCode, Json<KeyRotation>), ApiError> {
    let rotation = credentials.rotate_keys(&caller).await?;
    Ok((StatusCode::ACCEPTED, Json(credential::rotation(rotation))))
}
