//! Which headers cross a door. Both lists name what may pass, and everything else stays behind:
//! a list of what may not pass is one spelling short of being of use.

use axum::http::HeaderMap;
use axum::http::header::{CONNECTION, HeaderName};

/// What a role may see of a request. None of it says who is calling, where from, or to whom.
fn reaches_a_role(name: &str) -> bool {
    matches!(
        name,
        "accept"
            | "accept-language"
            | "content-encoding"
            | "content-language"
            | "content-type"
            | "if-match"
            | "if-modified-since"
            | "if-none-match"
            | "if-range"
            | "if-unmodified-since"
            | "last-event-id"
            | "range"
            | "traceparent"
            | "tracestate"
            | "x-request-id"
    )
}

/// What the door itself reads beside that; it goes no further.
fn is_for_the_door(name: &str) -> bool {
    matches!(
        name,
        "access-control-request-headers"
            | "access-control-request-method"
            | "authorization"
            | "content-length"
            | "cookie"
            | "expect"
            | "host"
            | "origin"
            | "sec-fetch-site"
            | "user-agent"
            | "x-csrf-token"
    )
}

/// What a caller may see of a role's answer. Cookies and the policies of browsers are the public
/// door's to set.
fn reaches_a_caller(name: &str) -> bool {
    matches!(
        name,
        "accept-ranges"
            | "age"
            | "allow"
            | "cache-control"
            | "content-disposition"
            | "content-encoding"
            | "content-language"
            | "content-length"
            | "content-range"
            | "content-security-policy"
            | "content-type"
            | "date"
            | "deprecation"
            | "etag"
            | "expires"
            | "last-modified"
            | "link"
            | "location"
            | "retry-after"
            | "sunset"
            | "vary"
            | "www-authenticate"
            | "x-request-id"
    )
}

/// Leaves of an outside request what the door and the roles read.
pub(crate) fn keep_request_at_door(headers: &mut HeaderMap) {
    keep(headers, |name| {
        reaches_a_role(name) || is_for_the_door(name)
    });
}

/// Leaves of a request what its role may see. Our own headers are added after this, so that no
/// `Connection` of the caller's can take them away.
pub(crate) fn keep_request_for_role(headers: &mut HeaderMap) {
    keep(headers, reaches_a_role);
}

/// Leaves of a role's answer what its caller may see.
pub(crate) fn keep_response(headers: &mut HeaderMap) {
    keep(headers, reaches_a_caller);
}

/// Takes off whatever is not on the list, and what `Connection` names, however it is written: split
/// over headers, repeated, in any case, with empty members. `Connection` itself and all else that is
/// about one connection only (RFC 9110, 7.6.1) is on no list.
fn keep(headers: &mut HeaderMap, listed: impl Fn(&str) -> bool) {
    if headers.keys().all(|name| listed(name.as_str())) {
        return;
    }
    let named = headers.get_all(CONNECTION).into_iter();
    let named = named.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let named = named.filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok());
    let other = headers.keys().filter(|name| !listed(name.as_str()));
    let gone: Vec<HeaderName> = named.chain(other.cloned()).collect();
    for name in gone {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                let name = HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            })
            .collect()
    }

    fn names(headers: &HeaderMap) -> Vec<&str> {
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names
    }

    const REQUEST: &[(&str, &str)] = &[
        ("accept", "application/json"),
        ("authorization", "Bearer x"),
        ("connection", "close, X-Private"),
        ("connection", ", ,LAST-EVENT-ID"),
        ("content-length", "3"),
        ("cookie", "a=b"),
        ("expect", "100-continue"),
        ("fleetscope-caller", "forged"),
        ("forwarded", "for=1.2.3.4"),
        ("host", "example.org"),
        ("if-match", "\"1\""),
        ("impersonate-user", "root"),
        ("last-event-id", "7"),
        ("te", "trailers"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "h2c"),
        ("x-private", "1"),
        ("x-request-id", "r1"),
        ("x_forwarded_user", "root"),
    ];

    #[test]
    fn what_is_about_one_connection_is_on_no_list() {
        for name in [
            "connection",
            "keep-alive",
            "proxy-connection",
            "proxy-authenticate",
            "proxy-authorization",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
        ] {
            assert!(!reaches_a_role(name) && !is_for_the_door(name), "{name}");
            assert!(!reaches_a_caller(name), "{name}");
        }
    }

    #[test]
    fn a_role_sees_what_is_listed_and_no_identity() {
        let mut request = headers(REQUEST);
        keep_request_for_role(&mut request);
        assert_eq!(names(&request), ["accept", "if-match", "x-request-id"]);
    }

    #[test]
    fn the_door_sees_who_asks_beside_that() {
        let mut request = headers(REQUEST);
        keep_request_at_door(&mut request);
        assert_eq!(
            names(&request),
            [
                "accept",
                "authorization",
                "content-length",
                "cookie",
                "expect",
                "host",
                "if-match",
                "x-request-id"
            ]
        );
    }

    #[test]
    fn an_answers_connection_and_cookies_stay_behind() {
        let mut response = headers(&[
            ("access-control-allow-origin", "*"),
            ("connection", "keep-alive, x-more"),
            ("content-type", "text/event-stream"),
            ("etag", "\"1\""),
            ("fleetscope-caller", "who"),
            ("keep-alive", "timeout=5"),
            ("server", "inner"),
            ("set-cookie", "a=b"),
            ("x-more", "1"),
        ]);
        keep_response(&mut response);
        assert_eq!(names(&response), ["content-type", "etag"]);
    }
}
