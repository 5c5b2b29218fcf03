//! `PetShop` (Hardt and others 2024): a shop of forty services on one cloud, 300 s apart: latency,
//! availability and requests, a call graph, and an alarm at the shop's front.
//!
//! The quiet part was recorded on other days than the incidents; it is moved in time so that
//! it ends where an incident's window begins, which is all that a history must do.

mod table;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fleetscope_engine::Signal;
use fleetscope_model::{Direction, Labels, Sample, SignalRole, TimeRange};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use self::table::{Table, graph};
use super::answer::{Answer, Case, answer};
use super::build::{self, Meaning};
use super::files::{folders, json};
use super::{Figure, Outcome, topk};
use crate::{Error, interval};

/// Distance of the samples.
const STEP_MS: i64 = 300_000;
/// Samples of an incident's window.
const WINDOW: usize = 5;
/// Windows of the quiet part have so much history at least, as the corpus' own protocol has it:
/// one half.
const QUIET_FROM: f64 = 0.5;

const LATENCY: Meaning = Meaning {
    name: "latency",
    role: SignalRole::Latency,
    resource: None,
    unit: "s",
    direction: Direction::Up,
    // Nobody feels a millisecond.
    least: 0.001,
};
const FAILURES: Meaning = Meaning {
    name: "failing requests",
    role: SignalRole::Errors,
    resource: None,
    unit: "ratio",
    direction: Direction::Up,
    // One in a thousand: the usual target of availability is three nines.
    least: 0.001,
};
const REQUESTS: Meaning = Meaning {
    name: "requests",
    role: SignalRole::Traffic,
    resource: None,
    unit: "1",
    direction: Direction::Both,
    least: 1.0,
};

/// The part of a case's file that may be seen.
#[derive(Debug, Deserialize)]
struct Visible {
    target: Target,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Target {
    node: String,
    metric: String,
    timestamp: i64,
}

/// The part that only the scorer reads.
#[derive(Debug, Deserialize)]
struct Label {
    root_cause: Culprit,
}

#[derive(Debug, Deserialize)]
struct Culprit {
    node: String,
}

/// Top-1, top-3 and the abstention on quiet windows.
///
/// # Errors
///
/// Where the corpus cannot be read.
pub(super) fn run(data: &Path) -> Result<Outcome, Error> {
    let mut lines = Vec::new();
    let mut hits = Vec::new();
    let mut quiet = Vec::new();
    let mut decided = Vec::new();
    for traffic in folders(&data.join("rca_petshop"))? {
        let calls = graph(&traffic.join("graph.csv"))?;
        let habit = Table::read(&traffic.join("noissue/metrics.csv"))?;
        let (mut answers, mut targets) = (Vec::new(), BTreeSet::new());
        for folder in cases(&traffic)? {
            let seen: Visible = json(&folder.join("target.json"))?;
            let table = Table::read(&folder.join("metrics.csv"))?;
            answers.push((
                answer(&case(&folder, &seen.target, &habit, &table, &calls)),
                folder,
            ));
            targets.insert((seen.target.node, seen.target.metric));
        }
        for (node, metric) in &targets {
            quiet.extend(abstentions(node, metric, &habit, &calls));
        }
        for (answer, folder) in &answers {
            let label: Label = json(&folder.join("target.json"))?;
            lines.push(answer.line(&label.root_cause.node));
            hits.push(score(answer, &label.root_cause.node));
            decided.push(f64::from(u8::from(answer.decided)));
        }
    }
    let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len().max(1) as f64;
    let at = |k: usize| hits.iter().map(|hit| hit[k]).collect::<Vec<f64>>();
    let figure = |name: &str, values: &[f64], peers| Figure {
        name: name.to_owned(),
        cases: values.len(),
        interval: interval(values, mean),
        peers,
    };
    let figures = vec![
        figure(
            "top-1",
            &at(0),
            "ranked correlation .59, traversal .62, CIRCA .385, fusion .67",
        ),
        figure(
            "top-3",
            &at(1),
            "ranked correlation .77, traversal .77, CIRCA .92, fusion .885",
        ),
        figure("names one cause", &decided, ""),
        figure("abstains on quiet windows", &quiet, ""),
    ];
    Ok(Outcome {
        figures,
        cases: lines,
    })
}

fn score(answer: &Answer, culprit: &str) -> [f64; 2] {
    if answer.nothing_wrong {
        return [0.0; 2];
    }
    [1, 3].map(|k| topk::hit(&answer.ranking, culprit, k))
}

fn case(
    folder: &Path,
    target: &Target,
    habit: &Table,
    table: &Table,
    calls: &[(String, String)],
) -> Case {
    let start = table.times.first().copied().unwrap_or_default();
    let history = habit.moved(start - STEP_MS);
    let since = Timestamp::from_second(target.timestamp).unwrap_or_default();
    let id = folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    whole(
        id,
        (&target.node, &target.metric, since),
        &history,
        table,
        calls,
    )
}

/// The engine's answers to the quiet part, cut into windows as long as the incidents', each with an
/// alarm that is false.
fn abstentions(node: &str, metric: &str, habit: &Table, calls: &[(String, String)]) -> Vec<f64> {
    let half = (habit.times.len() as f64 * QUIET_FROM) as usize;
    (half..habit.times.len().saturating_sub(WINDOW))
        .step_by(WINDOW)
        .map(|from| {
            let (history, table) = (habit.cut(0, from), habit.cut(from, from + WINDOW));
            let since = stamp(table.times[WINDOW / 2]);
            let case = whole(
                String::new(),
                (node, metric, since),
                &history,
                &table,
                calls,
            );
            f64::from(u8::from(answer(&case).nothing_wrong))
        })
        .collect()
}

fn whole(
    id: String,
    (node, metric, since): (&str, &str, Timestamp),
    history: &Table,
    table: &Table,
    calls: &[(String, String)],
) -> Case {
    let start = stamp(table.times.first().copied().unwrap_or_default());
    let end = stamp(table.times.last().copied().unwrap_or_default());
    let window =
        TimeRange::new(start, end).unwrap_or_else(|| TimeRange::ending(end, SignedDuration::ZERO));
    let meaning = if metric == "latency" {
        LATENCY
    } else {
        FAILURES
    };
    let alarm = build::alarm(node, meaning, window, since);
    let signals = signals(history, table);
    let input = build::input(window, vec![alarm], signals, calls);
    Case { id, input }
}

fn signals(history: &Table, table: &Table) -> Vec<Signal> {
    let mut signals = Vec::new();
    for ((node, metric), values) in &table.columns {
        let (meaning, convert): (Meaning, fn(f64) -> f64) = match metric.as_str() {
            "latency" => (LATENCY, |seconds| seconds),
            "availability" => (FAILURES, |percent| 1.0 - percent / 100.0),
            _ => (REQUESTS, |count| count),
        };
        let past = history.columns.get(&(node.clone(), metric.clone()));
        let samples = past
            .into_iter()
            .flat_map(|past| history.times.iter().zip(past))
            .chain(table.times.iter().zip(values))
            .map(|(at_ms, value)| Sample {
                at_ms: *at_ms,
                value: convert(*value),
            });
        signals.push(build::signal(
            node,
            meaning,
            Labels::new(),
            samples.collect(),
        ));
    }
    signals
}

fn stamp(at_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(at_ms).unwrap_or_default()
}

fn cases(traffic: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = folders(&traffic.join("train"))?;
    found.extend(folders(&traffic.join("test"))?);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_read_without_its_answer() {
        let text = r#"{"target": {"node": "n", "metric": "latency", "timestamp": 7}}"#;
        let seen: Visible = serde_json::from_str(text).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(seen.target.node, "n");
        assert!(serde_json::from_str::<Label>(text).is_err());
    }
}
