//! The server about itself.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::json;

use super::Server;
use super::answer::success;

/// The version whose behaviour is followed. The revision tells a simulation from the real thing.
pub(super) async fn build_info() -> Response {
    success(&json!({
        "version": "2.42.0",
        "revision": "simulated",
        "branch": "HEAD",
        "buildUser": "",
        "buildDate": "",
        "goVersion": "",
    }))
}

pub(super) async fn healthy() -> &'static str {
    "Prometheus Server is Healthy.\n"
}

pub(super) async fn ready() -> &'static str {
    "Prometheus Server is Ready.\n"
}

pub(super) async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "404 page not found\n").into_response()
}

/// Metrics of the server itself, in the text format that a Prometheus scrapes.
pub(super) async fn metrics(State(server): State<Server>) -> Response {
    let db = server.db();
    let (oldest, newest) = db.time_range().unwrap_or_default();
    let body = format!(
        "# HELP prometheus_build_info The version of the server.\n\
         # TYPE prometheus_build_info gauge\n\
         prometheus_build_info{{branch=\"HEAD\",revision=\"simulated\",version=\"2.42.0\"}} 1\n\
         # HELP prometheus_ready Whether the server is ready for normal operation.\n\
         # TYPE prometheus_ready gauge\n\
         prometheus_ready 1\n\
         # HELP prometheus_tsdb_head_series Total number of series in the head block.\n\
         # TYPE prometheus_tsdb_head_series gauge\n\
         prometheus_tsdb_head_series {}\n\
         # HELP prometheus_tsdb_head_samples_appended_total Total number of appended samples.\n\
         # TYPE prometheus_tsdb_head_samples_appended_total counter\n\
         prometheus_tsdb_head_samples_appended_total {}\n\
         # HELP prometheus_tsdb_head_min_time Minimum time bound of the head block.\n\
         # TYPE prometheus_tsdb_head_min_time gauge\n\
         prometheus_tsdb_head_min_time {oldest}\n\
         # HELP prometheus_tsdb_head_max_time Maximum timestamp of the head block.\n\
         # TYPE prometheus_tsdb_head_max_time gauge\n\
         prometheus_tsdb_head_max_time {newest}\n",
        db.series_count(),
        db.appended(),
    );
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(CONTENT_TYPE, kind)], body).into_response()
}
