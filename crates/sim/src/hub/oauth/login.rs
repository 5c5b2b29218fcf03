//! The login page of users with a password.

use axum::extract::{RawForm, RawQuery, State};
use axum::response::{Html, IntoResponse as _, Response};
use http::HeaderMap;
use url::form_urlencoded::Serializer;

use super::{LOGIN, cookie, parameters, redirect, set_cookie};
use crate::hub::Hub;

/// `GET /login?then=…`.
pub(in crate::hub) async fn page(State(hub): State<Hub>, RawQuery(query): RawQuery) -> Response {
    let asked = parameters(&query.unwrap_or_default());
    let csrf = {
        let mut accounts = hub.accounts();
        let csrf = accounts.random_text();
        accounts.csrf.push(csrf.clone());
        csrf
    };
    let then = escaped(asked.get("then").map_or("", String::as_str));
    let mut response = Html(format!(
        "<form action=\"{LOGIN}\" method=\"POST\" id=\"co-login-form\">\n\
         <input type=\"hidden\" name=\"then\" value=\"{then}\">\n\
         <input type=\"hidden\" name=\"csrf\" value=\"{csrf}\">\n\
         <input required type=\"text\" id=\"inputUsername\" name=\"username\" value=\"\">\n\
         <input required type=\"password\" id=\"inputPassword\" name=\"password\" value=\"\">\n\
         <button type=\"submit\">Log in</button>\n</form>\n"
    ))
    .into_response();
    set_cookie(&mut response, "csrf", &csrf);
    response
}

/// `POST /login`: back to where the login was asked for, or to the page with a reason.
pub(in crate::hub) async fn log_in(
    State(hub): State<Hub>,
    headers: HeaderMap,
    RawForm(form): RawForm,
) -> Response {
    let form = parameters(&String::from_utf8_lossy(&form));
    let text = |name: &str| form.get(name).map_or("", String::as_str);
    let then = text("then");
    let again = |reason: &str| {
        let query = Serializer::new(String::new())
            .append_pair("reason", reason)
            .append_pair("then", then)
            .finish();
        redirect(&format!("{LOGIN}?{query}"))
    };
    let mut accounts = hub.accounts();
    let csrf = cookie(&headers, "csrf").filter(|csrf| accounts.csrf.contains(csrf));
    if csrf.is_none_or(|csrf| csrf != text("csrf")) {
        return again("token_expired");
    }
    let user = accounts.user(text("username"));
    let right = |password: &str| password == text("password");
    if !user.is_some_and(|user| user.password.as_deref().is_some_and(right)) {
        return again("access_denied");
    }
    let session = accounts.random_text();
    let name = text("username").to_owned();
    accounts.sessions.insert(session.clone(), name);
    // Nothing but a path of its own: else this would be an open redirect.
    let then = if then.starts_with('/') && !then.starts_with("//") {
        then
    } else {
        "/"
    };
    let mut response = redirect(then);
    set_cookie(&mut response, "ssn", &session);
    response
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&#34;")
        .replace('<', "&lt;")
}
