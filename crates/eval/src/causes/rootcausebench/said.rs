//! What logs and traces say, and what they tell of how things hang together.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use fleetscope_engine::{CitedEvent, LogPattern, TraceSample};
use fleetscope_model::{Edge, EdgeKind, KubernetesEvent};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::files;
use super::read::{Readings, node, service};
use crate::Error;

#[derive(Deserialize)]
struct Line {
    timestamp: Timestamp,
    service: String,
    #[serde(default)]
    severity_text: String,
    #[serde(default)]
    msg: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Deserialize)]
struct Span {
    trace_id: String,
    #[serde(rename = "span_id")]
    id: String,
    parent_id: Option<String>,
    service: String,
    start: Timestamp,
    #[serde(default)]
    status: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// What was said.
pub(super) struct Said {
    pub(super) logs: Vec<LogPattern>,
    pub(super) events: Vec<CitedEvent>,
    pub(super) traces: Vec<TraceSample>,
    pub(super) edges: Vec<Edge>,
}

/// Reads logs and traces.
pub(super) fn said(data: &Path, readings: &mut Readings) -> Result<Said, Error> {
    let lines: Vec<Line> = files::json_lines(&data.join("logs.ndjson"))?;
    let spans: Vec<Span> = files::json_if_there(&data.join("traces.json"))?;
    let mut edges: BTreeSet<Edge> = BTreeSet::new();
    let (events, lines): (Vec<Line>, Vec<Line>) = lines
        .into_iter()
        .partition(|line| text(&line.rest, "event_type") == Some("k8s.event"));
    for line in &lines {
        if let Some(name) = text(&line.rest, "k8s.node") {
            edges.insert(edge(service(&line.service), node(name), EdgeKind::RunsOn));
        }
    }
    let traces = traces(&spans, &mut edges, readings);
    Ok(Said {
        logs: logs(&lines, readings),
        events: events.iter().map(|line| event(line, readings)).collect(),
        traces,
        edges: edges.into_iter().collect(),
    })
}

fn edge(from: fleetscope_model::Entity, to: fleetscope_model::Entity, kind: EdgeKind) -> Edge {
    Edge { from, to, kind }
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str)
}

/// Lines that say the same but for numbers.
fn logs(lines: &[Line], readings: &mut Readings) -> Vec<LogPattern> {
    let mut patterns: BTreeMap<(String, String, String), Vec<&Line>> = BTreeMap::new();
    for line in lines {
        let template = masked(&line.msg);
        let key = (line.service.clone(), line.severity_text.clone(), template);
        patterns.entry(key).or_default().push(line);
    }
    patterns
        .into_iter()
        .filter_map(|((of, _, template), lines)| {
            let first = lines.iter().min_by_key(|line| line.timestamp)?;
            Some(LogPattern {
                entity: service(&of),
                template,
                count: u32::try_from(lines.len()).unwrap_or(u32::MAX),
                first_at: first.timestamp,
                example: written(first),
                evidence: readings.next(),
            })
        })
        .collect()
}

fn masked(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        if word.chars().any(|c| c.is_ascii_digit()) {
            "<*>"
        } else {
            word
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The line as a program would write it: level, message, fields.
fn written(line: &Line) -> String {
    let mut text = format!("{} {}", line.severity_text, line.msg);
    for (name, value) in &line.rest {
        if name != "trace_id" && name != "http.route" {
            // Writing into a text does not fail.
            let _ = write!(text, " {name}={value}");
        }
    }
    text
}

fn event(line: &Line, readings: &mut Readings) -> CitedEvent {
    let entity = text(&line.rest, "k8s.node").map_or_else(|| service(&line.service), node);
    let is_warning = !line.severity_text.eq_ignore_ascii_case("info");
    CitedEvent {
        event: KubernetesEvent {
            entity,
            severity: if is_warning { "Warning" } else { "Normal" }.to_owned(),
            reason: text(&line.rest, "reason").unwrap_or_default().to_owned(),
            message: line.msg.clone(),
            count: 1,
            first_at: line.timestamp,
            last_at: line.timestamp,
        },
        evidence: readings.next(),
    }
}

/// Failing spans by service; who calls whom goes to the edges.
fn traces(spans: &[Span], edges: &mut BTreeSet<Edge>, readings: &mut Readings) -> Vec<TraceSample> {
    let services: BTreeSet<&str> = spans.iter().map(|span| span.service.as_str()).collect();
    let mut failing: BTreeMap<&str, Vec<(&Span, &str)>> = BTreeMap::new();
    let mut trace = "";
    let mut of: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for span in spans {
        // The corpus writes `same` for the trace of the span before.
        if span.trace_id != "same" {
            trace = &span.trace_id;
        }
        of.insert((trace, &span.id), &span.service);
        let caller = span
            .parent_id
            .as_deref()
            .and_then(|id| of.get(&(trace, id)));
        if let Some(caller) = caller.filter(|caller| **caller != span.service) {
            edges.insert(edge(
                service(caller),
                service(&span.service),
                EdgeKind::Calls,
            ));
        }
        if span.status.eq_ignore_ascii_case("error") {
            failing
                .entry(&span.service)
                .or_default()
                .push((span, trace));
        }
    }
    failing
        .into_iter()
        .filter_map(|(of, spans)| {
            let (first, trace) = *spans.iter().min_by_key(|(span, _)| span.start)?;
            let told = spans.iter().filter_map(|(span, _)| {
                text(&span.rest, "error").or_else(|| text(&span.rest, "status_message"))
            });
            let peer = spans.iter().find_map(|(span, _)| {
                ["peer.service", "net.peer.name", "server.address"]
                    .iter()
                    .find_map(|name| text(&span.rest, name))
            });
            let detail = told.collect::<Vec<_>>().join("; ");
            Some(TraceSample {
                entity: service(of),
                failing: u32::try_from(spans.len()).unwrap_or(u32::MAX),
                example: trace.to_owned(),
                first_at: first.start,
                detail: (!detail.is_empty()).then_some(detail),
                peer: peer
                    .filter(|peer| !services.contains(peer))
                    .map(str::to_owned),
                evidence: readings.next(),
            })
        })
        .collect()
}
