//! Generations as entity tags.

use axum::http::{HeaderMap, StatusCode, header};
use fleetscope_model::Fault as _;

use crate::error::ApiError;

/// The tag of a generation.
pub fn of(generation: u64) -> String {
    format!("\"{generation}\"")
}

/// The generation that `If-Match` asks for; none where the header is absent or `*`.
pub fn if_match(headers: &HeaderMap) -> Result<Option<u64>, ApiError> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    match value.to_str() {
        Ok("*") => Ok(None),
        Ok(tag) => tag
            .strip_prefix('"')
            .and_then(|tag| tag.strip_suffix('"'))
            .and_then(|tag| tag.parse().ok())
            .map(Some)
            .ok_or_else(wrong),
        Err(_) => Err(wrong()),
    }
}

/// What came of a change: that the generation is not the one of `If-Match` is a failed precondition
/// (RFC 9110, 13.1.1); without the header it is a clash with somebody else.
pub fn judged<T>(
    result: Result<T, fleetscope_registry::Error>,
    given: Option<u64>,
) -> Result<T, ApiError> {
    result.map_err(|error| {
        let stale = given.is_some() && error.code() == "generation_mismatch";
        let error = ApiError::from(error);
        if stale {
            return error.with_status(StatusCode::PRECONDITION_FAILED);
        }
        error
    })
}

fn wrong() -> ApiError {
    ApiError::invalid(
        "If-Match",
        "give the ETag of the cluster as it was read, such as \"3\"",
    )
}
