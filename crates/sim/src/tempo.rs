//! Tempo's HTTP API over the traces of a cluster: paths, shapes and errors are those of recorded
//! answers of a real server.
//!
//! Served: `/api/search`, `/api/search/tags`, `/api/search/tag/{tag}/values`,
//! `/api/v2/search/tags`, `/api/v2/search/tag/{tag}/values`, `/api/traces/{id}`,
//! `/api/v2/traces/{id}`, `/api/echo`, `/ready`, `/api/status/buildinfo`. Everything else is 404,
//! metrics queries too. What a search may contain is in `traceql`.

mod answer;
mod attributes;
mod otlp;
mod search;
mod tags;
mod traceql;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

pub(crate) use attributes::{defect, unit_out};

use crate::Now;
use crate::history::History;

pub(crate) fn router(history: Arc<RwLock<History>>, now: Now) -> Router {
    Router::new()
        .route("/api/echo", get(async || text(StatusCode::OK, "echo\n")))
        .route("/ready", get(async || text(StatusCode::OK, "ready\n")))
        .route("/api/status/buildinfo", get(build_info))
        .route("/api/search", get(search::search).post(search::search))
        .route("/api/search/tags", get(tags::names))
        .route("/api/search/tag/{tag}/values", get(tags::values))
        .route("/api/v2/search/tags", get(tags::scoped_names))
        .route("/api/v2/search/tag/{tag}/values", get(tags::typed_values))
        .route("/api/traces/{id}", get(answer::trace))
        .route("/api/v2/traces/{id}", get(answer::trace_v2))
        .fallback(async || text(StatusCode::NOT_FOUND, "404 page not found\n"))
        .with_state(Server { history, now })
}

#[derive(Clone)]
struct Server {
    history: Arc<RwLock<History>>,
    now: Now,
}

impl Server {
    /// A writer that panicked may have left a tick out, which no reader stumbles over.
    fn history(&self) -> RwLockReadGuard<'_, History> {
        self.history.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A refusal: its text and nothing else, as Tempo sends it.
struct Refusal(String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        text(StatusCode::BAD_REQUEST, &self.0)
    }
}

async fn build_info() -> Response {
    json_answer(&json!({
        "version": "2.8.0", "revision": "simulated", "branch": "main",
        "buildUser": "", "buildDate": "", "goVersion": "",
    }))
}

fn text(status: StatusCode, body: &str) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (status, kind, body.to_owned()).into_response()
}

fn json_answer(value: &Value) -> Response {
    (
        [(header::CONTENT_TYPE, "application/json")],
        value.to_string(),
    )
        .into_response()
}
