//! `PUT /api/v1/clusters/{id}/credentials/{field}`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::{Credential, CredentialField, NewCredential};
use fleetscope_registry::Credentials;

use super::Slot;
use crate::convert::credential;
use crate::error::ApiError;
use crate::extract::{Asker, Body};
use crate::refusals::{Conflict, NotFound};

/// Give a cluster a credential, the first or another one. It can't be read back; what reads the
/// cluster uses the new one from its next request on.
#[utoipa::path(
    put,
    path = "/api/v1/clusters/{id}/credentials/{field}",
    tag = "credentials",
    params(
        ("id" = uuid::Uuid, Path, description = "The cluster's id"),
        ("field" = CredentialField, Path, description = "Where it belongs"),
    ),
    request_body = NewCredential,
    responses((status = 200, body = Credential), NotFound, Conflict),
)]
pub async fn put(
    State(credentials): State<Credentials>,
    Asker(caller): Asker,
    Slot(cluster, field): Slot,
    Body(new): Body<NewCredential>,
) -> Result<Json<Credential>, ApiError> {
    let new = credential::new(new)?;
    let kept = credentials.put(&caller, cluster, field, new).await?;
    Ok(Json(credential::credential(kept)))
}
