//! Traces and the log lines that carry their ids, as requests through services.

mod read;
mod signals;

use std::collections::{BTreeMap, BTreeSet};

use fleetscope_engine::{Conduct, Signal};
use fleetscope_model::EvidenceId;
use jiff::Timestamp;

pub(super) use self::read::read;
use super::super::build;

/// Requests are told together over so long, for one of them says little.
const BUCKET_MS: i64 = 10_000;

/// Quiet requests are moved at least so far before the injection.
const MINUTE_MS: i64 = 60_000;

/// What stands for a line where a request logs none.
const SILENT: &str = "(no line)";
/// How a line of this corpus tells of an error: its first word after the time.
const ERROR: &str = "ERROR";

/// One service's part in one request.
#[derive(Debug, Clone)]
struct Request {
    service: String,
    operation: String,
    caller: Option<String>,
    start_ms: i64,
    /// Milliseconds in the service itself.
    own: f64,
    /// Milliseconds until the answer, as the caller has it where there is one.
    answer: f64,
    /// Milliseconds between the caller's span and this one.
    way: Option<f64>,
    /// What it logged, in order of time.
    lines: Vec<String>,
}

/// All parts in all requests.
#[derive(Debug, Clone)]
pub(super) struct Requests(Vec<Request>);

/// What the comparison tells.
pub(super) struct Told {
    pub(super) signals: Vec<Signal>,
    pub(super) calls: BTreeSet<(String, String)>,
    pub(super) conduct: Vec<Conduct>,
}

/// The case's requests since the injection beside those of the quiet part. Those just before it
/// are neither: the corpus' time of injection is late by up to a minute.
pub(super) fn compare(habit: &Requests, now: &Requests, since: Timestamp) -> Told {
    let since_ms = since.as_millisecond();
    let usual: Vec<&Request> = habit.0.iter().collect();
    let after: Vec<&Request> = now.0.iter().filter(|r| r.start_ms >= since_ms).collect();
    let first = now.0.iter().map(|r| r.start_ms).min().unwrap_or(since_ms);
    let last = usual.iter().map(|r| r.start_ms).max().unwrap_or(0);
    let by = first.min(since_ms - MINUTE_MS) - BUCKET_MS - last;
    let quiet = usual
        .iter()
        .map(|request| (request.start_ms + by, *request));
    let since = after.iter().map(|request| (request.start_ms, *request));
    let timed: Vec<(i64, &Request)> = quiet.chain(since).collect();
    let mut calls = BTreeSet::new();
    for request in usual.iter().chain(&after) {
        if let Some(caller) = &request.caller {
            calls.insert((caller.clone(), request.service.clone()));
        }
    }
    Told {
        signals: signals::signals(&timed, since_ms),
        calls,
        conduct: conduct(&usual, &after),
    }
}

/// The line that a request ends with, and every line that tells of an error.
fn telling(request: &Request) -> BTreeSet<&str> {
    let errors = request.lines.iter().filter(|line| line.starts_with(ERROR));
    let mut told: BTreeSet<&str> = errors.map(String::as_str).collect();
    told.insert(request.lines.last().map_or(SILENT, String::as_str));
    told
}

fn fails(request: &Request) -> bool {
    request.lines.iter().any(|line| line.starts_with(ERROR))
}

/// How requests of each kind end.
fn conduct(usual: &[&Request], now: &[&Request]) -> Vec<Conduct> {
    let kind = |request: &&Request| (request.service.clone(), request.operation.clone());
    let mut requests: BTreeMap<(String, String), [u32; 2]> = BTreeMap::new();
    let mut endings: BTreeMap<((String, String), String), [u32; 3]> = BTreeMap::new();
    for (side, all) in [usual, now].into_iter().enumerate() {
        for request in all {
            requests.entry(kind(request)).or_default()[side] += 1;
            for told in telling(request) {
                endings.entry((kind(request), told.to_owned())).or_default()[side] += 1;
            }
        }
    }
    for request in usual.iter().filter(|request| !fails(request)) {
        let mut said: BTreeSet<&str> = request.lines.iter().map(String::as_str).collect();
        // Silence is to break off before the first line.
        said.insert(SILENT);
        for line in said {
            if let Some(counts) = endings.get_mut(&(kind(request), line.to_owned())) {
                counts[2] += 1;
            }
        }
    }
    let told = endings.into_iter().map(|((kind, ending), counts)| {
        let of = requests[&kind];
        let (service, operation) = kind;
        Conduct {
            evidence: EvidenceId(format!("{service}/{operation}/ending")),
            entity: build::service(&service),
            fails: ending.starts_with(ERROR),
            operation,
            ending,
            requests_now: of[1],
            so_now: counts[1],
            requests_usually: of[0],
            so_usually: counts[0],
            passed_usually: counts[2],
        }
    });
    told.collect()
}
