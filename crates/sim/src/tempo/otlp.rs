//! A trace in the JSON form of OTLP, as Tempo gives it: ids in base64, 64-bit numbers as strings,
//! enumerations by name, zero values absent.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::attributes::{self, Named};
use crate::history::History;
use crate::traces::{Kind, Span, Trace};

/// One batch for each process that has spans in it, in the order of their first span.
pub(super) fn batches(history: &History, trace: &Trace) -> Vec<Value> {
    let mut processes: Vec<(usize, Option<crate::world::pods::PodId>)> = Vec::new();
    for span in &trace.spans {
        if !processes.contains(&(span.service, span.pod)) {
            processes.push((span.service, span.pod));
        }
    }
    processes
        .into_iter()
        .filter_map(|process| {
            let spans: Vec<&Span> = trace
                .spans
                .iter()
                .filter(|span| (span.service, span.pod) == process)
                .collect();
            let resource = attributes::resource(history, spans.first()?);
            let spans: Vec<Value> = spans.iter().map(|span| one(history, trace, span)).collect();
            Some(json!({
                "resource": { "attributes": list(&resource) },
                "scopeSpans": [{ "scope": { "name": "http" }, "spans": spans }],
            }))
        })
        .collect()
}

/// `SERVER` and `CLIENT` as the enumeration names them.
pub(super) const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Server => "SPAN_KIND_SERVER",
        Kind::Client | Kind::Statement => "SPAN_KIND_CLIENT",
    }
}

pub(super) fn list(named: &[Named]) -> Value {
    named
        .iter()
        .map(|(key, value)| json!({ "key": key, "value": value.value() }))
        .collect()
}

fn one(history: &History, trace: &Trace, span: &Span) -> Value {
    let mut object = json!({
        "traceId": STANDARD.encode(trace.id.bytes()),
        "spanId": STANDARD.encode(span.id.to_be_bytes()),
        "name": history.graph.operations[span.operation].spec.name,
        "kind": kind(span.kind),
        "startTimeUnixNano": span.start.to_string(),
        "endTimeUnixNano": span.end.to_string(),
        "attributes": list(&attributes::of_span(history, span)),
        "status": {},
    });
    if let Some(parent) = span.parent {
        object["parentSpanId"] = STANDARD.encode(parent.to_be_bytes()).into();
    }
    if span.failure.is_some() {
        object["status"] = json!({
            "message": attributes::status_message(history, span),
            "code": "STATUS_CODE_ERROR",
        });
    }
    if let Some((name, message)) = attributes::exception(history, span) {
        object["events"] = json!([{
            "timeUnixNano": (span.end - 1000).to_string(),
            "name": "exception",
            "attributes": [
                { "key": "exception.type", "value": { "stringValue": name } },
                { "key": "exception.message", "value": { "stringValue": message } },
            ],
        }]);
    }
    object
}
