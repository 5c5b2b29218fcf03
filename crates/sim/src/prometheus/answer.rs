//! The envelope of answers and errors, and query results as JSON.

use std::fmt::Write;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Value as Json, json};

use crate::promql::{Error, Value, format_value};
use crate::tsdb::Labels;

/// Why a request has no answer.
#[derive(Debug)]
pub(super) enum ApiError {
    /// The request is wrong: 400.
    BadData(String),
    /// The query failed on this data: 422.
    Execution(String),
}

impl ApiError {
    /// A parameter that can't be used.
    pub(super) fn parameter(name: &str, reason: impl std::fmt::Display) -> Self {
        Self::BadData(format!("invalid parameter {name:?}: {reason}"))
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::BadData(message) => Self::BadData(message),
            Error::Execution(message) => Self::Execution(message),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, kind, message) = match self {
            Self::BadData(message) => (StatusCode::BAD_REQUEST, "bad_data", message),
            Self::Execution(message) => (StatusCode::UNPROCESSABLE_ENTITY, "execution", message),
        };
        let body = json!({"status": "error", "errorType": kind, "error": message});
        with_status(status, body.to_string())
    }
}

/// 200 with `data`.
pub(super) fn success(data: &Json) -> Response {
    let body = json!({"status": "success", "data": data});
    with_status(StatusCode::OK, body.to_string())
}

/// 200 with the result of a query.
pub(super) fn query_result(value: &Value) -> Response {
    let mut out = String::from(r#"{"status":"success","data":{"resultType":""#);
    match value {
        Value::Scalar { t_ms, value } => {
            out.push_str(r#"scalar","result":"#);
            push_point(&mut out, *t_ms, *value);
        }
        Value::String { t_ms, value } => {
            out.push_str(r#"string","result":["#);
            push_seconds(&mut out, *t_ms);
            let _ = write!(out, ",{}]", Json::from(value.as_str()));
        }
        Value::Vector(samples) => {
            out.push_str(r#"vector","result":"#);
            push_list(&mut out, samples, |out, sample| {
                push_metric(out, &sample.labels);
                out.push_str(r#","value":"#);
                push_point(out, sample.t_ms, sample.value);
                out.push('}');
            });
        }
        Value::Matrix(streams) => {
            out.push_str(r#"matrix","result":"#);
            push_list(&mut out, streams, |out, stream| {
                push_metric(out, &stream.labels);
                out.push_str(r#","values":"#);
                push_list(out, &stream.points, |out, (t, value)| {
                    push_point(out, *t, *value);
                });
                out.push('}');
            });
        }
    }
    out.push_str("}}");
    with_status(StatusCode::OK, out)
}

/// Labels as a JSON object.
pub(super) fn labels_json(labels: &Labels) -> Json {
    let pair = |(name, value): (&str, &str)| (name.to_owned(), Json::from(value));
    Json::Object(labels.iter().map(pair).collect())
}

fn with_status(status: StatusCode, body: String) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}

fn push_list<T>(out: &mut String, items: &[T], push: impl Fn(&mut String, &T)) {
    out.push('[');
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        push(out, item);
    }
    out.push(']');
}

fn push_metric(out: &mut String, labels: &Labels) {
    let _ = write!(out, r#"{{"metric":{}"#, labels_json(labels));
}

/// `[1435781451.781,"1"]`.
fn push_point(out: &mut String, t_ms: i64, value: f64) {
    out.push('[');
    push_seconds(out, t_ms);
    let _ = write!(out, r#","{}"]"#, format_value(value));
}

/// Seconds with up to three decimals, all or none.
fn push_seconds(out: &mut String, t_ms: i64) {
    let sign = if t_ms < 0 { "-" } else { "" };
    let (seconds, millis) = (t_ms.unsigned_abs() / 1000, t_ms.unsigned_abs() % 1000);
    let _ = write!(out, "{sign}{seconds}");
    if millis > 0 {
        let _ = write!(out, ".{millis:03}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_with_milliseconds_when_there_are_any() {
        for (t, expected) in [
            (1_000, "1"),
            (1_050, "1.050"),
            (-1_500, "-1.500"),
            (7, "0.007"),
        ] {
            let mut out = String::new();
            push_seconds(&mut out, t);
            assert_eq!(out, expected);
        }
    }
}
