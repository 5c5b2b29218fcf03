//! Requests are held to the OpenAPI document that the server shows: path, query, headers and body
//! of a request are checked by the very schemas of its operation, so the two can't drift apart.
//!
//! What is found here is found all at once. What only a use case can know (that a window lies in
//! the future, that a query is no `PromQL`) it still refuses itself.

mod operation;
mod violation;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts as _, MatchedPath, RawPathParams, Request};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

use crate::error::ApiError;
use crate::extract;
use crate::prometheus::MOUNT;
use operation::Operation;
use violation::Violations;

/// Every operation of the document, by method and path template.
static CONTRACT: LazyLock<BTreeMap<(String, String), Operation>> = LazyLock::new(|| {
    let document = serde_json::to_value(crate::openapi()).unwrap_or_default();
    operation::all(&document)
});

/// Lets a request pass that keeps the contract of its route; else 422 with every violation, or
/// 400 or 415 where there is no JSON to judge. Must be a `route_layer`, so that the path is
/// matched.
pub async fn keep_contract(request: Request, next: Next) -> Response {
    let Some(operation) = operation_of(&request) else {
        return next.run(request).await;
    };
    match judge(operation, request).await {
        Ok(request) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

fn operation_of(request: &Request) -> Option<&'static Operation> {
    let path = request.extensions().get::<MatchedPath>()?.as_str();
    // It answers what it refuses in Prometheus' own shape, and takes what it does not know.
    if path.starts_with(MOUNT) {
        return None;
    }
    let method = match request.method().as_str() {
        "HEAD" => "GET",
        method => method,
    };
    CONTRACT.get(&(method.to_owned(), path.to_owned()))
}

async fn judge(operation: &Operation, request: Request) -> Result<Request, ApiError> {
    let mut violations = Violations::default();
    let (mut parts, body) = request.into_parts();
    judge_path(operation, &mut parts, &mut violations).await;
    let query = parts.uri.query().unwrap_or_default();
    operation.judge_query(query, &mut violations);
    operation.judge_headers(&parts.headers, &mut violations);
    let body = if operation.has_body() {
        extract::expect_json(&parts.headers)?;
        let bytes = to_bytes(body, usize::MAX)
            .await
            .map_err(|_| extract::incomplete())?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|e| extract::malformed(&e))?;
        operation.judge_body(&value, &mut violations);
        Body::from(bytes)
    } else {
        body
    };
    violations.none()?;
    Ok(Request::from_parts(parts, body))
}

/// Path parameters that can't even be read are left to the handler's own extractor.
async fn judge_path(operation: &Operation, parts: &mut Parts, violations: &mut Violations) {
    if let Ok(given) = RawPathParams::from_request_parts(parts, &()).await {
        for (name, value) in &given {
            operation.judge_path(name, value, violations);
        }
    }
}
