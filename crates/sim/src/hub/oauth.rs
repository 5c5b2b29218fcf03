//! OpenShift's OAuth server: metadata, login page, codes, tokens.

pub(super) mod authorize;
pub(super) mod login;
pub(super) mod token;

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use super::Hub;
use super::door::nothing_here;

pub(super) const METADATA: &str = "/.well-known/oauth-authorization-server";
pub(super) const AUTHORIZE: &str = "/oauth/authorize";
pub(super) const LOGIN: &str = "/login";
pub(super) const TOKEN: &str = "/oauth/token";
pub(super) const ACCESS_TOKENS: &str = "/apis/oauth.openshift.io/v1/oauthaccesstokens/{name}";

const UNAUTHORIZED_CLIENT: &str =
    "The client is not authorized to request a token using this method.";
const INVALID_REQUEST: &str = "The request is missing a required parameter, includes an invalid \
                               parameter value, includes a parameter more than once, or is \
                               otherwise malformed.";
const INVALID_GRANT: &str = "The provided authorization grant (e.g., authorization code, resource \
                             owner credentials) or refresh token is invalid, expired, revoked, \
                             does not match the redirection URI used in the authorization request, \
                             or was issued to another client.";
const ACCESS_DENIED: &str = "The resource owner or authorization server denied the request.";

/// Query or form parameters. Of one that is given twice the last counts.
pub(super) type Parameters = HashMap<String, String>;

pub(super) fn parameters(text: &str) -> Parameters {
    url::form_urlencoded::parse(text.as_bytes())
        .into_owned()
        .collect()
}

/// Where the server says that it is: where it was asked.
fn origin(headers: &HeaderMap) -> String {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    format!("http://{}", host.unwrap_or("localhost"))
}

/// Needs no token; 404 where there is no OAuth server.
pub(super) async fn metadata(State(hub): State<Hub>, headers: HeaderMap) -> Response {
    if !hub.behaviour().openshift {
        return nothing_here().await;
    }
    let origin = origin(&headers);
    Json(json!({
        "issuer": origin,
        "authorization_endpoint": format!("{origin}{AUTHORIZE}"),
        "token_endpoint": format!("{origin}{TOKEN}"),
        "scopes_supported": [
            "user:check-access", "user:full", "user:info", "user:list-projects",
            "user:list-scoped-projects",
        ],
        "response_types_supported": ["code", "token"],
        "grant_types_supported": ["authorization_code", "implicit"],
        "code_challenge_methods_supported": ["plain", "S256"],
    }))
    .into_response()
}

/// An OAuth error as JSON, which is always 400.
fn refusal(error: &str, description: &str, state: Option<&str>) -> Response {
    let mut body = json!({ "error": error, "error_description": description });
    if let Some(state) = state {
        body["state"] = Value::from(state);
    }
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

fn redirect(location: &str) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}

/// The value of a cookie.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

fn set_cookie(response: &mut Response, name: &str, value: &str) {
    let text = format!("{name}={value}; Path=/; HttpOnly; Secure");
    if let Ok(value) = text.parse() {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
