//! `/api/v1/clusters/{id}/credentials`

pub mod delete;
pub mod list;
pub mod put;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use fleetscope_model::{ClusterId, CredentialField, ErrorKind};

use crate::error::ApiError;

/// The cluster and the field in the path. What can't be one names nothing: 404.
#[derive(Debug)]
pub struct Slot(pub ClusterId, pub CredentialField);

impl<S: Send + Sync> FromRequestParts<S> for Slot {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let not_found = |said: String| ApiError::new(ErrorKind::NotFound, "not_found", said);
        let Path((cluster, field)) = Path::<(String, String)>::from_request_parts(parts, state)
            .await
            .map_err(|_| not_found("the id in the path is not readable".to_owned()))?;
        let cluster: ClusterId = cluster
            .parse()
            .map_err(|error: fleetscope_model::ids::InvalidId| not_found(error.to_string()))?;
        let field = field
            .parse()
            .map_err(|error: fleetscope_model::InvalidField| not_found(error.to_string()))?;
        Ok(Self(cluster, field))
    }
}
