//! Who is asking, by the bearer token of the request.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use fleetscope_api::ApiError;
use fleetscope_identity::Authenticator;
use fleetscope_model::Caller;
use secrecy::SecretString;

use crate::edge::observe::AskedBy;
use crate::recheck::{Admitted, while_admitted};
use crate::{Error, Result};

/// Who sent the request: the peer of the connection, or whom a proxy that is trusted names. Whoever
/// serves a door puts it into the extensions of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// Puts the caller into the request's extensions. A request without a token passes without a
/// caller: whether it may is for the table of routes. One with a bad token does not pass. The
/// token goes no further than here.
pub(crate) async fn authenticate(
    State(authenticator): State<Arc<dyn Authenticator>>,
    mut request: Request,
    next: Next,
) -> Response {
    request.extensions_mut().remove::<Caller>();
    let token = match bearer(request.headers()) {
        Ok(token) => token,
        Err(error) => return error.into_response(),
    };
    request.headers_mut().remove(AUTHORIZATION);
    let Some(token) = token else {
        return next.run(request).await;
    };
    let source = request.extensions().get::<ClientAddress>();
    let source = source.map(|address| address.0);
    match authenticator.authenticate(&token, source).await {
        Ok(known) => {
            let caller = known.caller.clone();
            let response = run_as(known.caller, request, next).await;
            let admitted = Admitted {
                caller,
                token,
                source,
            };
            while_admitted(response, authenticator, admitted)
        }
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// Runs the request as `caller`'s.
pub(crate) async fn run_as(caller: Caller, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(caller.clone());
    let mut response = next.run(request).await;
    response.extensions_mut().insert(AskedBy(caller));
    response
}

/// The token of the one `Authorization` header; none where there is no such header. No other
/// place is looked at: URLs and cookies end up in logs and in requests that nobody meant.
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
