//! Which labels, values and streams there are. `data` is absent where there are none, except for
//! series.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::logql::{self, Labels, LogQuery};
use super::parameters::Given;
use super::query::ticks;
use super::{Refusal, Server, json_answer, lines};

pub(super) async fn names(State(server): State<Server>, given: Given) -> Response {
    match found(&server, &given, given.get("query")) {
        Ok(streams) => {
            let names: BTreeSet<String> = streams.into_iter().flat_map(Labels::into_keys).collect();
            listed(&names)
        }
        Err(refusal) => refusal.into_response(),
    }
}

pub(super) async fn values(
    State(server): State<Server>,
    Path(name): Path<String>,
    given: Given,
) -> Response {
    match found(&server, &given, given.get("query")) {
        Ok(streams) => {
            let values: BTreeSet<String> = streams
                .into_iter()
                .filter_map(|mut labels| labels.remove(&name))
                .collect();
            listed(&values)
        }
        Err(refusal) => refusal.into_response(),
    }
}

pub(super) async fn series(State(server): State<Server>, given: Given) -> Response {
    let mut all: Vec<Labels> = Vec::new();
    let selectors: Vec<Option<&str>> = match given.all("match[]") {
        [] => vec![None],
        selectors => selectors
            .iter()
            .map(|selector| Some(selector.as_str()))
            .collect(),
    };
    for selector in selectors {
        match found(&server, &given, selector) {
            Ok(streams) => all.extend(streams),
            Err(refusal) => return refusal.into_response(),
        }
    }
    all.sort();
    all.dedup();
    json_answer(&json!({ "status": "success", "data": all }))
}

/// Streams, and the number and size of their lines. Unlike a real server's these do not wait for
/// the chunks to be flushed.
pub(super) async fn statistics(State(server): State<Server>, given: Given) -> Response {
    let counted = || -> Result<_, Refusal> {
        let log = logql::log(given.get("query").unwrap_or_default())?;
        let range = given.range(server.now_nanos())?;
        let streams = found(&server, &given, given.get("query"))?.len();
        let (first, last) = ticks(range);
        let history = server.history();
        let admits = |labels: &Labels| log.selects(labels);
        let (mut entries, mut bytes) = (0, 0);
        for entry in lines::between(&history, first, last, &admits).flatten() {
            entries += 1;
            bytes += entry.line.len();
        }
        Ok((streams, entries, bytes))
    };
    match counted() {
        Ok((streams, entries, bytes)) => json_answer(&json!({
            "streams": streams, "chunks": streams, "bytes": bytes, "entries": entries,
        })),
        Err(refusal) => refusal.into_response(),
    }
}

fn found(server: &Server, given: &Given, query: Option<&str>) -> Result<Vec<Labels>, Refusal> {
    let log: Option<LogQuery> = query.map(logql::log).transpose()?;
    let (first, last) = ticks(given.range(server.now_nanos())?);
    let mut streams = lines::streams(&server.history(), first, last);
    streams.retain(|labels| log.as_ref().is_none_or(|log| log.selects(labels)));
    Ok(streams)
}

fn listed(items: &BTreeSet<String>) -> Response {
    if items.is_empty() {
        json_answer(&json!({ "status": "success" }))
    } else {
        json_answer(&json!({ "status": "success", "data": items }))
    }
}
