//! The two cookies, and how they are written and read.

use std::time::Duration;

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};

/// The session of a browser. The prefix makes browsers refuse it from anywhere but this very
/// host, encrypted, for all paths.
pub const SESSION: &str = "__Host-fleetscope-session";

/// A login under way.
pub const LOGIN: &str = "__Host-fleetscope-login";

/// What a request with a session must bring to change something.
pub const CSRF_HEADER: HeaderName = HeaderName::from_static("x-csrf-token");

/// The value of a cookie; nothing where it is there more than once: somebody else has set one.
pub fn read<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

/// A cookie that no script can read. `Lax`, as the way back from the login server comes from
/// another site; what changes something needs [`CSRF_HEADER`] beside it.
pub fn set(name: &str, value: &SecretString, life: Duration) -> (HeaderName, HeaderValue) {
    let seconds = life.as_secs();
    let value = value.expose_secret();
    header(&format!(
        "{name}={value}; Max-Age={seconds}; Path=/; Secure; HttpOnly; SameSite=Lax"
    ))
}

/// Makes a browser drop a cookie.
pub fn drop(name: &str) -> (HeaderName, HeaderValue) {
    header(&format!(
        "{name}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"
    ))
}

fn header(text: &str) -> (HeaderName, HeaderValue) {
    let mut value =
        HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("invalid="));
    value.set_sensitive(true);
    (SET_COOKIE, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        values
            .iter()
            .map(|value| (COOKIE, HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_cookie_is_found_among_others_and_only_if_there_is_one() {
        assert_eq!(read(&headers(&["a=1; b=2", "c=3=4"]), "b"), Some("2"));
        assert_eq!(read(&headers(&["a=1; b=2", "c=3=4"]), "c"), Some("3=4"));
        assert_eq!(read(&headers(&["a=1"]), "b"), None);
        assert_eq!(read(&headers(&["a=1; a=2"]), "a"), None);
        assert_eq!(read(&headers(&["a=1", "a=1"]), "a"), None);
    }

    #[test]
    fn a_cookie_is_kept_from_scripts_other_sites_and_plain_connections() {
        let (_, value) = set(SESSION, &"x".into(), Duration::from_mins(1));
        let text = value.to_str().unwrap();
        assert_eq!(
            text,
            "__Host-fleetscope-session=x; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Lax"
        );
        assert!(!format!("{value:?}").contains("=x"));
        assert!(drop(SESSION).1.to_str().unwrap().contains("Max-Age=0"));
    }
}
