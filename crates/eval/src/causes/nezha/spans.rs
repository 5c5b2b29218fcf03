//! Traces and the log lines that carry their ids, as requests through services.

mod read;

use std::collections::{BTreeMap, BTreeSet};

use fleetscope_engine::{Conduct, Signal};
use fleetscope_model::{EvidenceId, Labels, Sample, SignalRole};
use jiff::Timestamp;

pub(super) use self::read::read;
use super::super::build::{self, Meaning};
use super::metric;

/// Requests are averaged over so long, for one of them says little.
const BUCKET_MS: i64 = 10_000;

/// Quiet requests are moved at least so far before the injection.
const MINUTE_MS: i64 = 60_000;

/// Time that passes in a service itself, adjusted for the mix of operations.
const OWN: Meaning = metric("own time", (SignalRole::Saturation, None), "ms", 5.0);
/// Time that an answer takes as its caller has it, adjusted likewise.
const ANSWER: Meaning = metric("answer time", (SignalRole::Latency, None), "ms", 5.0);
/// How many requests traces show.
const COUNT: Meaning = metric("requests in traces", (SignalRole::Traffic, None), "1", 1.0);
/// Time between a caller's clock and the callee's, adjusted likewise.
const WAY_IN: Meaning = metric("way from callers", (SignalRole::Latency, None), "ms", 5.0);
/// The same, as the caller's.
const WAY_OUT: Meaning = metric("way to callees", (SignalRole::Saturation, None), "ms", 5.0);

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
        signals: signals(&usual, &timed),
        calls,
        conduct: conduct(&usual, &after),
    }
}

/// Something of a request that is measured: of what, under which label, for which kind, how much.
type Reading<'a> = (&'a str, &'a str, (&'a str, &'a str), f64);

#[expect(
    clippy::unnecessary_wraps,
    reason = "one of several measures, of which others may be missing"
)]
fn own(request: &Request) -> Option<Reading<'_>> {
    let kind = (request.service.as_str(), request.operation.as_str());
    Some((&request.service, "", kind, request.own))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "one of several measures, of which others may be missing"
)]
fn answer(request: &Request) -> Option<Reading<'_>> {
    let kind = (request.service.as_str(), request.operation.as_str());
    Some((&request.service, "", kind, request.answer))
}

fn way_in(request: &Request) -> Option<Reading<'_>> {
    let caller = request.caller.as_deref()?;
    Some((
        &request.service,
        caller,
        (caller, &request.service),
        request.way?,
    ))
}

fn way_out(request: &Request) -> Option<Reading<'_>> {
    let caller = request.caller.as_deref()?;
    Some((
        caller,
        &request.service,
        (caller, &request.service),
        request.way?,
    ))
}

fn signals(usual: &[&Request], timed: &[(i64, &Request)]) -> Vec<Signal> {
    type Measure = for<'a> fn(&'a Request) -> Option<Reading<'a>>;
    let measures: [(Meaning, Measure); 4] = [
        (OWN, own),
        (ANSWER, answer),
        (WAY_IN, way_in),
        (WAY_OUT, way_out),
    ];
    let mut signals = Vec::new();
    for (meaning, measure) in measures {
        let mut habits: BTreeMap<(&str, &str), Vec<f64>> = BTreeMap::new();
        for (_, _, kind, value) in usual.iter().filter_map(|request| measure(request)) {
            habits.entry(kind).or_default().push(value);
        }
        for values in habits.values_mut() {
            values.sort_by(f64::total_cmp);
        }
        // What a kind of request takes more than usual, above the level of all kinds.
        let mut levels: BTreeMap<(&str, &str), f64> = BTreeMap::new();
        let mut counts: BTreeMap<(&str, &str), f64> = BTreeMap::new();
        for (subject, label, kind, _) in usual.iter().filter_map(|request| measure(request)) {
            let habit = &habits[&kind];
            *levels.entry((subject, label)).or_default() += habit[habit.len() / 2];
            *counts.entry((subject, label)).or_default() += 1.0;
        }
        for (key, level) in &mut levels {
            *level /= counts[key];
        }
        let mut buckets: BTreeMap<(&str, &str), BTreeMap<i64, Vec<f64>>> = BTreeMap::new();
        for (at, request) in timed {
            let Some((subject, label, kind, value)) = measure(request) else {
                continue;
            };
            let (Some(habit), Some(level)) = (habits.get(&kind), levels.get(&(subject, label)))
            else {
                continue;
            };
            let series = buckets.entry((subject, label)).or_default();
            let bucket = series.entry(at.div_euclid(BUCKET_MS)).or_default();
            bucket.push(value - habit[habit.len() / 2] + level);
        }
        let peers = |of: &str| buckets.keys().filter(|(subject, _)| *subject == of).count();
        // What is between one and its only callee may be either's, and is told as the callee's.
        let lone: BTreeSet<&str> = buckets
            .keys()
            .map(|(subject, _)| *subject)
            .filter(|subject| meaning.name == WAY_OUT.name && peers(subject) < 2)
            .collect();
        for ((subject, label), series) in buckets {
            if lone.contains(subject) {
                continue;
            }
            if meaning.name == ANSWER.name {
                let counts = series.iter().map(|(bucket, values)| Sample {
                    at_ms: bucket * BUCKET_MS + BUCKET_MS / 2,
                    value: values.len() as f64,
                });
                signals.push(build::signal(
                    subject,
                    COUNT,
                    Labels::new(),
                    counts.collect(),
                ));
            }
            let samples = series.into_iter().map(|(bucket, values)| Sample {
                at_ms: bucket * BUCKET_MS + BUCKET_MS / 2,
                value: values.iter().sum::<f64>() / values.len() as f64,
            });
            let labels = Labels::from([("peer".to_owned(), label.to_owned())]);
            signals.push(build::signal(subject, meaning, labels, samples.collect()));
        }
    }
    signals
}

/// The line that a request ends with, and every line that tells of an error.
fn telling(request: &Request) -> BTreeSet<&str> {
    let errors = request.lines.iter().filter(|line| line.starts_with(ERROR));
    let mut told: BTreeSet<&str> = errors.map(String::as_str).collect();
    told.insert(request.lines.last().map_or(SILENT, String::as_str));
    told
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
    for request in usual {
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
