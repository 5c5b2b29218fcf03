//! Generations as entity tags.

use axum::http::{HeaderMap, header};

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

fn wrong() -> ApiError {
    ApiError::invalid(
        "If-Match",
        "give the ETag of the cluster as it was read, such as \"3\"",
    )
}
