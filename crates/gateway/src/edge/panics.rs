//! A panic in a handler is answered as our fault, and the process goes on.

use std::any::Any;

use axum::response::{IntoResponse as _, Response};
use fleetscope_api::ApiError;

/// The answer says nothing of what happened; the log does.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the layer that catches panics calls it so"
)]
pub(crate) fn answer(payload: Box<dyn Any + Send + 'static>) -> Response {
    let said = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(panic = said, "a handler panicked");
    ApiError::internal().into_response()
}
