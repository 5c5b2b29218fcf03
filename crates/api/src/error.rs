//! The one error that HTTP shows: RFC 9457 problem details.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fleetscope_client::wire::{FieldProblem, Problem};
use fleetscope_model::{ErrorKind, Fault};

/// An error on its way out. Made from any crate's error, which is logged where it became one if
/// it is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<FieldProblem>,
    allow: Option<String>,
    retry_after: Option<u32>,
}

impl ApiError {
    /// An error of a kind, with a stable code and words for the caller.
    pub fn new(kind: ErrorKind, code: &'static str, detail: impl Into<String>) -> Self {
        let retry_after =
            matches!(kind, ErrorKind::Unavailable | ErrorKind::TooManyRequests).then_some(1);
        Self {
            status: status(kind),
            code,
            detail: detail.into(),
            errors: Vec::new(),
            allow: None,
            retry_after,
        }
    }

    /// The same error with a more exact status of the same class.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The same error, saying when to ask again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The same error, blaming an input: a JSON pointer or a parameter's name.
    #[must_use]
    pub fn blaming(mut self, pointer: impl Into<String>) -> Self {
        self.errors.push(FieldProblem {
            place: None,
            pointer: pointer.into(),
            detail: self.detail.clone(),
            expected: None,
            found: None,
        });
        self
    }

    /// A request that breaks its contract in all these places.
    pub fn violations(errors: Vec<FieldProblem>) -> Self {
        let detail = match errors.as_slice() {
            [one] => format!("{}: {}", one.pointer, one.detail),
            more => format!(
                "the request is wrong in {} places: see `errors`",
                more.len()
            ),
        };
        let mut error = Self::new(ErrorKind::Invalid, "invalid_request", detail);
        error.errors = errors;
        error
    }

    /// A wrong input.
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, "invalid_request", detail).blaming(pointer)
    }

    /// Nobody known is asking.
    pub fn unauthenticated() -> Self {
        Self::new(
            ErrorKind::Unauthenticated,
            "unauthenticated",
            "this needs a valid token: send the header 'Authorization: Bearer TOKEN'",
        )
    }

    /// No route has this path.
    pub fn no_such_path() -> Self {
        Self::new(
            ErrorKind::NotFound,
            "no_such_path",
            "there is nothing at this path: see /api/v1/openapi.json for what there is",
        )
    }

    /// The path is known, the method is not; `allow` lists those that are.
    pub fn method_not_allowed(allow: &str) -> Self {
        let mut error = Self::new(
            ErrorKind::Invalid,
            "method_not_allowed",
            format!("this path answers {allow} only"),
        )
        .with_status(StatusCode::METHOD_NOT_ALLOWED);
        error.allow = Some(allow.to_owned());
        error
    }

    /// Our fault; says nothing about the inside.
    pub fn internal() -> Self {
        Self::new(
            ErrorKind::Internal,
            "internal",
            "something went wrong on our side: the server's log has more under this request's id",
        )
    }

    /// The problem that it is shown as.
    pub fn problem(&self) -> Problem {
        Problem {
            kind: format!("urn:fleetscope:problem:{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            code: self.code.to_owned(),
            detail: self.detail.clone(),
            request_id: None,
            trace_id: None,
            errors: self.errors.clone(),
        }
    }

    /// The status it is answered with.
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl<E: Fault> From<E> for ApiError {
    fn from(error: E) -> Self {
        let kind = error.kind();
        if kind == ErrorKind::Internal {
            tracing::error!(error = %chain(&error), code = error.code(), "internal error");
            return Self::internal();
        }
        let api = Self::new(kind, error.code(), error.message());
        match error.pointer() {
            Some(pointer) => api.blaming(pointer),
            None => api,
        }
    }
}

/// An error and its causes on one line, for the log.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

const fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What a 401 asks for (RFC 6750, 3): an error only where credentials were sent.
fn challenge(code: &str) -> HeaderValue {
    HeaderValue::from_static(match code {
        "unauthenticated" => "Bearer realm=\"fleetscope\"",
        "authorization_malformed" => "Bearer realm=\"fleetscope\", error=\"invalid_request\"",
        _ => "Bearer realm=\"fleetscope\", error=\"invalid_token\"",
    })
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.problem())).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, challenge(self.code));
        }
        if let Some(allow) = self
            .allow
            .and_then(|allow| HeaderValue::try_from(allow).ok())
        {
            headers.insert(header::ALLOW, allow);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
