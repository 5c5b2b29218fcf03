//! Traces and the log lines that carry their ids, as requests through services.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use fleetscope_engine::{Conduct, Signal};
use fleetscope_model::{EvidenceId, Labels, Sample, SignalRole};
use jiff::Timestamp;

use super::super::build::{self, Meaning};
use super::table::rows;
use super::{metric, service_of};
use crate::Error;

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

#[derive(Debug)]
struct Span {
    parent: String,
    service: String,
    operation: String,
    start_ns: i64,
    end_ns: i64,
}

/// Reads every trace and log file of a folder.
pub(super) fn read(folder: &Path) -> Result<Requests, Error> {
    let mut spans: BTreeMap<String, Span> = BTreeMap::new();
    let mut lines: Vec<(i64, String, String)> = Vec::new();
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::unreadable(folder))? {
        files.push(entry.map_err(Error::unreadable(folder))?.path());
    }
    files.sort();
    for path in files {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.ends_with("_trace.csv.gz") {
            for row in rows(&path)?.1 {
                if let [_, id, parent, pod, operation, start, end, ..] = fields(&row)[..] {
                    let number = |text: &str| text.parse().unwrap_or(0);
                    let span = Span {
                        parent: parent.to_owned(),
                        service: service_of(pod).to_owned(),
                        operation: operation.to_owned(),
                        start_ns: number(start),
                        end_ns: number(end),
                    };
                    spans.entry(id.to_owned()).or_insert(span);
                }
            }
        } else if name.ends_with("_log.csv.gz") {
            for row in rows(&path)?.1 {
                if let [_, at, _, _, _, _, span, line, ..] = fields(&row)[..] {
                    let at = at.parse().unwrap_or(0);
                    lines.push((at, span.to_owned(), template(line)));
                }
            }
        }
    }
    lines.sort();
    Ok(requests(&spans, lines))
}

fn fields(row: &csv::StringRecord) -> Vec<&str> {
    row.iter().collect()
}

/// A line without what differs from request to request: the time at its front, ids and numbers.
fn template(raw: &str) -> String {
    let parsed: Option<serde_json::Value> = serde_json::from_str(raw).ok();
    let text = parsed
        .as_ref()
        .and_then(|value| value.get("log")?.as_str())
        .unwrap_or(raw);
    let mut words = Vec::new();
    let mut skip = false;
    for word in text.split_whitespace().skip(1) {
        if std::mem::take(&mut skip) {
            continue;
        }
        if matches!(word, "TraceID:" | "SpanID:") {
            skip = true;
            continue;
        }
        // A place in the code has its line's number after a hash; it is what does not vary.
        let varies = word.chars().any(|c| c.is_ascii_digit()) && !word.contains('#');
        words.push(if varies { "<*>" } else { word });
        // What follows is values.
        if words.len() == 6 {
            break;
        }
    }
    words.join(" ")
}

fn requests(spans: &BTreeMap<String, Span>, lines: Vec<(i64, String, String)>) -> Requests {
    let milliseconds = |span: &Span| (span.end_ns - span.start_ns) as f64 / 1e6;
    // The span at which a request enters the service.
    let entry = |id: &str| {
        let mut at = id.to_owned();
        for _ in 0..64 {
            let span = spans.get(&at)?;
            match spans.get(&span.parent) {
                Some(parent) if parent.service == span.service => at.clone_from(&span.parent),
                _ => return Some(at),
            }
        }
        None
    };
    let mut found: BTreeMap<String, Request> = BTreeMap::new();
    for (id, span) in spans {
        if entry(id).as_deref() != Some(id.as_str()) {
            continue;
        }
        let parent = spans.get(&span.parent);
        let request = Request {
            service: span.service.clone(),
            operation: span.operation.clone(),
            caller: parent.map(|parent| parent.service.clone()),
            start_ms: span.start_ns / 1_000_000,
            own: milliseconds(span),
            answer: milliseconds(parent.unwrap_or(span)),
            way: parent.map(|parent| (milliseconds(parent) - milliseconds(span)).max(0.0)),
            lines: Vec::new(),
        };
        found.insert(id.clone(), request);
    }
    // What others take of a service's time is the calls' time as the caller has it.
    for span in spans.values() {
        let Some(parent) = spans.get(&span.parent) else {
            continue;
        };
        if parent.service == span.service {
            continue;
        }
        if let Some(caller) = entry(&span.parent).and_then(|id| found.get_mut(&id)) {
            caller.own = (caller.own - milliseconds(parent)).max(0.0);
        }
    }
    for (_, span, line) in lines {
        if let Some(request) = entry(&span).and_then(|id| found.get_mut(&id)) {
            request.lines.push(line);
        }
    }
    Requests(found.into_values().collect())
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

fn own(request: &Request) -> Option<Reading<'_>> {
    let kind = (request.service.as_str(), request.operation.as_str());
    Some((&request.service, "", kind, request.own))
}

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
