//! `query_range` and `query`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::answer::{self, Found};
use super::logql::{self, Line, LogQuery, Query};
use super::parameters::Given;
use super::{Refusal, Server, json_answer, lines, metric};
use crate::history::History;
use crate::world::time::Tick;

/// `limits_config.max_entries_limit_per_query`, and the limit of a query that names none.
const MOST: usize = 5000;
const USUAL: usize = 100;

pub(super) async fn range(State(server): State<Server>, given: Given) -> Response {
    respond(range_answer(&server, &given))
}

pub(super) async fn instant(State(server): State<Server>, given: Given) -> Response {
    respond(instant_answer(&server, &given))
}

fn respond(answer: Result<Value, Refusal>) -> Response {
    match answer {
        Ok(value) => json_answer(&value),
        Err(refusal) => refusal.into_response(),
    }
}

fn range_answer(server: &Server, given: &Given) -> Result<Value, Refusal> {
    let range = given.range(server.now_nanos())?;
    let limit = limit(given)?;
    let forward = match given
        .get("direction")
        .map(str::to_ascii_lowercase)
        .as_deref()
    {
        None | Some("backward") => false,
        Some("forward") => true,
        Some(other) => return Err(Refusal(format!("invalid direction '{other}'"))),
    };
    match logql::parse(given.get("query").unwrap_or_default())? {
        Query::Log(log) => {
            let found = select(&server.history(), &log, range, forward, limit);
            Ok(answer::streams(found, given.categorize))
        }
        Query::Metric(query) => {
            let step = given.step(range)?;
            // Points stand on multiples of the step, around the range.
            let first = range.0.div_euclid(step) * step;
            let last = -(-range.1).div_euclid(step) * step;
            let points: Vec<i64> = (0..=(last - first) / step)
                .map(|n| first + n * step)
                .collect();
            let series = metric::evaluate(&server.history(), &query, &points);
            Ok(answer::matrix(series))
        }
    }
}

fn instant_answer(server: &Server, given: &Given) -> Result<Value, Refusal> {
    let at = given.time("time")?.unwrap_or_else(|| server.now_nanos());
    match logql::parse(given.get("query").unwrap_or_default())? {
        Query::Log(_) => Err(Refusal::new(
            "log queries are not supported as an instant query type, please change your query to a range query type",
        )),
        Query::Metric(query) => Ok(answer::vector(metric::evaluate(
            &server.history(),
            &query,
            &[at],
        ))),
    }
}

/// The lines of a query from `range.0` on and before `range.1`, up to the limit.
pub(super) fn select(
    history: &History,
    log: &LogQuery,
    range: (i64, i64),
    forward: bool,
    limit: usize,
) -> Vec<Found> {
    let (first, last) = ticks(range);
    let admits = |labels: &logql::Labels| log.selects(labels);
    let mut found = Vec::new();
    let mut ticks = lines::between(history, first, last, &admits);
    while found.len() < limit {
        let next = if forward {
            ticks.next()
        } else {
            ticks.next_back()
        };
        let Some(mut entries) = next else { break };
        entries.retain(|entry| entry.nanos >= range.0 && entry.nanos < range.1);
        if !forward {
            entries.reverse();
        }
        for entry in entries {
            let mut line = Line {
                text: &entry.line,
                stream: &entry.stream,
                metadata: &entry.metadata,
                parsed: logql::Labels::new(),
            };
            if log.passes(&mut line) && found.len() < limit {
                let parsed = line.parsed;
                found.push(Found { entry, parsed });
            }
        }
    }
    found
}

/// The ticks whose lines may lie between these nanoseconds.
pub(super) fn ticks(range: (i64, i64)) -> (Tick, Tick) {
    (
        Tick::not_before_nanos(range.0),
        Tick::not_before_nanos(range.1),
    )
}

fn limit(given: &Given) -> Result<usize, Refusal> {
    let Some(text) = given.get("limit") else {
        return Ok(USUAL);
    };
    let limit: i64 = text
        .parse()
        .map_err(|_| Refusal(format!("strconv.Atoi: parsing \"{text}\": invalid syntax")))?;
    match usize::try_from(limit) {
        Ok(0) | Err(_) => Err(Refusal::new("limit must be a positive value")),
        Ok(limit) if limit > MOST => Err(Refusal(format!(
            "max entries limit per query exceeded, limit > max_entries_limit_per_query ({limit} > {MOST})"
        ))),
        Ok(limit) => Ok(limit),
    }
}
