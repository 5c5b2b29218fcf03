//! `DELETE /api/v1/clusters/{id}/credentials/{field}`

use axum::extract::State;
use axum::http::StatusCode;
use fleetscope_client::wire::CredentialField;
use fleetscope_registry::Credentials;

use super::Slot;
use crate::error::ApiError;
use crate::extract::Asker;
use crate::refusals::NotFound;

/// Remove a credential.
#[utoipa::path(
    delete,
    path = "/api/v1/clusters/{id}/credentials/{field}",
    tag = "credentials",
    params(
        ("id" = uuid::Uuid, Path, description = "The cluster's id"),
        ("field" = CredentialField, Path, description = "Where it belongs"),
    ),
    responses((status = 204), NotFound),
)]
pub async fn delete(
    State(credentials): State<Credentials>,
    Asker(caller): Asker,
    Slot(cluster, field): Slot,
) -> Result<StatusCode, ApiError> {
    credentials.delete(&caller, cluster, field).await?;
    Ok(StatusCode::NO_CONTENT)
}
