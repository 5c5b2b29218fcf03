//! What keeps browsers from doing more than was meant: which pages may ask, and headers that say
//! what may be done with an answer.

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::origin::Origins;
use crate::Error;

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

/// What is known of a door's surroundings.
#[derive(Debug, Clone)]
pub(crate) struct Protection {
    pub(crate) origins: Origins,
    pub(crate) tls: bool,
}

/// Refuses what a foreign page wants changed; adds [`HEADERS`], and takes away what names the
/// software.
pub(crate) async fn protect(
    State(protection): State<Protection>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = if protection.origins.allow(&request) {
        next.run(request).await
    } else {
        Error::ForeignOrigin.into_response()
    };
    let headers = response.headers_mut();
    headers.remove(header::SERVER);
    if protection.tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, TLS_ONLY);
    }
    for (name, value) in HEADERS {
        headers
            .entry(name)
            .or_insert_with(|| HeaderValue::from_static(value));
    }
    response
}
