//! Loki's HTTP API over the lines of a cluster: paths, shapes and errors are those of recorded
//! answers of a real server. Lines are drawn from the history when they are asked for.
//!
//! Served: `query_range`, `query`, `labels`, `label/{name}/values`, `series`, `index/stats`,
//! `index/volume`, `detected_fields`, `tail`, `status/buildinfo` below `/loki/api/v1/`, and `/ready`.
//! Everything else is 404; `patterns` is as where the pattern ingester is off.
//! What a query may contain is in `logql`.

mod answer;
mod catalogue;
mod fields;
mod lines;
mod logql;
mod metric;
mod parameters;
mod query;
mod tail;
mod volume;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use crate::Now;
use crate::history::History;

pub(crate) fn router(history: Arc<RwLock<History>>, now: Now) -> Router {
    let api = Router::new()
        .route("/query_range", get(query::range).post(query::range))
        .route("/query", get(query::instant).post(query::instant))
        .route("/labels", get(catalogue::names).post(catalogue::names))
        .route("/label", get(catalogue::names))
        .route("/label/{name}/values", get(catalogue::values))
        .route("/series", get(catalogue::series).post(catalogue::series))
        .route(
            "/index/stats",
            get(catalogue::statistics).post(catalogue::statistics),
        )
        .route("/tail", get(tail::tail))
        .route("/index/volume", get(volume::volume).post(volume::volume))
        .route(
            "/detected_fields",
            get(fields::detected).post(fields::detected),
        )
        .route("/patterns", get(async || text(StatusCode::NOT_FOUND, "")))
        .route("/status/buildinfo", get(build_info));
    Router::new()
        .nest("/loki/api/v1", api)
        .route("/ready", get(async || text(StatusCode::OK, "ready\n")))
        .fallback(async || text(StatusCode::NOT_FOUND, "404 page not found\n"))
        .method_not_allowed_fallback(async || text(StatusCode::NOT_FOUND, "404 page not found\n"))
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

    fn now_nanos(&self) -> i64 {
        i64::try_from((self.now)().as_nanosecond()).unwrap_or(i64::MAX)
    }
}

/// A refusal: 400 with its text and nothing else, as Loki sends it.
#[derive(Debug, PartialEq)]
struct Refusal(String);

impl Refusal {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        text(StatusCode::BAD_REQUEST, &self.0)
    }
}

async fn build_info() -> Response {
    json_answer(&json!({
        "version": "3.5.0", "revision": "simulated", "branch": "main",
        "buildUser": "", "buildDate": "", "goVersion": "",
    }))
}

fn text(status: StatusCode, body: &str) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (status, kind, body.to_owned()).into_response()
}

fn json_answer(value: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json; charset=UTF-8")];
    (kind, value.to_string()).into_response()
}
