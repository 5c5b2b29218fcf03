//! Which tags there are, and which values they have.

use std::collections::{BTreeSet, HashMap};

use axum::extract::{Path, Query as Parameters, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::search::{range, views};
use super::traceql::{self, Field, View};
use super::{Refusal, Server, json_answer};
use crate::traces;
use crate::world::time::minutes;

/// Tags are the same all day: the newest minutes of a range show them all.
const LOOKED_AT: usize = minutes(20) as usize;

const INTRINSIC: [&str; 16] = [
    "duration",
    "kind",
    "name",
    "rootName",
    "rootServiceName",
    "span:duration",
    "span:kind",
    "span:name",
    "span:status",
    "span:statusMessage",
    "status",
    "statusMessage",
    "trace:duration",
    "trace:rootName",
    "trace:rootService",
    "traceDuration",
];

type Given = HashMap<String, String>;

/// `GET /api/search/tags`: all names without their scope.
pub(super) async fn names(
    State(server): State<Server>,
    Parameters(given): Parameters<Given>,
) -> Response {
    match look(&server, &given) {
        Ok(views) => {
            let mut names = scope(&views, |view| &view.resource);
            names.extend(scope(&views, |view| &view.span));
            names.extend(scope(&views, |view| &view.event));
            json_answer(&json!({ "tagNames": names, "metrics": inspected(&views) }))
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// `GET /api/v2/search/tags`: names by scope.
pub(super) async fn scoped_names(
    State(server): State<Server>,
    Parameters(given): Parameters<Given>,
) -> Response {
    let wanted = given.get("scope").map_or("", String::as_str);
    if ![
        "",
        "none",
        "resource",
        "span",
        "event",
        "intrinsic",
        "link",
        "instrumentation",
    ]
    .contains(&wanted)
    {
        return Refusal(format!("invalid scope: {wanted}")).into_response();
    }
    match look(&server, &given) {
        Ok(views) => {
            let all: [(&str, BTreeSet<&str>); 4] = [
                ("span", scope(&views, |view| &view.span)),
                ("resource", scope(&views, |view| &view.resource)),
                ("event", scope(&views, |view| &view.event)),
                ("intrinsic", INTRINSIC.into_iter().collect()),
            ];
            let scopes: Vec<Value> = all
                .into_iter()
                .filter(|(name, tags)| {
                    (matches!(wanted, "" | "none") || wanted == *name) && !tags.is_empty()
                })
                .map(|(name, tags)| json!({ "name": name, "tags": tags }))
                .collect();
            json_answer(&json!({ "scopes": scopes, "metrics": inspected(&views) }))
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// `GET /api/search/tag/{tag}/values`: texts.
pub(super) async fn values(
    State(server): State<Server>,
    Path(tag): Path<String>,
    Parameters(given): Parameters<Given>,
) -> Response {
    match look(&server, &given) {
        Ok(views) => {
            let field = traceql::identifier(&tag)
                .filter(|field| !matches!(field, Field::Any(_)))
                .unwrap_or(Field::Any(tag));
            let values: BTreeSet<String> = views
                .iter()
                .filter_map(|view| field.value(view))
                .map(|v| v.text())
                .collect();
            json_answer(&json!({ "tagValues": values, "metrics": inspected(&views) }))
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// `GET /api/v2/search/tag/{tag}/values`: values with their type, narrowed by `q`.
pub(super) async fn typed_values(
    State(server): State<Server>,
    Path(tag): Path<String>,
    Parameters(given): Parameters<Given>,
) -> Response {
    let Some(field) = traceql::identifier(&tag) else {
        let first = tag.split('.').next().unwrap_or_default();
        return Refusal(format!(
            "please provide a valid tagName: failed to parse identifier {tag}: parse error at line 1, col 2: unknown identifier: {first}"
        ))
        .into_response();
    };
    match look(&server, &given) {
        Ok(views) => {
            let keyword = matches!(field, Field::Status | Field::Kind);
            let values: BTreeSet<(&str, String)> = views
                .iter()
                .filter_map(|view| field.value(view))
                .map(|value| (if keyword { "keyword" } else { value.kind() }, value.text()))
                .collect();
            let values: Vec<Value> = values
                .into_iter()
                .map(|(kind, value)| json!({ "type": kind, "value": value }))
                .collect();
            json_answer(&json!({ "tagValues": values, "metrics": inspected(&views) }))
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// The spans of the newest part of the range that `q` selects.
fn look(server: &Server, given: &Given) -> Result<Vec<View>, Refusal> {
    let range = range(given, (server.now)().as_second())?;
    let filter = given
        .get("q")
        .filter(|text| !text.is_empty())
        .map(|text| traceql::parse(text))
        .transpose()
        .map_err(|message| Refusal(format!("invalid TraceQL query: {message}")))?
        .and_then(|query| query.filter);
    let history = server.history();
    let moments = history.moments(range.0, range.1).rev().take(LOOKED_AT);
    Ok(moments
        .flat_map(|moment| traces::of_moment(&history, moment))
        .flat_map(|trace| views(&history, &trace))
        .filter(|view| filter.as_ref().is_none_or(|filter| filter.holds(view)))
        .collect())
}

fn scope<'a>(
    views: &'a [View],
    named: impl Fn(&'a View) -> &'a Vec<super::attributes::Named>,
) -> BTreeSet<&'a str> {
    views
        .iter()
        .flat_map(named)
        .map(|(name, _)| *name)
        .collect()
}

fn inspected(views: &[View]) -> Value {
    json!({ "inspectedBytes": (views.len() * 180).to_string() })
}
