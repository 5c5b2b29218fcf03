//! Which headers cross from one connection to the next.

use axum::http::HeaderMap;
use axum::http::header::{
    AUTHORIZATION, CONNECTION, COOKIE, EXPECT, HOST, HeaderName, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};

use crate::wire::is_ours;

/// Headers that are about one connection only (RFC 9110, 7.6.1).
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Leaves what the role needs: nothing of this connection (whether to send the body was already
/// settled on it), and no way to be somebody else.
pub(super) fn strip_request(headers: &mut HeaderMap) {
    strip_hop_by_hop(headers);
    let ours: Vec<_> = headers
        .keys()
        .filter(|name| is_ours(name))
        .cloned()
        .collect();
    for name in ours
        .into_iter()
        .chain([HOST, AUTHORIZATION, COOKIE, EXPECT])
    {
        headers.remove(name);
    }
}

/// Leaves what the caller should see.
pub(super) fn strip_response(headers: &mut HeaderMap) {
    strip_hop_by_hop(headers);
}

fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.into_iter().chain(HOP_BY_HOP) {
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

    #[test]
    fn identity_and_connection_stay_behind_and_the_rest_goes_on() {
        let mut request = headers(&[
            ("accept", "application/json"),
            ("authorization", "Bearer x"),
            ("connection", "close, X-Private"),
            ("content-length", "3"),
            ("cookie", "a=b"),
            ("expect", "100-continue"),
            ("fleetscope-caller", "forged"),
            ("fleetscope-other", "forged"),
            ("host", "example.org"),
            ("if-match", "\"1\""),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "websocket"),
            ("x-private", "1"),
            ("x-request-id", "r1"),
        ]);
        strip_request(&mut request);
        assert_eq!(
            names(&request),
            ["accept", "content-length", "if-match", "x-request-id"]
        );
    }

    #[test]
    fn an_answers_connection_stays_behind() {
        let mut response = headers(&[
            ("connection", "keep-alive"),
            ("content-type", "text/event-stream"),
            ("keep-alive", "timeout=5"),
            ("etag", "\"1\""),
        ]);
        strip_response(&mut response);
        assert_eq!(names(&response), ["content-type", "etag"]);
    }
}
