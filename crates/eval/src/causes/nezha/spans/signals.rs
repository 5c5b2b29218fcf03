//! Series of what requests take, adjusted for the mix of their kinds.

use std::collections::{BTreeMap, BTreeSet};

use fleetscope_engine::{Signal, stats};
use fleetscope_model::{Labels, Sample, SignalRole};

use super::super::super::build::{self, Meaning};
use super::super::metric;
use super::{BUCKET_MS, MINUTE_MS, Request};

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

/// Of fewer quiet stretches the engine makes no habit: a rare series borrows the rest from its kin.
const LEAST_HISTORY: usize = 3;
/// Fewer residuals are no distribution to borrow from: its quartiles would be single values.
const LEAST_KIN: usize = 20;

/// Something of a request that is measured: of what, under which label, for which kind, how much.
struct Reading<'a> {
    of: Key<'a>,
    kind: Key<'a>,
    value: f64,
}
type Key<'a> = (&'a str, &'a str);
type Measure = for<'a> fn(&'a Request) -> Option<Reading<'a>>;
/// The value of each stretch of time, by its number.
type Stretches = BTreeMap<i64, f64>;

#[expect(
    clippy::unnecessary_wraps,
    reason = "one of several measures, of which others may be missing"
)]
fn own(request: &Request) -> Option<Reading<'_>> {
    Some(Reading {
        of: (&request.service, ""),
        kind: (&request.service, &request.operation),
        value: request.own,
    })
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "one of several measures, of which others may be missing"
)]
fn answer(request: &Request) -> Option<Reading<'_>> {
    Some(Reading {
        of: (&request.service, ""),
        kind: (&request.service, &request.operation),
        value: request.answer,
    })
}

fn way_in(request: &Request) -> Option<Reading<'_>> {
    let caller = request.caller.as_deref()?;
    Some(Reading {
        of: (&request.service, caller),
        kind: (caller, &request.service),
        value: request.way?,
    })
}

fn way_out(request: &Request) -> Option<Reading<'_>> {
    let way = way_in(request)?;
    Some(Reading {
        of: way.kind,
        ..way
    })
}

/// All series of requests: the quiet ones and, from an instant on, those to compare with them.
pub(super) fn signals(timed: &[(i64, &Request)], since_ms: i64) -> Vec<Signal> {
    let measures: [(Meaning, Measure); 4] = [
        (OWN, own),
        (ANSWER, answer),
        (WAY_IN, way_in),
        (WAY_OUT, way_out),
    ];
    let mut signals = counts(timed);
    for (meaning, measure) in measures {
        let mut series = adjusted(timed, since_ms, measure);
        let mut peers: BTreeMap<&str, usize> = BTreeMap::new();
        for (subject, _) in series.keys() {
            *peers.entry(subject).or_default() += 1;
        }
        borrow(&mut series, since_ms);
        for ((subject, label), stretches) in &series {
            // What is between one and its only callee may be either's, and is told as the callee's.
            if meaning.name == WAY_OUT.name && peers[subject] < 2 {
                continue;
            }
            let labels = Labels::from([("peer".to_owned(), (*label).to_owned())]);
            let samples = stretches.iter().map(|(at, value)| sample(*at, *value));
            signals.push(build::signal(subject, meaning, labels, samples.collect()));
        }
    }
    signals
}

fn sample(stretch: i64, value: f64) -> Sample {
    Sample {
        at_ms: stretch * BUCKET_MS + BUCKET_MS / 2,
        value,
    }
}

fn is_quiet(stretch: i64, since_ms: i64) -> bool {
    stretch * BUCKET_MS + BUCKET_MS / 2 < since_ms - MINUTE_MS
}

/// How many requests each service had. Where requests of others were seen, none is a count too.
fn counts(timed: &[(i64, &Request)]) -> Vec<Signal> {
    let numbers = || timed.iter().map(|(at, _)| at.div_euclid(BUCKET_MS));
    let seen: BTreeSet<i64> = numbers().collect();
    let mut counts: BTreeMap<&str, BTreeMap<i64, usize>> = BTreeMap::new();
    for (number, (_, request)) in numbers().zip(timed) {
        let counts = counts.entry(&request.service).or_default();
        *counts.entry(number).or_default() += 1;
    }
    let signal = |(service, counts): (&str, BTreeMap<i64, usize>)| {
        let count = |number: &i64| counts.get(number).copied().unwrap_or(0) as f64;
        let samples = seen.iter().map(|number| sample(*number, count(number)));
        build::signal(service, COUNT, Labels::new(), samples.collect())
    };
    counts.into_iter().map(signal).collect()
}

/// What requests take more than is usual for their kind, above the usual level of all kinds. A stretch
/// of time is told by the median of its requests: one slow request among several is no trouble.
fn adjusted<'a>(
    timed: &[(i64, &'a Request)],
    since_ms: i64,
    measure: Measure,
) -> BTreeMap<Key<'a>, Stretches> {
    let quiet = || timed.iter().filter(|(at, _)| *at < since_ms);
    let usual = usual(quiet().filter_map(|(_, request)| measure(request)));
    let mut levels: BTreeMap<Key<'_>, Vec<f64>> = BTreeMap::new();
    for reading in quiet().filter_map(|(_, request)| measure(request)) {
        levels
            .entry(reading.of)
            .or_default()
            .push(usual[&reading.kind]);
    }
    let mut values: BTreeMap<Key<'_>, BTreeMap<i64, Vec<f64>>> = BTreeMap::new();
    for (at, request) in timed {
        let Some(reading) = measure(request) else {
            continue;
        };
        let (Some(usual), Some(levels)) = (usual.get(&reading.kind), levels.get(&reading.of))
        else {
            continue;
        };
        let level = levels.iter().sum::<f64>() / levels.len() as f64;
        let stretches = values.entry(reading.of).or_default();
        let stretch = stretches.entry(at.div_euclid(BUCKET_MS)).or_default();
        stretch.push(reading.value - usual + level);
    }
    let told = |stretches: BTreeMap<i64, Vec<f64>>| {
        let told = stretches.into_iter();
        told.filter_map(|(at, values)| Some((at, stats::median(&values)?)))
            .collect()
    };
    values
        .into_iter()
        .map(|(key, stretches)| (key, told(stretches)))
        .collect()
}

/// What each kind of request takes usually.
fn usual<'a>(readings: impl Iterator<Item = Reading<'a>>) -> BTreeMap<Key<'a>, f64> {
    let mut habits: BTreeMap<Key<'_>, Vec<f64>> = BTreeMap::new();
    for reading in readings {
        habits.entry(reading.kind).or_default().push(reading.value);
    }
    let middle = |mut habit: Vec<f64>| {
        habit.sort_by(f64::total_cmp);
        habit[habit.len() / 2]
    };
    habits
        .into_iter()
        .map(|(kind, habit)| (kind, middle(habit)))
        .collect()
}

/// Gives a series that is too rare to have a habit the habit of its kin: around its own median the
/// spread of all others of the same measure, as a prior of which its own values are the rest.
fn borrow(series: &mut BTreeMap<Key<'_>, Stretches>, since_ms: i64) {
    let quiet = |stretches: &Stretches| -> Vec<f64> {
        let quiet = stretches.iter().filter(|(at, _)| is_quiet(**at, since_ms));
        quiet.map(|(_, value)| *value).collect()
    };
    let mut kin: Vec<f64> = Vec::new();
    for stretches in series.values() {
        let habit = quiet(stretches);
        if let Some(middle) = stats::median(&habit).filter(|_| habit.len() >= LEAST_HISTORY) {
            kin.extend(habit.iter().map(|value| value - middle));
        }
    }
    if kin.len() < LEAST_KIN {
        return;
    }
    let first = series.values().filter_map(|s| s.keys().next().copied());
    let first = first.min().unwrap_or(0);
    for stretches in series.values_mut() {
        let habit = quiet(stretches);
        let Some(middle) = stats::median(&habit) else {
            continue;
        };
        let lacking = LEAST_HISTORY.saturating_sub(habit.len());
        for number in 0..lacking {
            let share = (number as f64 + 0.5) / lacking as f64;
            if let Some(off) = stats::quantile(&kin, share) {
                stretches.insert(first - (lacking - number) as i64, middle + off);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SINCE: i64 = 10_000_000;

    fn request(service: &str, caller: &str, at: i64, way: f64) -> (i64, Request) {
        let request = Request {
            service: service.to_owned(),
            operation: "get".to_owned(),
            caller: Some(caller.to_owned()),
            start_ms: at,
            own: 5.0,
            answer: 5.0 + way,
            way: Some(way),
            lines: Vec::new(),
        };
        (at, request)
    }

    fn signal<'a>(signals: &'a [Signal], of: &str, name: &str) -> &'a Signal {
        let found = signals
            .iter()
            .find(|s| s.entity.name == of && s.name == name);
        found.unwrap()
    }

    fn shop() -> Vec<Signal> {
        let quiet = SINCE - 10 * MINUTE_MS;
        let mut all = Vec::new();
        for number in 0..8 {
            for often in ["a", "b", "c"] {
                let way = f64::from(number % 3) + 3.0;
                all.push(request(
                    often,
                    "door",
                    quiet + i64::from(number) * BUCKET_MS,
                    way,
                ));
            }
        }
        all.push(request("rare", "door", quiet, 4.0));
        for way in [3.0, 900.0, 5.0] {
            all.push(request("a", "door", SINCE, way));
        }
        all.push(request("rare", "door", SINCE + BUCKET_MS, 2000.0));
        let timed: Vec<(i64, &Request)> = all.iter().map(|(at, r)| (*at, r)).collect();
        signals(&timed, SINCE)
    }

    #[test]
    fn one_slow_request_among_several_is_no_trouble() {
        let signals = shop();
        let samples = &signal(&signals, "a", WAY_IN.name).series.samples;
        assert!((samples.last().unwrap().value - 5.0).abs() < 1e-9);
    }

    #[test]
    fn a_rare_series_borrows_its_habit_from_others() {
        let signals = shop();
        let samples = &signal(&signals, "rare", WAY_IN.name).series.samples;
        let quiet: Vec<f64> = samples
            .iter()
            .filter(|s| s.at_ms < SINCE)
            .map(|s| s.value)
            .collect();
        assert_eq!(quiet.len(), LEAST_HISTORY);
        assert!(quiet.iter().all(|value| (2.0..6.0).contains(value)));
        assert!((samples.last().unwrap().value - 2000.0).abs() < 1e-9);
    }

    #[test]
    fn no_request_is_a_count() {
        let signals = shop();
        let counts = &signal(&signals, "rare", COUNT.name).series.samples;
        let counts: Vec<f64> = counts.iter().map(|s| s.value).collect();
        assert_eq!(counts.len(), 10);
        assert!((counts.iter().sum::<f64>() - 2.0).abs() < 1e-9);
    }
}
