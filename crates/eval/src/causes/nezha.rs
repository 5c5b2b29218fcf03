//! Nezha (Yu and others 2023): two shops of many services on Kubernetes with injected faults. Online
//! Boutique as metrics only, Train Ticket with traces and logs too. The answer is a service.
//!
//! The window begins where the fault was injected. The quiet part of the same day serves as history;
//! it is moved in time so that it ends where a case's own samples begin.

mod score;
mod spans;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fleetscope_engine::{Input, Signal};
use fleetscope_model::{Direction, Labels, Resource, Sample, SignalRole, TimeRange};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use self::table::Table;
use super::Outcome;
use super::answer::{Answer, Case, answer};
use super::build::{self, Meaning};
use super::files::{folders, json};
use crate::Error;

/// A case's metrics end so long after the injection.
const AFTER: SignedDuration = SignedDuration::from_mins(5);
/// Distance of the samples of metrics.
const STEP_MS: i64 = 60_000;

const fn metric(
    name: &'static str,
    (role, resource): (SignalRole, Option<Resource>),
    unit: &'static str,
    least: f64,
) -> Meaning {
    Meaning {
        name,
        role,
        resource,
        unit,
        direction: Direction::Up,
        least,
    }
}

/// The columns of a pod's metrics that mean something in both shops. What is left out repeats
/// another (shares and amounts, three quantiles), or is about the node or all bytes on the network.
const COLUMNS: [(&str, Meaning); 6] = [
    (
        "CpuUsageRate(%)",
        metric(
            "CPU share of limit",
            (SignalRole::Resource, Some(Resource::Cpu)),
            "%",
            1.0,
        ),
    ),
    (
        "MemoryUsageRate(%)",
        metric(
            "memory share of limit",
            (SignalRole::Resource, Some(Resource::Memory)),
            "%",
            1.0,
        ),
    ),
    (
        "SyscallRead",
        metric(
            "reading system calls",
            (SignalRole::Resource, Some(Resource::Disk)),
            "1",
            10.0,
        ),
    ),
    (
        "SyscallWrite",
        metric(
            "writing system calls",
            (SignalRole::Resource, Some(Resource::Disk)),
            "1",
            10.0,
        ),
    ),
    (
        "PodServerLatencyP90(s)",
        metric(
            "request latency p90",
            (SignalRole::Latency, None),
            "s",
            0.005,
        ),
    ),
    (
        "PodWorkload(Ops)",
        metric("requests", (SignalRole::Traffic, None), "1/s", 0.1),
    ),
];

/// Latency between a caller and what it calls, as the caller has it.
const SEEN: Meaning = metric(
    "latency as callers see it",
    (SignalRole::Latency, None),
    "s",
    0.005,
);

/// One of the two shops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shop {
    /// Metrics only.
    OnlineBoutique,
    /// Metrics, traces and logs.
    TrainTicket,
}

impl Shop {
    const fn system(self) -> &'static str {
        match self {
            Self::OnlineBoutique => "OB",
            Self::TrainTicket => "TT",
        }
    }

    const fn peers(self) -> [&'static str; 3] {
        match self {
            Self::OnlineBoutique => ["MicroRCA .16", "MicroRCA .625", "MicroRCA .928"],
            Self::TrainTicket => ["Nezha .867 (lenient ties)", "Nezha .978 (lenient ties)", ""],
        }
    }
}

/// What may be seen of a case beside its readings.
#[derive(Debug, Deserialize)]
struct About {
    id: String,
    system: String,
    date: String,
    inject_time_utc: String,
}

/// AS@1, AS@3 and AS@5 of one shop.
///
/// # Errors
///
/// Where the corpus cannot be read.
pub(super) fn run(shop: Shop, data: &Path) -> Result<Outcome, Error> {
    let root = data.join("rca_nezha");
    let mut quiet: BTreeMap<String, Quiet> = BTreeMap::new();
    let mut answers: Vec<Answer> = Vec::new();
    for folder in folders(&root.join("cases"))? {
        let about: About = json(&folder.join("case.json"))?;
        if about.system != shop.system() {
            continue;
        }
        if !quiet.contains_key(&about.date) {
            let day = Quiet::read(shop, &root.join("normal").join(&about.date))?;
            quiet.insert(about.date.clone(), day);
        }
        let case = Case {
            input: input(shop, &folder, &about, &quiet[&about.date])?,
            id: about.id,
        };
        answers.push(answer(&case));
    }
    score::outcome(shop, &answers, &root)
}

/// The quiet part of a day.
struct Quiet {
    metrics: Table,
    edges: Option<Table>,
    spans: Option<spans::Requests>,
}

impl Quiet {
    fn read(shop: Shop, folder: &Path) -> Result<Self, Error> {
        let metrics = Table::read(&folder.join("metrics.csv.gz"))?;
        let (edges, spans) = match shop {
            Shop::OnlineBoutique => (Some(Table::read(&folder.join("source_50.csv.gz"))?), None),
            Shop::TrainTicket => (None, Some(spans::read(folder)?)),
        };
        Ok(Self {
            metrics,
            edges,
            spans,
        })
    }
}

fn input(shop: Shop, folder: &Path, about: &About, quiet: &Quiet) -> Result<Input, Error> {
    let text = about.inject_time_utc.replace(' ', "T") + "Z";
    let since: Timestamp = text.parse().map_err(|why| Error::malformed(folder, &why))?;
    let end = since.checked_add(AFTER).unwrap_or(since);
    let window = TimeRange::ending(end, AFTER);
    let mut signals = pods(
        &quiet.metrics,
        &Table::read(&folder.join("metrics.csv.gz"))?,
    );
    let mut calls = BTreeSet::new();
    let mut conduct = Vec::new();
    match (&quiet.edges, &quiet.spans) {
        (Some(habit), _) if shop == Shop::OnlineBoutique => {
            let table = Table::read(&folder.join("source_50.csv.gz"))?;
            signals.extend(seen_by_callers(habit, &table, &mut calls));
        }
        (_, Some(habit)) => {
            let now = spans::read(folder)?;
            let told = spans::compare(habit, &now, since);
            signals.extend(told.signals);
            calls.extend(told.calls);
            conduct = told.conduct;
        }
        _ => {}
    }
    let calls: Vec<(String, String)> = calls.into_iter().collect();
    let mut input = build::input(window, Vec::new(), signals, &calls);
    input.conduct = conduct;
    Ok(input)
}

/// The service of a pod: its name less the two parts that Kubernetes adds.
fn service_of(pod: &str) -> &str {
    pod.rsplitn(3, '-').nth(2).unwrap_or(pod)
}

/// The quiet samples, moved to end one step before the case's, and the case's.
fn joined(habit: &[(i64, f64)], now: &[(i64, f64)]) -> Vec<Sample> {
    let begin = now.first().map_or(0, |(at, _)| *at);
    let by = begin - STEP_MS - habit.last().map_or(0, |(at, _)| *at);
    let sample = |at_ms: i64, value: f64| Sample { at_ms, value };
    habit
        .iter()
        .map(|(at, value)| sample(at + by, *value))
        .chain(now.iter().map(|(at, value)| sample(*at, *value)))
        .collect()
}

fn pods(habit: &Table, now: &Table) -> Vec<Signal> {
    let mut signals = Vec::new();
    for pod in now.subjects() {
        for (column, meaning) in COLUMNS {
            let values = now.column(pod, column);
            if values.is_empty() {
                continue;
            }
            let samples = joined(&habit.column(pod, column), &values);
            signals.push(build::signal(
                service_of(pod),
                meaning,
                Labels::new(),
                samples,
            ));
        }
    }
    signals
}

/// The columns of a table of edges are `caller_callee`.
fn seen_by_callers(
    habit: &Table,
    now: &Table,
    calls: &mut BTreeSet<(String, String)>,
) -> Vec<Signal> {
    let mut signals = Vec::new();
    for column in now.columns() {
        let Some((caller, callee)) = column.split_once('_') else {
            continue;
        };
        let samples = joined(&habit.column("", column), &now.column("", column));
        let labels = Labels::from([("caller".to_owned(), caller.to_owned())]);
        signals.push(build::signal(callee, SEEN, labels, samples));
        calls.insert((caller.to_owned(), callee.to_owned()));
    }
    signals
}
