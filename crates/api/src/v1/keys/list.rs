//! `GET /api/v1/keys`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::CredentialKeys;
use fleetscope_registry::Credentials;

use crate::convert::credential;
use crate::error::ApiError;
use crate::extract::Asker;

/// List the keys that credentials are sealed under, without the keys, and how a rotation fares.
#[utoipa::path(
    get,
    path = "/api/v1/keys",
    tag = "keys",
    responses((status = 200, body = CredentialKeys)),
)]
pub async fn list(
    State(credentials): State<Credentials>,
    Asker(caller): Asker,
) -> Result<Json<CredentialKeys>, ApiError> {
    let keys = credentials.keys(&caller).await?;
    Ok(Json(credential::keys(keys)))
}
