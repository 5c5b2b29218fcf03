//! `GET /oauth/authorize`: gives a code to a client on behalf of who has logged in.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::HeaderMap;
use url::form_urlencoded::Serializer;

use super::{
    INVALID_REQUEST, LOGIN, Parameters, UNAUTHORIZED_CLIENT, cookie, parameters, redirect, refusal,
    set_cookie,
};
use crate::hub::Hub;
use crate::hub::accounts::Code;

pub(in crate::hub) async fn authorize(
    State(hub): State<Hub>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    let asked = parameters(&query);
    let text = |name: &str| asked.get(name).map_or("", String::as_str);
    let state = asked.get("state").map(String::as_str);
    let mut accounts = hub.accounts();
    let Some(client) = accounts.client(text("client_id")).cloned() else {
        return refusal("unauthorized_client", UNAUTHORIZED_CLIENT, state);
    };
    let target = text("redirect_uri");
    if !client.redirect_uris.iter().any(|uri| uri == target) {
        return refusal("invalid_request", INVALID_REQUEST, state);
    }
    if let Some((error, description)) = fault(&asked) {
        return back(
            target,
            &[("error", error), ("error_description", description)],
            state,
        );
    }
    let session = cookie(&headers, "ssn");
    // A session serves for one code.
    let user = session.and_then(|session| accounts.sessions.remove(&session));
    let Some(user) = user else {
        let then = format!("{}?{query}", super::AUTHORIZE);
        let login = Serializer::new(String::new())
            .append_pair("then", &then)
            .finish();
        return redirect(&format!("{LOGIN}?{login}"));
    };
    let known = |scope: &str| scope.starts_with("user:") || scope.starts_with("role:");
    let scopes: Vec<_> = text("scope")
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    if let Some(unknown) = scopes.iter().find(|scope| !known(scope)) {
        let description = format!("[0]: Invalid value: \"{unknown}\": no scope handler found");
        return back(
            target,
            &[
                ("error", "invalid_scope"),
                ("error_description", &description),
            ],
            state,
        );
    }
    let code = accounts.random_text();
    accounts.codes.insert(
        code.clone(),
        Code {
            client: client.id,
            redirect_uri: target.to_owned(),
            challenge: asked.get("code_challenge").cloned(),
            scopes,
            user,
        },
    );
    let mut response = back(target, &[("code", &code)], state);
    set_cookie(&mut response, "ssn", "spent");
    response
}

/// What is wrong with a request that may be sent back to its client.
fn fault(asked: &Parameters) -> Option<(&'static str, &'static str)> {
    if asked.get("response_type").map(String::as_str) != Some("code") {
        return Some((
            "unsupported_response_type",
            "The authorization server does not support obtaining a token using this method.",
        ));
    }
    let method = asked.get("code_challenge_method").map(String::as_str);
    let supported = matches!(method, Some("S256"));
    (asked.contains_key("code_challenge") && !supported).then_some((
        "invalid_request",
        "code_challenge_method transform algorithm not supported (rfc7636)",
    ))
}

fn back(target: &str, pairs: &[(&str, &str)], state: Option<&str>) -> Response {
    let mut answer = Serializer::new(String::new());
    answer.extend_pairs(pairs);
    if let Some(state) = state {
        answer.append_pair("state", state);
    }
    let joint = if target.contains('?') { '&' } else { '?' };
    redirect(&format!("{target}{joint}{}", answer.finish()))
}
