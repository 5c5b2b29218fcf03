//! Who somebody is.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::TokenRole;

/// Somebody who is known by a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Identity {
    /// The name, as it stands in logs and in `requested_by`.
    pub name: String,
    /// What it may do at most.
    pub role: TokenRole,
    /// Who vouches for it.
    pub authority: Authority,
    /// The authority's own key of the user, where it gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Groups, as the authority gave them.
    #[serde(default)]
    pub groups: Vec<String>,
    /// What else the authority said, such as the scopes of the token: part of every review of
    /// access.
    #[serde(default)]
    pub extra: BTreeMap<String, Vec<String>>,
    /// When the token ends, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// Who vouches for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Authority {
    /// The platform itself.
    System,
    /// An API token of this installation.
    Local,
    /// A Kubernetes API server.
    Kubernetes,
    /// The OAuth server of an OpenShift cluster.
    Openshift,
    /// An OpenID Connect issuer.
    Oidc,
}

/// Who is asking.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// Who.
    #[serde(flatten)]
    pub identity: Identity,
    /// For a browser with a session: what a request that changes something must bring in the
    /// header `X-CSRF-Token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csrf_token: Option<String>,
}

/// A question whose a token is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenQuestion {
    /// The token, without `Bearer`.
    #[schema(format = Password, write_only, min_length = 1, max_length = 16384)]
    pub token: String,
}

/// Whose a token is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenVerdict {
    /// Whether it is somebody's who may use this installation.
    pub valid: bool,
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// Why it is not, for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why it is not, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl fmt::Debug for Me {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Me")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for TokenQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenQuestion").finish_non_exhaustive()
    }
}
