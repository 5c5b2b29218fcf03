//! What can be wrong with an identity.

use std::sync::Arc;

use fleetscope_model::{Authority, ErrorKind, Fault};
use fleetscope_outbound::Failure;
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

    /// The token may be good, and nobody who may be asked can say so.
    #[error("the token's scopes keep it from saying whose it is")]
    TokenUnverifiable,

    /// The authority has named somebody whose groups do not fit into a header.
    #[error("the identity of '{0}' is too large")]
    IdentityTooLarge(String),

    /// The caller is known and has no role here.
    #[error("'{0}' has no role")]
    NoRole(String),

    /// Whoever knows the token cannot be asked. This is no verdict on the token.
    #[error("the {} authority cannot be asked", authority.as_str())]
    Unavailable {
        /// Who would know.
        authority: Authority,
        /// What went wrong.
        #[source]
        cause: Failure,
    },

    /// Too many tokens are being checked.
    #[error("too many tokens are being checked")]
    TooManyReviews,

    /// The source has tried too many wrong tokens.
    #[error("too many wrong tokens come from one address")]
    TooManyFailures,

    /// An algorithm of `identity.oidc.algorithms` is not known, or not asymmetric.
    #[error("'{0}' is no algorithm that tokens may be signed with")]
    UnknownAlgorithm(String),

    /// The process at the other end is no gateway of ours.
    #[error("a peer is refused: {0}")]
    PeerRefused(&'static str),

    /// A login does not hold together.
    #[error("a login is refused: {0}")]
    LoginRefused(&'static str),

    /// Too many logins were begun from one address.
    #[error("too many logins were begun from one address")]
    TooManyLogins,

    /// The hub has no OAuth server.
    #[error("the hub has no OAuth server")]
    NoOAuthServer,

    /// The token does not fit into a cookie.
    #[error("the token does not fit into a session cookie")]
    SessionTooLarge,

    /// The key that sessions are sealed under is too short.
    #[error("the session key has {0} bytes")]
    SessionKeyTooShort(usize),

    /// Sealing failed.
    #[error("a session cannot be sealed")]
    NotSealed,

    /// What several who asked the same have got.
    #[error(transparent)]
    Shared(Arc<Error>),

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

impl Error {
    /// Whether the error is a no, and not the want of an answer.
    pub(crate) fn is_verdict(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::Unauthenticated | ErrorKind::Forbidden
        )
    }

    pub(crate) const fn unavailable(authority: Authority, cause: Failure) -> Self {
        Self::Unavailable { authority, cause }
    }
}

impl Error {
    const fn too_many(&self) -> &'static str {
        match self {
            Self::TooManyLogins => {
                "too many logins were begun from this address: try again in a moment"
            }
            Self::TooManyFailures => {
                "too many wrong tokens came from this address: check the token, and try again later"
            }
            _ => "too many new tokens are being checked at once: try again shortly",
        }
    }
}

impl From<Arc<Error>> for Error {
    fn from(error: Arc<Error>) -> Self {
        Self::Shared(error)
    }
}

impl Fault for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::UnknownToken
            | Self::ExpiredToken(_)
            | Self::TokenUnverifiable
            | Self::LoginRefused(_)
            | Self::PeerRefused(_)
            | Self::CallerRefused { .. } => ErrorKind::Unauthenticated,
            Self::IdentityTooLarge(_) | Self::SessionTooLarge | Self::NoRole(_) => {
                ErrorKind::Forbidden
            }
            Self::NoOAuthServer => ErrorKind::NotFound,
            Self::Unavailable { .. } | Self::TooManyReviews => ErrorKind::Unavailable,
            Self::TooManyFailures | Self::TooManyLogins => ErrorKind::TooManyRequests,
            Self::InvalidName
            | Self::ExpiryInPast(_)
            | Self::KeyTooShort(_)
            | Self::SessionKeyTooShort(_)
            | Self::UnknownAlgorithm(_) => ErrorKind::Invalid,
            Self::LastAdminToken(_) => ErrorKind::Conflict,
            Self::Signing(_) | Self::NoRandomness | Self::NotSealed => ErrorKind::Internal,
            Self::Port(error) => error.kind(),
            Self::Shared(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::UnknownToken => "token_invalid",
            Self::ExpiredToken(_) => "token_expired",
            Self::TokenUnverifiable => "token_unverifiable",
            Self::IdentityTooLarge(_) => "identity_too_large",
            Self::NoRole(_) => "no_role",
            Self::Unavailable { .. } => "identity_unavailable",
            Self::TooManyReviews => "identity_busy",
            Self::TooManyFailures => "too_many_wrong_tokens",
            Self::TooManyLogins => "too_many_logins",
            Self::UnknownAlgorithm(_) => "oidc_algorithm_unknown",
            Self::PeerRefused(_) => "peer_refused",
            Self::LoginRefused(_) => "login_refused",
            Self::NoOAuthServer => "oauth_server_missing",
            Self::SessionTooLarge => "session_too_large",
            Self::SessionKeyTooShort(_) => "session_key_too_short",
            Self::NotSealed => "session_not_sealed",
            Self::CallerRefused { .. } => "caller_refused",
            Self::KeyTooShort(_) => "services_key_too_short",
            Self::Signing(_) => "caller_not_signed",
            Self::NoRandomness => "no_randomness",
            Self::InvalidName => "token_name_invalid",
            Self::ExpiryInPast(_) => "token_expiry_in_past",
            Self::LastAdminToken(_) => "last_admin_token",
            Self::Port(error) => error.code(),
            Self::Shared(error) => error.code(),
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
            Self::TokenUnverifiable => "the scopes of this token keep it from saying whose it is, \
                                        and Fleetscope may not ask about it: give Fleetscope's \
                                        service account the cluster role system:auth-delegator, \
                                        or take a token with the scope user:full"
                .to_owned(),
            Self::IdentityTooLarge(name) => format!(
                "'{name}' is in more groups than can be passed on: take the user out of some"
            ),
            Self::NoRole(name) => format!(
                "'{name}' is known, but has no role in Fleetscope: ask an administrator for one of \
                 viewer, operator and admin"
            ),
            Self::Unavailable { authority, .. } => format!(
                "it can't be told now whose token this is, as the {} authority does not answer: \
                 try again shortly; the log says what is wrong",
                authority.as_str()
            ),
            Self::TooManyReviews | Self::TooManyLogins | Self::TooManyFailures => {
                self.too_many().to_owned()
            }
            Self::UnknownAlgorithm(name) => format!(
                "identity.oidc.algorithms: '{name}' is no asymmetric algorithm: write for example \
                 RS256 or ES256"
            ),
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
            Self::PeerRefused(_) => {
                "this address serves gateways only, and the request comes from \
                                     none that is known here: send it to the gateway; if it came \
                                     from one, give it services.token_file, and name its service \
                                     account in services.peers"
                    .to_owned()
            }
            Self::LoginRefused(why) => format!("{why}: log in again"),
            Self::NoOAuthServer => "the hub has no OAuth server of its own (it answers 404 at \
                                    /.well-known/oauth-authorization-server, as clusters do whose \
                                    people are known by OpenID Connect): configure identity.oidc, \
                                    and set identity.login.via = \"oidc\""
                .to_owned(),
            Self::SessionTooLarge => "the token is too large for a session cookie: ask the issuer \
                                      for fewer claims, or use the token itself"
                .to_owned(),
            Self::SessionKeyTooShort(bytes) => format!(
                "identity.login.session_key_file holds {bytes} bytes: write at least 32, for \
                 example the output of 'openssl rand -base64 32'"
            ),
            Self::Signing(_) | Self::NoRandomness | Self::NotSealed => {
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
            Self::Shared(error) => error.message(),
        }
    }

    fn pointer(&self) -> Option<&str> {
        match self {
            Self::InvalidName => Some("/name"),
            Self::ExpiryInPast(_) => Some("/expires_at"),
            Self::Port(error) => error.pointer(),
            Self::Shared(error) => error.pointer(),
            _ => None,
        }
    }
}
