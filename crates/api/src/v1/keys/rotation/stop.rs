//! `DELETE /api/v1/keys/rotation`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::KeyRotation;
use fleetscope_registry::Credentials;

use crate::convert::credential;
use crate::error::ApiError;
use crate::extract::Asker;
use crate::refusals::NotFound;

/// Stop a rotation of keys. What is done stays done; asking again goes on with it.
#[utoipa::path(
    delete,
    path = "/api/v1/keys/rotation",
    tag = "keys",
    responses((status = 200, body = KeyRotation), NotFound),
)]
pub async fn stop(
    State(credentials): State<Credentials>,
    Asker(caller): Asker,
) -> Result<Json<KeyRotation>, ApiError> {
    let rotation = credentials.stop_rotation(&caller).await?;
    Ok(Json(credential::rotation(rotation)))
}
