//! How a request is refused: a `Status` body, or the bare text of an unknown path.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};

/// What a caller gets instead of an answer.
#[derive(Debug, Clone)]
pub(crate) enum Refusal {
    /// A `Status` object with its HTTP code.
    Status(Box<Status>),
    /// `404 page not found` as plain text: no such group, version or path.
    Page,
}

/// A `Status` of a failure, as `meta/v1` has it.
#[derive(Debug, Clone)]
pub(crate) struct Status {
    code: StatusCode,
    reason: &'static str,
    message: String,
    details: Option<Value>,
    resume: Option<String>,
    retry_after_s: Option<u32>,
}

impl Refusal {
    fn status(code: StatusCode, reason: &'static str, message: impl Into<String>) -> Status {
        Status {
            code,
            reason,
            message: message.into(),
            details: None,
            resume: None,
            retry_after_s: None,
        }
    }

    /// 400: the request can't be understood.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::status(StatusCode::BAD_REQUEST, "BadRequest", message).into()
    }

    /// 404: the resource exists, the named object does not.
    pub(crate) fn object_not_found(group: &str, plural: &str, name: &str) -> Self {
        let (qualified, mut details) = if group.is_empty() {
            (plural.to_owned(), json!({}))
        } else {
            (format!("{plural}.{group}"), json!({ "group": group }))
        };
        details["name"] = name.into();
        details["kind"] = plural.into();
        let message = format!("{qualified} \"{name}\" not found");
        Self::status(StatusCode::NOT_FOUND, "NotFound", message)
            .with_details(details)
            .into()
    }

    /// 404: a built-in group that has no such resource.
    pub(crate) fn resource_not_found() -> Self {
        let message = "the server could not find the requested resource";
        Self::status(StatusCode::NOT_FOUND, "NotFound", message)
            .with_details(json!({}))
            .into()
    }

    /// 409: there is an object of this name.
    pub(crate) fn already_exists(plural: &str, name: &str) -> Self {
        let message = format!("{plural} \"{name}\" already exists");
        Self::status(StatusCode::CONFLICT, "AlreadyExists", message)
            .with_details(json!({ "name": name, "kind": plural }))
            .into()
    }

    /// 409: the object has another version by now.
    pub(crate) fn conflict(plural: &str, name: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {plural} \"{name}\": the object has been modified; \
             please apply your changes to the latest version and try again"
        );
        Self::status(StatusCode::CONFLICT, "Conflict", message)
            .with_details(json!({ "name": name, "kind": plural }))
            .into()
    }

    /// 405: writes, and methods that a path does not have.
    pub(crate) fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::status(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
            .with_details(json!({}))
            .into()
    }

    /// 406: nothing in `Accept` that this server can write.
    pub(crate) fn not_acceptable() -> Self {
        let message = "406: Not Acceptable\n\nAvailable representations: application/json, \
                       application/json;stream=watch";
        Self::status(StatusCode::NOT_ACCEPTABLE, "NotAcceptable", message)
            .with_details(json!({}))
            .into()
    }

    /// 410: the resource version or the page asked for is compacted away.
    /// `resume` is a token for the rest of the list as it is now.
    pub(crate) fn expired(message: impl Into<String>, resume: Option<String>) -> Self {
        let mut status = Self::status(StatusCode::GONE, "Expired", message);
        status.resume = resume;
        status.into()
    }

    /// 422: list options that exclude each other; `causes` are field,
    /// reason (`FieldValue…`) and message.
    pub(crate) fn invalid_options(causes: &[(&str, &str, String)]) -> Self {
        let list: Vec<String> = causes
            .iter()
            .map(|(field, _, message)| format!("{field}: {message}"))
            .collect();
        let text = match list.as_slice() {
            [one] => one.clone(),
            _ => format!("[{}]", list.join(", ")),
        };
        let causes: Vec<Value> = causes
            .iter()
            .map(|(field, reason, message)| json!({ "reason": reason, "message": message, "field": field }))
            .collect();
        let message = format!("ListOptions.meta.k8s.io \"\" is invalid: {text}");
        Self::status(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message)
            .with_details(
                json!({ "group": "meta.k8s.io", "kind": "ListOptions", "causes": causes }),
            )
            .into()
    }

    /// 500: a resource version that is no number (a real server does not say 400).
    pub(crate) fn unreadable_version(text: &str) -> Self {
        let message = format!(
            "resourceVersion: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax"
        );
        Self::status(StatusCode::INTERNAL_SERVER_ERROR, "", message).into()
    }

    /// 504: a resource version that this server has not reached yet.
    pub(crate) fn version_too_large(asked: u64, current: u64) -> Self {
        let message = format!("Timeout: Too large resource version: {asked}, current: {current}");
        let cause =
            json!({ "reason": "ResourceVersionTooLarge", "message": "Too large resource version" });
        let mut status = Self::status(StatusCode::GATEWAY_TIMEOUT, "Timeout", message)
            .with_details(json!({ "causes": [cause], "retryAfterSeconds": 1 }));
        status.retry_after_s = Some(1);
        status.into()
    }

    /// 422: a review that asks for what can't be; `told` is the cause's message.
    pub(crate) fn invalid_review(group: &str, field: &str, told: &str) -> Self {
        let message = format!(".{group} \"\" is invalid: {field}: {told}");
        let cause = json!({ "reason": "FieldValueInvalid", "message": told, "field": field });
        Self::status(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message)
            .with_details(json!({ "group": group, "causes": [cause] }))
            .into()
    }

    /// 401: nobody is known by the token.
    pub(crate) fn unauthorized() -> Self {
        Self::status(
            StatusCode::UNAUTHORIZED,
            "Unauthorized",
            "Unauthorized".to_owned(),
        )
        .into()
    }

    /// 403: `told` says who may not do what.
    pub(crate) fn forbidden(group: &str, plural: &str, told: &str) -> Self {
        let dot = if group.is_empty() { "" } else { "." };
        let message = format!("{plural}{dot}{group} is forbidden: {told}");
        Self::status(StatusCode::FORBIDDEN, "Forbidden", message)
            .with_details(json!({ "group": group, "kind": plural }))
            .into()
    }

    /// 403: the caller may not create objects of a cluster-wide resource.
    pub(crate) fn forbidden_create(group: &str, plural: &str, user: &str) -> Self {
        let message = format!(
            "{plural}.{group} is forbidden: User \"{user}\" cannot create resource \"{plural}\" in \
             API group \"{group}\" at the cluster scope"
        );
        Self::status(StatusCode::FORBIDDEN, "Forbidden", message)
            .with_details(json!({ "group": group, "kind": plural }))
            .into()
    }

    /// 500: something behind the server is out of order.
    pub(crate) fn internal(message: &str) -> Self {
        let message = format!("Internal error occurred: {message}");
        Self::status(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", message).into()
    }

    /// The `Status` object, as an `ERROR` frame of a watch carries it.
    pub(crate) fn object(&self) -> Value {
        match self {
            Self::Status(status) => status.object(),
            Self::Page => Self::resource_not_found().object(),
        }
    }
}

impl Status {
    fn with_details(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }

    fn object(&self) -> Value {
        let mut metadata = Map::new();
        if let Some(token) = &self.resume {
            metadata.insert("continue".to_owned(), token.as_str().into());
        }
        let mut object = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": metadata,
            "status": "Failure",
            "message": self.message,
            "code": self.code.as_u16(),
        });
        if !self.reason.is_empty() {
            object["reason"] = self.reason.into();
        }
        if let Some(details) = &self.details {
            object["details"] = details.clone();
        }
        object
    }
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        Self::Status(Box::new(status))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Page => return (StatusCode::NOT_FOUND, "404 page not found\n").into_response(),
            Self::Status(status) => status,
        };
        let mut response = (status.code, axum::Json(status.object())).into_response();
        if let Some(seconds) = status.retry_after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
