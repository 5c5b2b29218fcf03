//! A trace in the JSON form of OTLP, as Tempo gives it: ids in base64, 64-bit numbers as texts,
//! enumerations by name, zero values absent.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fleetscope_model::{Attributes, ClusterId, Span, SpanEvent, SpanId, SpanKind, SpanStatus};
use serde::Deserialize;
use serde_json::Value;

use super::value::{Pair, attributes, cut, text};

/// Events kept of one span.
const MOST_EVENTS: usize = 64;

/// Spans with what was no span.
#[derive(Debug, Default)]
pub(super) struct Spans {
    pub(super) spans: Vec<Span>,
    /// Spans without an id or a time that can be read.
    pub(super) unreadable: usize,
}

/// What one push brought of one process: there may be several of each, in any order.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Batch {
    resource: Resource,
    #[serde(alias = "instrumentationLibrarySpans")]
    scope_spans: Vec<Scope>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resource {
    attributes: Vec<Pair>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Scope {
    spans: Vec<Raw>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Raw {
    span_id: String,
    parent_span_id: String,
    name: String,
    kind: Value,
    start_time_unix_nano: Value,
    end_time_unix_nano: Value,
    attributes: Vec<Pair>,
    events: Vec<RawEvent>,
    status: RawStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawEvent {
    time_unix_nano: Value,
    name: String,
    attributes: Vec<Pair>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawStatus {
    code: Value,
    message: String,
}

/// The spans of all batches.
pub(super) fn spans(batches: Vec<Batch>, cluster: ClusterId) -> Spans {
    let mut all = Spans::default();
    for batch in batches {
        let resource = Arc::new(attributes(batch.resource.attributes));
        for raw in batch.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            match span(raw, &resource, cluster) {
                Some(span) => all.spans.push(span),
                None => all.unreadable += 1,
            }
        }
    }
    all
}

fn span(raw: Raw, resource: &Arc<Attributes>, cluster: ClusterId) -> Option<Span> {
    let start_ns = nanos(&raw.start_time_unix_nano).filter(|&at| at > 0)?;
    let parent = match raw.parent_span_id.as_str() {
        "" => None,
        id => Some(self::id(id)?).filter(|id| id.0 != 0),
    };
    let events = raw.events.into_iter().take(MOST_EVENTS);
    Some(Span {
        cluster,
        id: id(&raw.span_id)?,
        parent,
        service: text(resource, "service.name")
            .unwrap_or_default()
            .to_owned(),
        namespace: text(resource, "k8s.namespace.name").map(str::to_owned),
        name: cut(&raw.name),
        kind: kind(&raw.kind),
        start_ns,
        // Some instrumentation takes both times from clocks that may jump.
        end_ns: nanos(&raw.end_time_unix_nano).map_or(start_ns, |end| end.max(start_ns)),
        status: status(&raw.status.code),
        message: cut(&raw.status.message),
        attributes: attributes(raw.attributes),
        resource: Arc::clone(resource),
        events: events
            .map(|event| SpanEvent {
                at_ns: nanos(&event.time_unix_nano).unwrap_or(start_ns),
                name: cut(&event.name),
                attributes: attributes(event.attributes),
            })
            .collect(),
    })
}

/// Base64 of eight bytes, which has twelve characters; some versions write 16 hexadecimal digits.
fn id(text: &str) -> Option<SpanId> {
    if text.len() == 16 {
        return u64::from_str_radix(text, 16).ok().map(SpanId);
    }
    let bytes = STANDARD.decode(text).ok()?;
    bytes
        .try_into()
        .ok()
        .map(|bytes| SpanId(u64::from_be_bytes(bytes)))
}

fn nanos(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    }
}

/// By name, or by number as OTLP itself has it.
fn kind(value: &Value) -> SpanKind {
    match (value.as_str(), value.as_u64()) {
        (Some("SPAN_KIND_INTERNAL"), _) | (_, Some(1)) => SpanKind::Internal,
        (Some("SPAN_KIND_SERVER"), _) | (_, Some(2)) => SpanKind::Server,
        (Some("SPAN_KIND_CLIENT"), _) | (_, Some(3)) => SpanKind::Client,
        (Some("SPAN_KIND_PRODUCER"), _) | (_, Some(4)) => SpanKind::Producer,
        (Some("SPAN_KIND_CONSUMER"), _) | (_, Some(5)) => SpanKind::Consumer,
        _ => SpanKind::Unspecified,
    }
}

fn status(value: &Value) -> SpanStatus {
    match (value.as_str(), value.as_u64()) {
        (Some("STATUS_CODE_OK"), _) | (_, Some(1)) => SpanStatus::Ok,
        (Some("STATUS_CODE_ERROR"), _) | (_, Some(2)) => SpanStatus::Error,
        _ => SpanStatus::Unset,
    }
}

#[cfg(test)]
mod tests {
    use fleetscope_model::ids::ClusterId;
    use serde_json::json;

    use super::*;

    fn read(span: &Value) -> Spans {
        let batch = json!([{ "scopeSpans": [{ "spans": [span] }] }]);
        spans(
            serde_json::from_value(batch).unwrap(),
            ClusterId::new(uuid::Uuid::nil()),
        )
    }

    #[test]
    fn ids_come_in_base64_or_in_hexadecimal() {
        assert_eq!(id("ZzqOPlKR/wA=").unwrap().to_string(), "673a8e3e5291ff00");
        assert_eq!(
            id("673a8e3e5291ff00").unwrap().to_string(),
            "673a8e3e5291ff00"
        );
        for wrong in ["", "x", "AAAA", "ZzqOPlKR/wA", "zzzzzzzzzzzzzzzz"] {
            assert_eq!(id(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_span_without_id_or_time_is_counted_and_left_out() {
        let good = json!({"spanId": "673a8e3e5291ff00", "startTimeUnixNano": "5", "endTimeUnixNano": "3",
            "kind": 2, "status": {"code": 2}});
        let read_one = read(&good);
        let span = &read_one.spans[0];
        assert_eq!(
            (span.start_ns, span.end_ns),
            (5, 5),
            "an end before the start is none"
        );
        assert_eq!(
            (span.kind, span.status),
            (SpanKind::Server, SpanStatus::Error)
        );
        for wrong in [
            json!({"spanId": "673a8e3e5291ff00"}),
            json!({"spanId": "", "startTimeUnixNano": "5"}),
            json!({"spanId": "673a8e3e5291ff00", "startTimeUnixNano": "5", "parentSpanId": "!"}),
            json!({"spanId": "673a8e3e5291ff00", "startTimeUnixNano": "99999999999999999999"}),
        ] {
            let read = read(&wrong);
            assert_eq!((read.spans.len(), read.unreadable), (0, 1));
        }
    }
}
