//! The admin address: is the process alive, is it ready, what does it measure. It answers without
//! a token, so it stands on an address of its own, by default on loopback.

pub(crate) mod measures;
mod process;
pub(crate) mod readiness;

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use readiness::Readiness;

/// What `/metrics` is written in.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The routes of the admin address:
///
/// - `GET /healthz`: 200 as long as the process can answer at all.
/// - `GET /readyz`: 200 where every required check passes, else 503; each check by role.
/// - `GET /metrics`: for Prometheus.
pub(crate) fn router(readiness: Readiness, metrics: Registry) -> Router {
    let metrics = Arc::new(metrics);
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready).with_state(readiness))
        .route("/metrics", get(measure).with_state(metrics))
        .fallback(async || {
            (
                StatusCode::NOT_FOUND,
                "there is /healthz, /readyz, /metrics\n",
            )
        })
}

async fn ready(State(readiness): State<Readiness>) -> Response {
    let report = readiness.report().await;
    let status = if report.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(report)).into_response()
}

async fn measure(State(metrics): State<Arc<Registry>>) -> Response {
    let mut text = String::new();
    match encode(&mut text, &metrics) {
        Ok(()) => ([(header::CONTENT_TYPE, OPENMETRICS)], text).into_response(),
        // Writing to a string fails only where a metric cannot be written at all.
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
