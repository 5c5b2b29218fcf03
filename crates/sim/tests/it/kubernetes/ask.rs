//! Requests to a router in process, and what came back.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures::StreamExt as _;
use http::{Request, Response, StatusCode, header};
use serde_json::Value;
use tokio::time::Instant;
use tower::ServiceExt as _;

/// A whole answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| Value::String(self.text.clone()))
    }
}

/// One frame of a watch, and when it came after the request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Frame {
    pub(crate) at: Duration,
    pub(crate) kind: String,
    pub(crate) object: Value,
}

impl Frame {
    pub(crate) fn name(&self) -> &str {
        self.object["metadata"]["name"].as_str().unwrap_or_default()
    }

    pub(crate) fn version(&self) -> u64 {
        let version = &self.object["metadata"]["resourceVersion"];
        version
            .as_str()
            .unwrap_or_default()
            .parse()
            .unwrap_or_default()
    }
}

pub(crate) async fn get(router: &Router, path: &str) -> Answer {
    ask(router, "GET", path, &[]).await
}

pub(crate) async fn ask(
    router: &Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Answer {
    answer(send(router, method, path, headers).await).await
}

async fn answer(response: Response<Body>) -> Answer {
    let (head, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let content_type = head.headers.get(header::CONTENT_TYPE);
    Answer {
        status: head.status,
        content_type: content_type
            .map(|value| value.to_str().unwrap().to_owned())
            .unwrap_or_default(),
        headers: head.headers,
        text: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

/// A POST of JSON, by the bearer of a token where one is given.
pub(crate) async fn post(router: &Router, path: &str, token: Option<&str>, body: &Value) -> Answer {
    let mut request = Request::builder().method("POST").uri(path);
    request = request.header(header::CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request.body(Body::from(body.to_string())).unwrap();
    answer(router.clone().oneshot(request).await.unwrap()).await
}

/// All the frames of a watch until it ends, and how long it took. With a paused clock the time is exact.
pub(crate) async fn watch(
    router: &Router,
    path: &str,
    headers: &[(&str, &str)],
) -> (Vec<Frame>, Duration) {
    let start = Instant::now();
    let response = send(router, "GET", path, headers).await;
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    let mut chunks = response.into_body().into_data_stream();
    let mut frames = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let text = String::from_utf8(chunk.unwrap().to_vec()).unwrap();
        assert!(text.ends_with('\n'), "a frame is a whole line: {text}");
        for line in text.lines() {
            let frame: Value = serde_json::from_str(line).unwrap();
            frames.push(Frame {
                at: start.elapsed(),
                kind: frame["type"].as_str().unwrap().to_owned(),
                object: frame["object"].clone(),
            });
        }
    }
    (frames, start.elapsed())
}

async fn send(
    router: &Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Response<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).unwrap();
    router.clone().oneshot(request).await.unwrap()
}
