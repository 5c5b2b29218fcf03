//! Which web pages may make a browser ask here: our own, and those of the configuration.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, ETAG, HOST, HeaderName, IF_MATCH, LOCATION, ORIGIN,
    RETRY_AFTER,
};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, Method, Request};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::observe::REQUEST_ID;

/// How long a browser may remember what it was allowed.
const REMEMBERED: Duration = Duration::from_mins(10);

/// The origins beside our own, such as `https://console.example.com`. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Origins(Arc<[HeaderValue]>);

impl Origins {
    /// These origins, each as a browser writes it in `Origin`. What can be no header is left out.
    pub fn new(origins: impl IntoIterator<Item = String>) -> Self {
        let values = origins
            .into_iter()
            .filter_map(|origin| HeaderValue::try_from(origin).ok());
        Self(values.collect())
    }

    /// Whether a page that wants something changed may want it: one of ours or of the list. A
    /// request without an origin comes from no page.
    pub(crate) fn allow<B>(&self, request: &Request<B>) -> bool {
        let changes = ![Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
        let mut origins = request.headers().get_all(ORIGIN).iter();
        let Some(origin) = origins.next().filter(|_| changes) else {
            return true;
        };
        origins.next().is_none() && (self.0.contains(origin) || is_ours(origin, request))
    }

    /// The layer that tells browsers so; none where there is nothing to tell.
    pub(crate) fn layer(&self) -> Option<CorsLayer> {
        if self.0.is_empty() {
            return None;
        }
        let last_event_id = HeaderName::from_static("last-event-id");
        let layer = CorsLayer::new()
            .allow_origin(AllowOrigin::list(self.0.iter().cloned()))
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
            .allow_headers([
                ACCEPT,
                AUTHORIZATION,
                CONTENT_TYPE,
                IF_MATCH,
                last_event_id,
                REQUEST_ID,
            ])
            .expose_headers([ETAG, LOCATION, RETRY_AFTER, REQUEST_ID])
            .max_age(REMEMBERED);
        Some(layer)
    }
}

/// The scheme is not compared: TLS may end in front of us.
fn is_ours<B>(origin: &HeaderValue, request: &Request<B>) -> bool {
    let host = request
        .headers()
        .get(HOST)
        .and_then(|value| value.to_str().ok())
        .or_else(|| request.uri().authority().map(Authority::as_str));
    let page = origin.to_str().ok().and_then(|origin| {
        let (scheme, host) = origin.split_once("://")?;
        matches!(scheme, "http" | "https").then_some(host)
    });
    page.is_some_and(|page| host.is_some_and(|host| page.eq_ignore_ascii_case(host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(method: &str, origins: &[&str]) -> bool {
        let mut request = Request::builder()
            .method(method)
            .header("host", "fleet.example.com:8080");
        for origin in origins {
            request = request.header("origin", *origin);
        }
        let listed = Origins::new(["https://console.example.com".to_owned()]);
        listed.allow(&request.body(()).unwrap())
    }

    #[test]
    fn only_our_pages_and_the_listed_ones_may_change_anything() {
        for good in [
            &[][..],
            &["https://console.example.com"],
            &["http://fleet.example.com:8080"],
            &["https://FLEET.example.com:8080"],
        ] {
            assert!(allows("POST", good), "{good:?}");
        }
        for bad in [
            &["null"][..],
            &["https://example.com"],
            &["https://fleet.example.com"],
            &["https://evil-console.example.com"],
            &["https://console.example.com.evil"],
            &["http://console.example.com"],
            &["ftp://fleet.example.com:8080"],
            &["https://console.example.com", "https://console.example.com"],
            &[""],
        ] {
            assert!(!allows("DELETE", bad), "{bad:?}");
            assert!(allows("GET", bad), "{bad:?}");
        }
    }
}
