//! Who is asking, by the bearer token of the request or by the session of a browser.

use axum::extract::{MatchedPath, Request};
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::{HeaderMap, Method};
use fleetscope_api::auth::{cookies, logout};
use fleetscope_api::{ApiError, SignIn};
use fleetscope_identity::Session;
use secrecy::SecretString;

use crate::{Error, Result};

/// Whether the request revokes a token of this installation. It may do so in another process, and
/// is to hold from the next request on all the same.
pub(crate) fn revokes_token(request: &Request) -> bool {
    let path = request.extensions().get::<MatchedPath>();
    request.method() == Method::DELETE
        && path.is_some_and(|path| path.as_str() == "/api/v1/tokens/{id}")
}

/// The token of the request, taken off it. A bearer token is stronger than a session: whoever
/// sends one means it, while a browser sends its cookies with everything.
pub(crate) fn presented(
    sign_in: &SignIn,
    request: &mut Request,
) -> Result<Option<SecretString>, ApiError> {
    let bearer = bearer(request.headers())?;
    let session = match &bearer {
        Some(_) => None,
        None => session(sign_in, request)?,
    };
    request.headers_mut().remove(AUTHORIZATION);
    request.headers_mut().remove(COOKIE);
    if let Some(session) = session {
        let token = session.token.clone();
        request.extensions_mut().insert(session);
        return Ok(Some(token));
    }
    Ok(bearer)
}

/// The session of the browser, if it has one that holds. A request that may change something must
/// show that it comes from a page that could read `GET /auth/me`.
fn session(sign_in: &SignIn, request: &Request) -> Result<Option<Session>, ApiError> {
    let headers = request.headers();
    let cookie = cookies::read(headers, cookies::SESSION);
    let (Some(login), Some(cookie)) = (&sign_in.login, cookie) else {
        return Ok(None);
    };
    let Some(session) = login.session(cookie) else {
        return Ok(None);
    };
    let reads = [Method::GET, Method::HEAD, Method::OPTIONS];
    if !reads.contains(request.method()) {
        logout::check_csrf(headers, &session)?;
    }
    Ok(Some(session))
}

/// The token of the one `Authorization` header; none where there is no such header. A token in the
/// URL is none: URLs end up in logs and in requests that nobody meant.
fn bearer(headers: &HeaderMap) -> Result<Option<SecretString>> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Error::MalformedAuthorization);
    }
    let text = value.to_str().map_err(|_| Error::MalformedAuthorization)?;
    let (scheme, token) = text.split_once(' ').ok_or(Error::MalformedAuthorization)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() || token.contains(' ') {
        return Err(Error::MalformedAuthorization);
    }
    Ok(Some(token.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use secrecy::ExposeSecret as _;

    fn parse(values: &[&'static str]) -> Result<Option<String>> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_static(value));
        }
        bearer(&headers).map(|token| token.map(|token| token.expose_secret().to_owned()))
    }

    #[test]
    fn one_bearer_token_is_read_whatever_the_case_of_the_scheme() {
        assert_eq!(parse(&["Bearer abc"]).unwrap().as_deref(), Some("abc"));
        assert_eq!(parse(&["bearer  abc "]).unwrap().as_deref(), Some("abc"));
        assert_eq!(parse(&[]).unwrap(), None);
    }

    #[test]
    fn anything_else_is_malformed() {
        for values in [
            &["abc"][..],
            &["Basic abc"],
            &["Bearer"],
            &["Bearer "],
            &["Bearer a b"],
            &["Bearer a", "Bearer a"],
        ] {
            assert!(parse(values).is_err(), "{values:?}");
        }
    }
}
