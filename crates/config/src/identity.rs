//! `[identity]`: whose tokens are accepted.

mod kubernetes;
mod login;
mod oidc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::error::Problem;
use crate::load::Config;

pub use kubernetes::KubernetesTokens;
pub use login::{Login, LoginVia};
pub use oidc::Oidc;

/// Whose tokens are accepted.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Identity {
    /// Who is asked whose a token is, in this order: local (API tokens of this installation),
    /// kubernetes (tokens that the hub's API server knows), openshift (tokens of the hub's OAuth
    /// server), oidc (tokens of an OpenID Connect issuer).
    #[schemars(schema_with = "authenticators_schema")]
    pub authenticators: Vec<AuthenticatorKind>,
    /// Tokens that the hub's API server knows, such as those of service accounts.
    pub kubernetes: KubernetesTokens,
    /// Tokens of an OpenID Connect issuer.
    pub oidc: Oidc,
    /// How a browser logs in.
    pub login: Login,
}

/// Who can say whose a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthenticatorKind {
    /// This installation.
    Local,
    /// The hub's API server.
    Kubernetes,
    /// The hub's API server, about tokens of its OAuth server.
    Openshift,
    /// An OpenID Connect issuer.
    Oidc,
}

impl AuthenticatorKind {
    const ALL: [Self; 4] = [Self::Local, Self::Kubernetes, Self::Openshift, Self::Oidc];
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            authenticators: vec![AuthenticatorKind::Local],
            kubernetes: KubernetesTokens::default(),
            oidc: Oidc::default(),
            login: Login::default(),
        }
    }
}

impl Identity {
    /// Whether tokens of this kind are accepted.
    pub fn has(&self, kind: AuthenticatorKind) -> bool {
        self.authenticators.contains(&kind)
    }

    /// Whether the hub has to be asked.
    pub fn needs_hub(&self) -> bool {
        self.has(AuthenticatorKind::Kubernetes) || self.has(AuthenticatorKind::Openshift)
    }
}

pub(crate) fn validate(config: &Config, problems: &mut Vec<Problem>) {
    let identity = &config.identity;
    let kinds = &identity.authenticators;
    if kinds.is_empty() {
        let what = "is empty, so that nobody could be known: write at least local";
        problems.push(Problem::of("identity.authenticators", what));
    }
    if (1..kinds.len()).any(|n| kinds[..n].contains(&kinds[n])) {
        let what = "names one twice: name each once";
        problems.push(Problem::of("identity.authenticators", what));
    }
    let needed = if identity.needs_hub() {
        Some("identity.authenticators has kubernetes or openshift")
    } else if config.services.peers.is_empty() {
        None
    } else {
        Some("services.peers names service accounts")
    };
    if let (Some(why), None) = (needed, config.hub.address()) {
        let what = format!(
            "is not given, and {why}: write the address of the API server, or in_cluster = true"
        );
        problems.push(Problem::of("hub.url", what));
    }
    identity.kubernetes.validate(problems);
    identity
        .oidc
        .validate(identity.has(AuthenticatorKind::Oidc), problems);
    login::validate(config, problems);
}

fn authenticators_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "items": { "type": "string", "enum": AuthenticatorKind::ALL },
        "uniqueItems": true,
        "minItems": 1
    })
}
