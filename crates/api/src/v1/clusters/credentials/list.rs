//! `GET /api/v1/clusters/{id}/credentials`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::CredentialList;
use fleetscope_model::ClusterId;
use fleetscope_registry::Credentials;

use crate::convert::credential;
use crate::error::ApiError;
use crate::extract::{Asker, Id};
use crate::refusals::NotFound;

/// List a cluster's credentials, without their values: those are never shown.
#[utoipa::path(
    get,
    path = "/api/v1/clusters/{id}/credentials",
    tag = "credentials",
    params(("id" = uuid::Uuid, Path, description = "The cluster's id")),
    responses((status = 200, body = CredentialList), NotFound),
)]
pub async fn list(
    State(credentials): State<Credentials>,
    Asker(caller): Asker,
    Id(id): Id<ClusterId>,
) -> Result<Json<CredentialList>, ApiError> {
    let found = credentials.list(&caller, id).await?;
    let items = found.into_iter().map(credential::credential).collect();
    Ok(Json(CredentialList { items }))
}
