//! The simulation's own API: which clusters there are, which faults, and what was injected.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use crate::Simulation;
use crate::faults::Fault;

/// `GET /sim/v1/clusters`, `GET` and `POST /sim/v1/faults`, `GET /sim/v1/truth`.
pub(crate) fn router(simulation: Simulation) -> Router {
    Router::new()
        .route("/sim/v1/clusters", get(clusters))
        .route("/sim/v1/faults", get(faults).post(inject))
        .route("/sim/v1/truth", get(truth))
        .with_state(simulation)
}

#[derive(Deserialize)]
struct Request {
    fault: String,
}

async fn clusters(
    State(simulation): State<Simulation>,
    headers: axum::http::HeaderMap,
    uri: Uri,
) -> Response {
    let host = headers.get("host").and_then(|value| value.to_str().ok());
    let scheme = uri.scheme_str().unwrap_or("http");
    let base = Url::parse(&format!("{scheme}://{}/", host.unwrap_or("localhost")));
    match base {
        Ok(base) => Json(simulation.clusters(&base)).into_response(),
        Err(error) => refuse(
            StatusCode::BAD_REQUEST,
            &format!("the Host header: {error}"),
        ),
    }
}

async fn faults() -> Response {
    let all: Vec<_> = Fault::ALL
        .iter()
        .map(|fault| json!({ "fault": fault.name(), "summary": fault.summary() }))
        .collect();
    Json(all).into_response()
}

async fn inject(State(simulation): State<Simulation>, Json(request): Json<Request>) -> Response {
    match request.fault.parse::<Fault>() {
        Err(error) => refuse(StatusCode::BAD_REQUEST, &error.to_string()),
        Ok(fault) => match simulation.inject(fault) {
            Ok(truth) => (StatusCode::CREATED, Json(truth)).into_response(),
            Err(error) => refuse(StatusCode::CONFLICT, &error.to_string()),
        },
    }
}

async fn truth(State(simulation): State<Simulation>) -> Response {
    match simulation.truth() {
        Some(truth) => Json(truth).into_response(),
        None => refuse(StatusCode::NOT_FOUND, "nothing was injected"),
    }
}

fn refuse(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}
