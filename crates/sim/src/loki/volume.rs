//! `index/volume`: how much was written, by labels. Unlike `index/stats` it also sees what is not
//! flushed yet.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::logql::{self, Labels, LogQuery};
use super::metric::Series;
use super::parameters::Given;
use super::query::ticks;
use super::{Refusal, Server, answer, json_answer, lines};

/// Volumes of an answer that names no limit.
const USUAL: usize = 100;

pub(super) async fn volume(State(server): State<Server>, given: Given) -> Response {
    match measured(&server, &given) {
        Ok(series) => json_answer(&answer::vector(series)),
        Err(refusal) => refusal.into_response(),
    }
}

fn measured(server: &Server, given: &Given) -> Result<Vec<Series>, Refusal> {
    let log = logql::log(given.get("query").unwrap_or_default())?;
    let range = given.range(server.now_nanos())?;
    let limit = given.get("limit").and_then(|text| text.parse().ok());
    let by_labels = given.get("aggregateBy") == Some("labels");
    let targets = targets(given, &log);
    let (first, last) = ticks(range);
    let admits = |labels: &Labels| log.selects(labels);
    let mut volumes: BTreeMap<Labels, f64> = BTreeMap::new();
    for entry in lines::between(&server.history(), first, last, &admits).flatten() {
        if entry.nanos < range.0 || entry.nanos >= range.1 {
            continue;
        }
        let size = entry.line.len() as f64;
        if by_labels {
            for name in entry.stream.keys() {
                let label = Labels::from([(name.clone(), String::new())]);
                *volumes.entry(label).or_default() += size;
            }
            continue;
        }
        let kept = entry
            .stream
            .iter()
            .filter(|(name, _)| targets.contains(*name));
        let kept = kept.map(|(name, value)| (name.clone(), value.clone()));
        *volumes.entry(kept.collect()).or_default() += size;
    }
    let mut volumes: Vec<Series> = volumes
        .into_iter()
        .map(|(labels, bytes)| (labels, vec![(range.1, bytes)]))
        .collect();
    volumes.sort_by(|a, b| b.1[0].1.total_cmp(&a.1[0].1).then_with(|| a.0.cmp(&b.0)));
    volumes.truncate(limit.unwrap_or(USUAL));
    Ok(volumes)
}

/// The labels that are asked for, or those of the selector.
fn targets(given: &Given, log: &LogQuery) -> BTreeSet<String> {
    match given.get("targetLabels") {
        Some(names) => names.split(',').map(str::to_owned).collect(),
        None => log.matchers.iter().map(|m| m.name.clone()).collect(),
    }
}
