//! `detected_fields`: what the newest lines of a query hold.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::logql::{self, Labels, Line};
use super::parameters::Given;
use super::query::{select, ticks};
use super::{Refusal, Server, json_answer};

/// `line_limit`: so many lines are looked at.
const LINES: usize = 1000;
/// Fields of an answer that names no limit.
const USUAL: usize = 1000;

/// What is known of a field.
#[derive(Default)]
struct Field {
    values: BTreeSet<String>,
    parser: Option<&'static str>,
}

pub(super) async fn detected(State(server): State<Server>, given: Given) -> Response {
    match found(&server, &given) {
        Ok(value) => json_answer(&value),
        Err(refusal) => refusal.into_response(),
    }
}

fn found(server: &Server, given: &Given) -> Result<Value, Refusal> {
    let log = logql::log(given.get("query").unwrap_or_default())?;
    let range = given.range(server.now_nanos())?;
    let limit = given.get("limit").and_then(|text| text.parse().ok());
    let limit: usize = limit.unwrap_or(USUAL);
    // Ticks hold lines of some time before them: an empty range has no lines.
    let (first, last) = ticks(range);
    let mut fields: BTreeMap<String, Field> = BTreeMap::new();
    if first <= last {
        for found in select(&server.history(), &log, range, false, LINES) {
            let entry = &found.entry;
            for (name, value) in &entry.metadata {
                let field = fields.entry(name.clone()).or_default();
                field.values.insert(value.clone());
            }
            let mut line = Line {
                text: &entry.line,
                stream: &entry.stream,
                metadata: &entry.metadata,
                parsed: Labels::new(),
            };
            let parser = line.parse();
            for (name, value) in line.parsed {
                let field = fields.entry(name).or_default();
                field.values.insert(value);
                field.parser = Some(parser);
            }
        }
    }
    if fields.is_empty() {
        return Ok(json!({}));
    }
    let fields: Vec<Value> = fields.into_iter().take(limit).map(shown).collect();
    Ok(json!({ "fields": fields, "limit": limit }))
}

fn shown((name, field): (String, Field)) -> Value {
    let mut shown = json!({
        "label": name, "type": kind(&field.values), "cardinality": field.values.len(),
        "parsers": field.parser.map(|parser| [parser]),
    });
    if field.parser == Some("json") {
        shown["jsonPath"] = json!([name]);
    }
    shown
}

/// The type that all values have.
fn kind(values: &BTreeSet<String>) -> &'static str {
    let all = |test: fn(&str) -> bool| values.iter().all(|value| test(value));
    if all(|value| value.parse::<i64>().is_ok()) {
        "int"
    } else if all(|value| value.parse::<f64>().is_ok()) {
        "float"
    } else if all(|value| matches!(value, "true" | "false")) {
        "boolean"
    } else if all(|value| crate::duration::nanos(value).is_some()) {
        "duration"
    } else {
        "string"
    }
}
