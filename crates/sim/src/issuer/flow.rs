//! The authorization code flow, for whoever is signed in.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Query, RawForm, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use super::{Issuer, name};
use crate::hub::digest;

/// A code that waits to be exchanged.
pub(super) struct Pending {
    code: String,
    client: String,
    redirect_uri: String,
    challenge: String,
    nonce: Option<String>,
}

type Parameters = HashMap<String, String>;

/// `GET /authorize`.
pub(super) async fn authorize(
    State(issuer): State<Issuer>,
    Query(asked): Query<Parameters>,
) -> Response {
    let text = |key: &str| asked.get(key).cloned().unwrap_or_default();
    let openid = text("scope").split(' ').any(|scope| scope == "openid");
    if !openid || text("code_challenge_method") != "S256" || text("response_type") != "code" {
        return refusal("invalid_request");
    }
    let mut state = issuer.state();
    state.codes += 1;
    let code = format!("code-{}", state.codes);
    let target = text("redirect_uri");
    let answer = Serializer::new(String::new())
        .append_pair("code", &code)
        .append_pair("state", &text("state"))
        .finish();
    state.pending.push(Pending {
        code,
        client: text("client_id"),
        redirect_uri: target.clone(),
        challenge: text("code_challenge"),
        nonce: asked.get("nonce").cloned(),
    });
    (
        StatusCode::FOUND,
        [(header::LOCATION, format!("{target}?{answer}"))],
    )
        .into_response()
}

/// `POST /token`. The client is public: PKCE is what binds the code to who asked for it.
pub(super) async fn exchange(
    State(issuer): State<Issuer>,
    headers: HeaderMap,
    RawForm(form): RawForm,
) -> Response {
    let form: Parameters = url::form_urlencoded::parse(&form).into_owned().collect();
    let text = |key: &str| form.get(key).map_or("", String::as_str);
    let found = {
        let mut state = issuer.state();
        let at = state
            .pending
            .iter()
            .position(|one| one.code == text("code"));
        let Some(at) = at else {
            return refusal("invalid_grant");
        };
        state.pending.remove(at)
    };
    let fits = found.redirect_uri == text("redirect_uri")
        && digest(text("code_verifier")) == found.challenge;
    if !fits {
        return refusal("invalid_grant");
    }
    let Some(mut claims) = issuer.state().signed_in.clone() else {
        return refusal("access_denied");
    };
    let now = (issuer.now)().as_second();
    claims["iss"] = json!(name(&headers));
    claims["aud"] = json!(found.client);
    claims["iat"] = json!(now);
    claims["exp"] = json!(now + 3600);
    if let Some(nonce) = &found.nonce {
        claims["nonce"] = json!(nonce);
    }
    match issuer.token(&claims) {
        Ok(token) => Json(json!({
            "access_token": "an opaque one",
            "id_token": token,
            "token_type": "Bearer",
            "expires_in": 3600,
        }))
        .into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn refusal(error: &str) -> Response {
    let body: Json<Value> = Json(json!({ "error": error }));
    (StatusCode::BAD_REQUEST, body).into_response()
}
