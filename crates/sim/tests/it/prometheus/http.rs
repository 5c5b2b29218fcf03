//! Requests to both sides.

use std::sync::{Arc, RwLock};

use axum::Router;
use axum::body::Body;
use fleetscope_sim::prometheus::{self, Rules};
use fleetscope_sim::tsdb::Tsdb;
use http::Request;
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::Value as Json;
use tower::ServiceExt;
use url::form_urlencoded::Serializer;

/// A status and a body.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

impl Answer {
    /// The body as JSON; a body that isn't is kept as a string.
    pub(super) fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|_| Json::from(self.body.as_str()))
    }
}

/// `/api/v1/{name}?{parameters}`.
pub(super) fn path(name: &str, parameters: &[(&str, &str)]) -> String {
    let query = Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    format!("/api/v1/{name}?{query}")
}

/// The path of an instant query.
pub(super) fn instant(query: &str, t_ms: i64) -> String {
    path("query", &[("query", query), ("time", &seconds(t_ms))])
}

/// The path of a range query.
pub(super) fn range(query: &str, (start_ms, end_ms): (i64, i64), step: &str) -> String {
    let (start, end) = (seconds(start_ms), seconds(end_ms));
    let parameters = [
        ("query", query),
        ("start", start.as_str()),
        ("end", end.as_str()),
        ("step", step),
    ];
    path("query_range", &parameters)
}

fn seconds(t_ms: i64) -> String {
    format!("{}.{:03}", t_ms / 1000, t_ms % 1000)
}

/// The simulated server.
pub(super) struct Sim {
    router: Router,
}

impl Sim {
    pub(super) fn new(db: Tsdb, now_ms: i64) -> Self {
        Self::with_rules(db, now_ms, Rules::default())
    }

    pub(super) fn with_rules(db: Tsdb, now_ms: i64, rules: Rules) -> Self {
        let now = Timestamp::from_millisecond(now_ms).unwrap();
        let db = Arc::new(RwLock::new(db));
        let router = prometheus::router_with_rules(db, Arc::new(move || now), rules);
        Self { router }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    /// A form in the body of a POST.
    pub(super) async fn post(&self, path: &str, form: &str) -> Answer {
        let kind = "application/x-www-form-urlencoded";
        let request = Request::post(path).header("content-type", kind);
        self.send(request.body(Body::from(form.to_owned())).unwrap())
            .await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let body = String::from_utf8(bytes.to_vec()).unwrap();
        Answer { status, body }
    }
}
