//! Whether the caller may use the route it asked for.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use fleetscope_model::{Caller, ErrorKind};

use crate::error::ApiError;
use crate::table;

/// Lets a request pass whose caller has what the table asks of the matched route. A route that is
/// not in the table passes for nobody. Must be a `route_layer`, so that the path is matched.
pub async fn authorise(request: Request, next: Next) -> Response {
    match may_pass(&request) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// Whether the table asks the request's route for a caller. Not where no row has it: what is there
/// to be refused is refused by [`may_pass`], whoever asks.
pub fn needs_caller(request: &Request) -> bool {
    let row = table::lookup(request.method().as_str(), matched(request));
    row.is_some_and(|route| route.permission.is_some())
}

/// The template of the request's path; nothing where none matched.
fn matched(request: &Request) -> &str {
    let path = request.extensions().get::<MatchedPath>();
    path.map_or("", MatchedPath::as_str)
}

/// Whether the table lets the request pass as its caller's, or as nobody's where it has none.
pub fn may_pass(request: &Request) -> Result<(), ApiError> {
    let path = matched(request);
    let Some(route) = table::lookup(request.method().as_str(), path) else {
        let methods = table::methods(path);
        if methods.is_empty() {
            return Err(ApiError::no_such_path());
        }
        return Err(ApiError::method_not_allowed(&methods));
    };
    let Some(permission) = route.permission else {
        return Ok(());
    };
    let caller = request
        .extensions()
        .get::<Caller>()
        .ok_or_else(ApiError::unauthenticated)?;
    if caller.may(permission) {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorKind::Forbidden,
        "forbidden",
        format!(
            "this needs the role {}, and {} is {}: ask an administrator for another token",
            permission.least_role().as_str(),
            caller.name,
            caller.role.as_str()
        ),
    ))
}
