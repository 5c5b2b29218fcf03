//! `[identity.oidc]`.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::error::Problem;

/// The algorithms that a token may be signed with. Those with a shared key are left out: whoever
/// knows the issuer's public key could sign.
const ALGORITHMS: [&str; 9] = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA",
];

/// Tokens of an OpenID Connect issuer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Oidc {
    /// The issuer, exactly as its tokens name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", example = "https://login.example.com/realms/main")]
    pub issuer: Option<String>,
    /// Whom tokens must be for: one of these.
    pub audiences: Vec<String>,
    /// The algorithms that tokens may be signed with.
    pub algorithms: Vec<String>,
    /// The claim that names the user.
    pub username_claim: String,
    /// What is put before the name, so that it can't be mistaken for a user of a cluster. Write
    /// what your clusters put before it, if they know the same issuer.
    pub username_prefix: String,
    /// The claim that lists the user's groups.
    pub groups_claim: String,
    /// What is put before each group.
    pub groups_prefix: String,
    /// A file with the certificates, in PEM, that the issuer's is checked against; without it the
    /// system's are used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "PathBuf", example = "/etc/fleetscope/issuer-ca.crt")]
    pub ca_file: Option<PathBuf>,
    /// How far the issuer's clock may be from ours.
    #[serde(with = "crate::length")]
    #[schemars(schema_with = "crate::length::schema")]
    pub clock_skew: Duration,
}

impl Default for Oidc {
    fn default() -> Self {
        Self {
            issuer: None,
            audiences: vec!["fleetscope".to_owned()],
            algorithms: vec!["RS256".to_owned(), "ES256".to_owned()],
            username_claim: "sub".to_owned(),
            username_prefix: "oidc:".to_owned(),
            groups_claim: "groups".to_owned(),
            groups_prefix: "oidc:".to_owned(),
            ca_file: None,
            clock_skew: Duration::from_secs(30),
        }
    }
}

impl Oidc {
    pub(super) fn validate(&self, used: bool, problems: &mut Vec<Problem>) {
        if used && self.issuer.is_none() {
            let what = "is not given, and identity.authenticators has oidc: write the issuer as its \
                        tokens name it, as in https://login.example.com/realms/main";
            problems.push(Problem::of("identity.oidc.issuer", what));
        }
        if self
            .issuer
            .as_deref()
            .is_some_and(|issuer| !is_issuer(issuer))
        {
            let what = "is not an https address without query: write it as in \
                        https://login.example.com/realms/main";
            problems.push(Problem::of("identity.oidc.issuer", what));
        }
        if self.audiences.is_empty() {
            let what =
                "is empty, so that a token for anybody would do: write the id of your client";
            problems.push(Problem::of("identity.oidc.audiences", what));
        }
        let unknown = |name: &&String| !ALGORITHMS.contains(&name.as_str());
        if let Some(name) = self.algorithms.iter().find(unknown) {
            let known = ALGORITHMS.join(", ");
            let what = format!("has '{name}', which is none of {known}: write some of these");
            problems.push(Problem::of("identity.oidc.algorithms", what));
        }
        if self.algorithms.is_empty() {
            let what = "is empty, so that no token could be signed: write for example RS256";
            problems.push(Problem::of("identity.oidc.algorithms", what));
        }
        if self.clock_skew > Duration::from_mins(5) {
            let what = "is long enough to use expired tokens: write 5m at most";
            problems.push(Problem::of("identity.oidc.clock_skew", what));
        }
    }
}

/// Plain HTTP is for tests on this machine: keys that come over it are anybody's.
fn is_issuer(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else {
        return false;
    };
    let loopback = url
        .host_str()
        .is_some_and(|host| host.starts_with("127.") || host == "[::1]");
    let encrypted = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    encrypted && url.query().is_none() && url.fragment().is_none()
}
