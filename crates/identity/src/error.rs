//! What can be wrong with an identity.

use fleetscope_model::{ErrorKind, Fault};
use jiff::Timestamp;

use crate::caller_tokens::LEAST_KEY_BYTES;

/// Why a caller is not known, or a token cannot be made or revoked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The token is malformed or nobody's.
    #[error("the token is not known")]
    UnknownToken,

    /// The token was good until the given instant.
    #[error("the token expired at {0}")]
    ExpiredToken(Timestamp),

    /// The signed identity of a caller does not hold.
    #[error("the signed caller is refused: {reason}")]
    CallerRefused {
        /// Which check failed, for the log; holds nothing of the token.
        reason: String,
    },

    /// The key that signs callers is too short.
    #[error("the services key has {0} bytes")]
    KeyTooShort(usize),

    /// Signing failed.
    #[error("the caller cannot be signed")]
    Signing(#[source] jsonwebtoken::errors::Error),

    /// The operating system gave no randomness.
    #[error("there is no randomness for a token")]
    NoRandomness,

    /// The name of a new token is not acceptable.
    #[error("the token name is not acceptable")]
    InvalidName,

    /// A new token would have expired before it was made.
    #[error("the token would expire at {0}, which is past")]
    ExpiryInPast(Timestamp),

    /// Without this token nobody could administer the installation.
    #[error("the token '{0}' is the last one with the role admin")]
    LastAdminToken(String),

    /// The store or another process said so.
    #[error(transparent)]
    Port(#[from] fleetscope_ports::Error),
}

impl Fault for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::UnknownToken | Self::ExpiredToken(_) | Self::CallerRefused { .. } => {
                ErrorKind::Unauthenticated
            }
            Self::InvalidName | Self::ExpiryInPast(_) | Self::KeyTooShort(_) => ErrorKind::Invalid,
            Self::LastAdminToken(_) => ErrorKind::Conflict,
            Self::Signing(_) | Self::NoRandomness => ErrorKind::Internal,
            Self::Port(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::UnknownToken => "token_invalid",
            Self::ExpiredToken(_) => "token_expired",
            Self::CallerRefused { .. } => "caller_refused",
            Self::KeyTooShort(_) => "services_key_too_short",
            Self::Signing(_) => "caller_not_signed",
            Self::NoRandomness => "no_randomness",
            Self::InvalidName => "token_name_invalid",
            Self::ExpiryInPast(_) => "token_expiry_in_past",
            Self::LastAdminToken(_) => "last_admin_token",
            Self::Port(error) => error.code(),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::UnknownToken => "the token is not known here: it is mistyped, was revoked, or \
                                   belongs to another installation; ask an administrator for one"
                .to_owned(),
            Self::ExpiredToken(at) => {
                format!("the token expired at {at}: ask an administrator for a new one")
            }
            Self::CallerRefused { .. } => {
                "this address serves gateways only, and the request is not signed by one: send it \
                 to the gateway; if it came from one, give both the same services.key and check \
                 their clocks"
                    .to_owned()
            }
            Self::KeyTooShort(bytes) => format!(
                "services.key has {bytes} bytes: write at least {LEAST_KEY_BYTES}, for example \
                 the output of 'openssl rand -base64 32'"
            ),
            Self::Signing(_) | Self::NoRandomness => {
                "something went wrong inside; the log says what".to_owned()
            }
            Self::InvalidName => "a token's name is 1 to 63 lower-case letters, digits and \
                                  hyphens, and begins and ends with a letter or digit"
                .to_owned(),
            Self::ExpiryInPast(at) => {
                format!("the token would expire at {at}, which is past: give a later time, or none")
            }
            Self::LastAdminToken(name) => format!(
                "'{name}' is the last usable token with the role admin, and without one nobody \
                 could make another: create a new admin token first, then revoke this one"
            ),
            Self::Port(error) => error.message(),
        }
    }

    fn pointer(&self) -> Option<&str> {
        match self {
            Self::InvalidName => Some("/name"),
            Self::ExpiryInPast(_) => Some("/expires_at"),
            Self::Port(error) => error.pointer(),
            _ => None,
        }
    }
}
