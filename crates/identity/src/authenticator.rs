//! The one question of this crate: whose token is this?

use std::net::IpAddr;

use async_trait::async_trait;
use fleetscope_model::Caller;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::Result;

/// Somebody who is known by a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Who.
    pub caller: Caller,
    /// When the token ends, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl From<Caller> for Known {
    /// With a token that is not known to end.
    fn from(caller: Caller) -> Self {
        Self {
            caller,
            until: None,
        }
    }
}

/// Who sent a request: the peer of the connection, or whom a proxy that is trusted names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// Tells who bears a token. [`crate::LocalTokens`] and [`crate::RemoteTokens`] pass the same
/// conformance suite.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// The caller whose token `bearer` is. `token_invalid` where nobody's is (also where it is
    /// malformed), `token_expired` where it was somebody's until now; any other error says that
    /// the question could not be answered. `source` is who sent it, as far as that is known: who
    /// tries many tokens is slowed down.
    async fn authenticate(&self, bearer: &SecretString, source: Option<IpAddr>) -> Result<Known>;

    /// A token of this installation was revoked: what is kept of such tokens is void.
    fn revoked(&self) {}
}
