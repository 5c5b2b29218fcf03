//! Traces by id.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{Refusal, Server, json_answer, otlp};
use crate::traces::{self, TraceId};

/// `GET /api/traces/{id}`: `batches`, or 404 without a body.
pub(super) async fn trace(State(server): State<Server>, Path(id): Path<String>) -> Response {
    let id = match parse(&id) {
        Ok(id) => id,
        Err(refusal) => return refusal.into_response(),
    };
    let history = server.history();
    match traces::find(&history, id) {
        Some(trace) => json_answer(&json!({ "batches": otlp::batches(&history, &trace) })),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `GET /api/v2/traces/{id}`: `trace.resourceSpans`, or 200 with an empty trace.
pub(super) async fn trace_v2(State(server): State<Server>, Path(id): Path<String>) -> Response {
    let id = match parse(&id) {
        Ok(id) => id,
        Err(refusal) => return refusal.into_response(),
    };
    let history = server.history();
    let body = match traces::find(&history, id) {
        Some(trace) => {
            json!({ "trace": { "resourceSpans": otlp::batches(&history, &trace) }, "metrics": {} })
        }
        None => json!({ "trace": {}, "metrics": {} }),
    };
    json_answer(&body)
}

/// Hexadecimal of either case, leading zeros left out or not.
fn parse(id: &str) -> Result<TraceId, Refusal> {
    if let Some((position, bad)) = id.chars().enumerate().find(|(_, c)| !c.is_ascii_hexdigit()) {
        return Err(Refusal(format!(
            "trace IDs can only contain hex characters: invalid character '{bad}' at position {}",
            position + 1
        )));
    }
    u128::from_str_radix(id, 16)
        .map(TraceId)
        .map_err(|_| Refusal("trace IDs can't be larger than 128 bits".to_owned()))
}
