//! What can go wrong at a door.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use fleetscope_api::ApiError;
use fleetscope_model::{ErrorKind, Fault, Role};

/// Why a request got no further than the door.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The `Authorization` header is not one bearer token.
    #[error("the Authorization header is not one bearer token")]
    MalformedAuthorization,

    /// A web page of another origin wants something changed.
    #[error("a page of another origin asks")]
    ForeignOrigin,

    /// The target of the request could be read in two ways.
    #[error("the request target is refused: {0}")]
    AmbiguousTarget(&'static str),

    /// The process with the role does not answer.
    #[error("the {role} role cannot be reached")]
    RoleUnavailable {
        /// Which role.
        role: Role,
        /// What the connection said.
        #[source]
        cause: Option<Box<dyn std::error::Error + Send + Sync>>,
    },

    /// The process with the role does not accept this gateway's signature.
    #[error("the {role} role refuses this gateway's signature")]
    RoleRefuses {
        /// Which role.
        role: Role,
    },

    /// The process with the role answered something that is not its protocol.
    #[error("the {role} role answered {what}")]
    RoleMisbehaves {
        /// Which role.
        role: Role,
        /// What it answered.
        what: String,
    },

    /// The address of a role in another process cannot be used.
    #[error("services.{role}.url cannot be used: {what}")]
    InvalidUrl {
        /// Which role.
        role: Role,
        /// What is wrong with it.
        what: &'static str,
    },

    /// As many event streams are open as may be.
    #[error("{0} event streams are open")]
    TooManyStreams(usize),

    /// The body did not come within the time of a request.
    #[error("the request body did not arrive within {0:?}")]
    BodyTooSlow(Duration),

    /// The request took longer than it may.
    #[error("the request was not answered within {0:?}")]
    RequestTimeout(Duration),

    /// A caller cannot be signed.
    #[error(transparent)]
    Identity(#[from] fleetscope_identity::Error),
}

impl Error {
    pub(crate) fn unavailable(
        role: Role,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::RoleUnavailable {
            role,
            cause: Some(cause.into()),
        }
    }
}

impl Fault for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::MalformedAuthorization => ErrorKind::Unauthenticated,
            Self::RoleUnavailable { .. }
            | Self::RoleRefuses { .. }
            | Self::RoleMisbehaves { .. } => ErrorKind::Unavailable,
            Self::AmbiguousTarget(_) | Self::InvalidUrl { .. } => ErrorKind::Invalid,
            Self::ForeignOrigin => ErrorKind::Forbidden,
            Self::TooManyStreams(_) => ErrorKind::TooManyRequests,
            Self::BodyTooSlow(_) | Self::RequestTimeout(_) => ErrorKind::Timeout,
            Self::Identity(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::MalformedAuthorization => "authorization_malformed",
            Self::ForeignOrigin => "origin_not_allowed",
            Self::AmbiguousTarget(_) => "target_ambiguous",
            Self::RoleUnavailable { .. } => "role_unavailable",
            Self::RoleRefuses { .. } => "role_refuses_gateway",
            Self::RoleMisbehaves { .. } => "role_misbehaves",
            Self::InvalidUrl { .. } => "service_url_invalid",
            Self::TooManyStreams(_) => "too_many_streams",
            Self::BodyTooSlow(_) => "body_too_slow",
            Self::RequestTimeout(_) => "request_timeout",
            Self::Identity(error) => error.code(),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::MalformedAuthorization => {
                "the Authorization header is not one bearer token: write 'Authorization: Bearer \
                 TOKEN', once"
                    .to_owned()
            }
            Self::ForeignOrigin => {
                "a web page of another origin may not change anything here: list the page's \
                 origin in server.allowed_origins"
                    .to_owned()
            }
            Self::AmbiguousTarget(why) => format!("the path is refused: {why}"),
            Self::RoleUnavailable { role, .. } => format!(
                "the {role} role, which answers this, cannot be reached now: try again; if it \
                 lasts, check that its process runs and that services.{role}.url is its address"
            ),
            Self::RoleRefuses { role } => format!(
                "the {role} role, which answers this, does not accept this gateway's signature: \
                 give both processes the same services.key and check their clocks"
            ),
            Self::RoleMisbehaves { role, .. } => format!(
                "the {role} role answered what it never should: check that services.{role}.url \
                 is the inner address of a process of the same version"
            ),
            Self::InvalidUrl { role, what } => format!("services.{role}.url {what}"),
            Self::TooManyStreams(most) => format!(
                "{most} event streams are open and no more may be (server.max_streams): close \
                 one, or try again later"
            ),
            Self::BodyTooSlow(limit) => format!(
                "the request's body did not arrive within {} s: send it faster",
                limit.as_secs_f64()
            ),
            Self::RequestTimeout(limit) => format!(
                "there was no answer within {} s (server.request_timeout): ask for less, such as \
                 a shorter time range, or try again later",
                limit.as_secs_f64()
            ),
            Self::Identity(error) => error.message(),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = match &self {
            // RFC 9110, 15.5.9: it is the client that was slow.
            Self::BodyTooSlow(_) => Some(StatusCode::REQUEST_TIMEOUT),
            // It is not even the form of a request.
            Self::AmbiguousTarget(_) => Some(StatusCode::BAD_REQUEST),
            _ => None,
        };
        if let Self::RoleUnavailable { .. }
        | Self::RoleRefuses { .. }
        | Self::RoleMisbehaves { .. } = &self
        {
            let cause = std::error::Error::source(&self).map(ToString::to_string);
            tracing::warn!(error = %self, cause, "a role cannot be used");
        }
        let api = ApiError::from(self);
        match status {
            Some(status) => api.with_status(status),
            None => api,
        }
        .into_response()
    }
}
