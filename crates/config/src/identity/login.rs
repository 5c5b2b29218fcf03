//! `[identity.login]`.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::AuthenticatorKind;
use crate::error::Problem;
use crate::load::Config;

/// How a browser logs in. Without a public address it can't.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Login {
    /// The address of this installation in the browser. Its /auth/callback is what has to be
    /// registered as the redirect URI of the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", example = "https://fleetscope.example.com")]
    pub public_url: Option<Url>,
    /// Who logs people in: openshift (the OAuth server that the hub names) or oidc (the issuer of
    /// identity.oidc).
    pub via: LoginVia,
    /// The OAuth client: on OpenShift a service account, as in
    /// system:serviceaccount:fleetscope:fleetscope, with the annotation
    /// serviceaccounts.openshift.io/oauth-redirecturi.login.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        with = "String",
        example = "system:serviceaccount:fleetscope:fleetscope"
    )]
    pub client_id: Option<String>,
    /// A file with the client's secret: on OpenShift a token of the service account. It is read
    /// again while it is in use. A client of an issuer may be without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        with = "PathBuf",
        example = "/var/run/secrets/fleetscope/client-secret"
    )]
    pub client_secret_file: Option<PathBuf>,
    /// The scopes that are asked for; where none are given, on OpenShift user:info and
    /// user:check-access, at an issuer openid, profile and email. The scopes of an OpenShift token
    /// bound every review of access: what they do not allow, the session may not do. A service
    /// account as the client may not ask for user:full; a client that an administrator has made may.
    pub scopes: Vec<String>,
    /// A file with the key that session cookies are encrypted under: at least 32 bytes, the same
    /// for every gateway. Without it each process makes one, and its sessions end with it. It is
    /// read again while it is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "PathBuf", example = "/etc/fleetscope/session.key")]
    pub session_key_file: Option<PathBuf>,
    /// Files with the keys of before: what is sealed under them still opens. To replace a key, move
    /// it here, and take it away once identity.login.session has passed.
    pub previous_session_key_files: Vec<PathBuf>,
    /// How long a session lasts at most; it ends with its token, if that is earlier.
    #[serde(with = "crate::length")]
    #[schemars(schema_with = "crate::length::schema")]
    pub session: Duration,
}

/// Who logs people in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum LoginVia {
    /// The OAuth server that the hub names.
    #[default]
    Openshift,
    /// The issuer of `identity.oidc`.
    Oidc,
}

impl Default for Login {
    fn default() -> Self {
        Self {
            public_url: None,
            via: LoginVia::Openshift,
            client_id: None,
            client_secret_file: None,
            scopes: Vec::new(),
            session_key_file: None,
            previous_session_key_files: Vec::new(),
            session: Duration::from_hours(8),
        }
    }
}

pub(super) fn validate(config: &Config, problems: &mut Vec<Problem>) {
    let login = &config.identity.login;
    if login.session < Duration::from_mins(1) || login.session > Duration::from_hours(24) {
        let what = "is out of range: write a length from 1m to 24h";
        problems.push(Problem::of("identity.login.session", what));
    }
    let Some(url) = &login.public_url else {
        return;
    };
    if !is_public(url) {
        let what = "is not an https address without a path: write it as in \
                    https://fleetscope.example.com";
        problems.push(Problem::of("identity.login.public_url", what));
    }
    if login.client_id.is_none() {
        let what = "is not given, and browsers log in (identity.login.public_url): write the id of \
                    the OAuth client, as in system:serviceaccount:fleetscope:fleetscope";
        problems.push(Problem::of("identity.login.client_id", what));
    }
    let needed = match login.via {
        LoginVia::Openshift => AuthenticatorKind::Openshift,
        LoginVia::Oidc => AuthenticatorKind::Oidc,
    };
    if !config.identity.has(needed) {
        let what = "does not have the one that browsers log in at (identity.login.via), so that \
                    their tokens would be refused: add it";
        problems.push(Problem::of("identity.authenticators", what));
    }
}

/// Cookies that may only travel encrypted are also sent to this machine itself, for tests.
fn is_public(url: &Url) -> bool {
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let encrypted = url.scheme() == "https" || (url.scheme() == "http" && local);
    encrypted && url.path() == "/" && url.query().is_none() && url.fragment().is_none()
}
