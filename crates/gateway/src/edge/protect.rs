//! Headers that keep browsers from doing more with an answer than was meant.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, header};

/// What is added where an answer does not say otherwise. Answers hold what one caller may see, so
/// no cache may keep them.
const HEADERS: [(HeaderName, &str); 5] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (CACHE_CONTROL, "no-store"),
];

/// How long browsers that were here over TLS come back over TLS only: two years, as the preload
/// lists ask.
const TLS_ONLY: HeaderValue = HeaderValue::from_static("max-age=63072000");

/// Adds [`HEADERS`], and takes away what names the software.
pub(crate) fn protect(headers: &mut HeaderMap, tls: bool) {
    headers.remove(header::SERVER);
    if tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, TLS_ONLY);
    }
    for (name, value) in HEADERS {
        headers
            .entry(name)
            .or_insert_with(|| HeaderValue::from_static(value));
    }
}
