//! The one error that passes through a port.

use std::error::Error as StdError;

use fleetscope_model::{ErrorKind, Fault};

/// What a port's implementation says went wrong. The outward message is apart from the inward
/// cause: the message may be shown to the caller, the cause only to the log.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Error {
    kind: ErrorKind,
    code: &'static str,
    message: String,
    #[source]
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error with an outward message.
    pub fn new(kind: ErrorKind, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            code,
            message: message.into(),
            cause: None,
        }
    }

    /// The same error with its inward cause.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// There is no such thing.
    pub fn not_found(what: &str, id: &dyn std::fmt::Display) -> Self {
        Self::new(
            ErrorKind::NotFound,
            "not_found",
            format!("there is no {what} '{id}': list what there is, or check the id"),
        )
    }

    /// The caller's role is not enough.
    pub fn forbidden(needed: fleetscope_model::AccessRole) -> Self {
        let needed = needed.as_str();
        Self::new(
            ErrorKind::Forbidden,
            "forbidden",
            format!("this needs the role {needed}: ask an administrator for a token with it"),
        )
    }
}

impl Fault for Error {
    fn kind(&self) -> ErrorKind {
        self.kind
    }

    fn code(&self) -> &'static str {
        self.code
    }

    fn message(&self) -> String {
        self.message.clone()
    }
}
