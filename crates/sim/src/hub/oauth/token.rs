//! `POST /oauth/token`: a token for a code; and how a token is revoked.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, RawForm, State};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode, header};
use serde_json::json;

use super::{
    ACCESS_DENIED, INVALID_GRANT, INVALID_REQUEST, Parameters, UNAUTHORIZED_CLIENT, parameters,
    refusal,
};
use crate::hub::Hub;
use crate::hub::accounts::{Code, Terms, digest};
use crate::hub::door::{forbidden, status};

/// A day, as OpenShift has it.
const LIFE: Duration = Duration::from_hours(24);

pub(in crate::hub) async fn by_get() -> Response {
    unauthorized_client()
}

pub(in crate::hub) async fn exchange(
    State(hub): State<Hub>,
    headers: HeaderMap,
    RawForm(form): RawForm,
) -> Response {
    let form = parameters(&String::from_utf8_lossy(&form));
    let text = |name: &str| form.get(name).map_or("", String::as_str);
    match text("grant_type") {
        "authorization_code" => {}
        "refresh_token" => return refusal("invalid_grant", INVALID_GRANT, None),
        _ => return refusal("access_denied", ACCESS_DENIED, None),
    }
    let now = (hub.inner.now)();
    let mut accounts = hub.accounts();
    let (id, secret) = credentials(&headers, &form);
    let client = accounts.client(&id);
    if !client.is_some_and(|client| accounts.is_secret_of(client, &secret, now)) {
        return unauthorized_client();
    }
    let Some(code) = accounts
        .codes
        .get(text("code"))
        .filter(|code| code.client == id)
    else {
        return unauthorized_client();
    };
    if let Some(refused) = fault(code, &form) {
        return refused;
    }
    let Some(code) = accounts.codes.remove(text("code")) else {
        return unauthorized_client();
    };
    let terms = Terms {
        scopes: code.scopes.clone(),
        life: LIFE,
        ..Terms::default()
    };
    let token = accounts.issue(&code.user, &terms, now);
    Json(json!({
        "access_token": token,
        "expires_in": LIFE.as_secs(),
        "scope": code.scopes.join(" "),
        "token_type": "Bearer",
    }))
    .into_response()
}

/// Why the code is not exchanged.
fn fault(code: &Code, form: &Parameters) -> Option<Response> {
    if form.get("redirect_uri") != Some(&code.redirect_uri) {
        return Some(refusal("invalid_request", INVALID_REQUEST, None));
    }
    let challenge = code.challenge.as_ref()?;
    match form.get("code_verifier") {
        None => Some(refusal("invalid_request", INVALID_REQUEST, None)),
        Some(verifier) if digest(verifier) == *challenge => None,
        Some(_) => Some(refusal("invalid_grant", INVALID_GRANT, None)),
    }
}

/// `DELETE …/oauthaccesstokens/{name}`: anybody may delete the token that he holds.
pub(in crate::hub) async fn revoke(
    State(hub): State<Hub>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let what = (
        "oauth.openshift.io",
        "oauthaccesstokens",
        Some(name.as_str()),
    );
    let asker = match hub.asker(&headers) {
        Ok(Some(asker)) => asker,
        Ok(None) => return forbidden("delete", what, "system:anonymous", ""),
        Err(refused) => return *refused,
    };
    let mut accounts = hub.accounts();
    let token = accounts
        .token_named(&name)
        .filter(|token| *token == asker.token);
    let Some(issued) = token.and_then(|token| accounts.revoke(&token)) else {
        let message = format!("oauthaccesstokens.oauth.openshift.io \"{name}\" not found");
        return status(StatusCode::NOT_FOUND, "NotFound", &message, None);
    };
    Json(json!({
        "kind": "OAuthAccessToken",
        "apiVersion": "oauth.openshift.io/v1",
        "metadata": { "name": name },
        "scopes": issued.scopes,
        "userName": issued.user,
    }))
    .into_response()
}

/// The client's id and secret: of HTTP Basic, else of the form.
fn credentials(headers: &HeaderMap, form: &Parameters) -> (String, String) {
    let basic = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Basic "))
        .and_then(|encoded| String::from_utf8(STANDARD.decode(encoded).ok()?).ok());
    if let Some((id, secret)) = basic.as_deref().and_then(|text| text.split_once(':')) {
        return (decoded(id), decoded(secret));
    }
    let text = |name: &str| form.get(name).cloned().unwrap_or_default();
    (text("client_id"), text("client_secret"))
}

/// RFC 6749, 2.3.1: both are form-encoded before they are put together.
fn decoded(text: &str) -> String {
    let pair = format!("x={text}");
    parameters(&pair).remove("x").unwrap_or_default()
}

fn unauthorized_client() -> Response {
    refusal("unauthorized_client", UNAUTHORIZED_CLIENT, None)
}
