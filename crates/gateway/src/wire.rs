//! What doors and gateways say to each other, both sides in one place.

use axum::http::header::{CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, HeaderValue};
use fleetscope_api::Touched;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

/// Carries the signed caller from a gateway to another process.
pub(crate) const CALLER: HeaderName = HeaderName::from_static("fleetscope-caller");

/// Carries the token of the gateway itself.
pub(crate) const PEER: HeaderName = HeaderName::from_static("fleetscope-peer");

/// Asks the registry role whose token something is.
pub(crate) const AUTHENTICATE: &str = "/internal/v1/authenticate";

/// Tells a gateway that the roles behind the inner door can be used.
pub(crate) const READY: &str = "/internal/v1/ready";

/// Tells a gateway how the roles behind the inner door fare.
pub(crate) const HEALTH: &str = "/internal/v1/health";

/// Tells the registry role what happened at a gateway's door.
pub(crate) const AUDIT: &str = "/internal/v1/audit";

/// The routes of the inner door that are not in the table.
pub(crate) const INNER_ROUTES: [&str; 4] = [AUTHENTICATE, READY, HEALTH, AUDIT];

/// Tells a gateway, in an answer, which clusters a request was about; it goes no further.
pub(crate) const TOUCHED: HeaderName = HeaderName::from_static("fleetscope-clusters");

/// The value of [`TOUCHED`].
pub(crate) fn touched(Touched(clusters): &Touched) -> Option<HeaderValue> {
    let ids: Vec<String> = clusters.iter().map(ToString::to_string).collect();
    HeaderValue::try_from(ids.join(",")).ok()
}

/// What the value of [`TOUCHED`] tells.
pub(crate) fn read_touched(headers: &HeaderMap) -> Option<Touched> {
    let ids = headers.get(TOUCHED)?.to_str().ok()?.split(',');
    Some(Touched(ids.filter_map(|id| id.parse().ok()).collect()))
}

/// Who the gateway is when it asks for itself.
pub(crate) const GATEWAY: &str = "gateway";

/// The question of [`AUTHENTICATE`]; the answer is a `Known`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    pub(crate) token: SecretString,
}

impl Question {
    /// The question as JSON; the one place where a token is written out again.
    pub(crate) fn json(token: &SecretString) -> String {
        serde_json::json!({ "token": token.expose_secret() }).to_string()
    }
}

/// Whether an answer is a problem in the sense of RFC 9457.
pub(crate) fn is_problem(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .is_some_and(|value| value == "application/problem+json")
}
