//! Cursors: opaque to the caller, a list's last key to us.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fleetscope_client::wire;
use fleetscope_model::Page;

use crate::error::ApiError;

/// The longest cursor we would ever have given: two things by name, and their namespaces.
const LONGEST: usize = 2048;

/// The key in a cursor.
pub fn decode(cursor: &str) -> Result<String, ApiError> {
    (cursor.len() <= LONGEST)
        .then(|| URL_SAFE_NO_PAD.decode(cursor).ok())
        .flatten()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(foreign)
}

/// What is said of a cursor that we never gave.
pub fn foreign() -> ApiError {
    ApiError::invalid(
        "cursor",
        "this is no cursor of ours: give the next_cursor of the part before, unchanged",
    )
}

/// A cursor that holds a key.
pub fn encode(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

/// A page on its way out.
pub fn page<T, U>(page: Page<T>, wire: impl FnMut(T) -> U) -> wire::Page<U> {
    let next_cursor = page.next.as_deref().map(encode);
    wire::Page {
        items: page.items.into_iter().map(wire).collect(),
        next_cursor,
    }
}
