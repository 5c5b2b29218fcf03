//! Errors as Prometheus writes them.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use fleetscope_model::{ErrorKind, Fault, Gap, GapKind};
use serde::Serialize;
use utoipa::ToSchema;

/// An error in Prometheus' shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PrometheusError)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// `error`.
    pub(super) status: &'static str,
    /// `bad_data`, `execution`, `timeout`, `canceled`, `unavailable`, `not_found`, `forbidden` or
    /// `internal`.
    pub(super) error_type: String,
    /// What happened.
    pub(super) error: String,
    #[serde(skip)]
    #[schema(ignore)]
    code: u16,
}

impl Refusal {
    /// An error of a kind, with the status that Prometheus gives it.
    pub(super) fn new(kind: &str, error: impl Into<String>) -> Self {
        let code = match kind {
            "bad_data" => 400,
            "execution" => 422,
            "forbidden" => 403,
            "not_found" => 404,
            "internal" => 500,
            _ => 503,
        };
        Self {
            status: "error",
            error_type: kind.to_owned(),
            error: error.into(),
            code,
        }
    }

    /// A parameter that can't be read.
    pub(super) fn parameter(name: &str, said: impl std::fmt::Display) -> Self {
        Self::new("bad_data", format!("invalid parameter \"{name}\": {said}"))
    }

    /// No cluster gave anything.
    pub(super) fn of_gaps(gaps: &[Gap]) -> Self {
        let all = |kind| gaps.iter().all(|gap| gap.kind == kind);
        let kind = if all(GapKind::Refused) {
            "execution"
        } else if all(GapKind::Timeout) {
            "timeout"
        } else if all(GapKind::Forbidden) {
            "forbidden"
        } else if all(GapKind::NotConfigured) {
            "not_found"
        } else {
            "unavailable"
        };
        let said: Vec<_> = gaps.iter().take(3).map(super::answer::warning).collect();
        let more = gaps.len().saturating_sub(said.len());
        let tail = match more {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        Self::new(kind, said.join("; ") + &tail)
    }
}

impl<E: Fault> From<E> for Refusal {
    fn from(error: E) -> Self {
        let message = error.message();
        match error.kind() {
            ErrorKind::Invalid if error.code() == "across_clusters" => {
                Self::new("execution", message)
            }
            ErrorKind::Invalid if error.code() == "invalid_query" => {
                Self::parameter("query", message)
            }
            ErrorKind::Invalid | ErrorKind::Conflict => Self::new("bad_data", message),
            ErrorKind::NotFound => Self::new("not_found", message),
            ErrorKind::Forbidden | ErrorKind::Unauthenticated => Self::new("forbidden", message),
            ErrorKind::Timeout => Self::new("timeout", message),
            ErrorKind::Unavailable | ErrorKind::TooManyRequests => {
                Self::new("unavailable", message)
            }
            ErrorKind::Internal => {
                tracing::error!(%error, code = error.code(), "internal error");
                let said = "something went wrong on our side: the server's log has more";
                Self::new("internal", said)
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self)).into_response()
    }
}
