//! Who should judge a window of a series: `detect`, or the ensemble? Measured as the live path looks:
//! every hour, the last hour, by so much history before it.
//!
//! `cargo run --release -p fleetscope-eval --example judges -- noise|faults|kpi|nab [DATA]`

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "printing is what it is for"
)]

use fleetscope_engine::ensemble::Ensemble;
use fleetscope_engine::{Signal, detect};
use fleetscope_eval::anomalies::{Answers, Input, kpi, nab};
use fleetscope_model::{
    ClusterId, Direction, Entity, EntityKind, EvidenceId, Labels, Sample, Sensitivity, Series,
    SignalRole, TimeRange,
};
use jiff::Timestamp;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::path::Path;

const HOUR: i64 = 3_600_000;

fn signal(samples: &[Sample], sensitivity: Sensitivity) -> Signal {
    let cluster = ClusterId::new(uuid::Uuid::from_u128(1));
    Signal {
        entity: Entity::new(cluster, EntityKind::Workload, "a"),
        name: "a".to_owned(),
        role: SignalRole::Availability,
        resource: None,
        unit: String::new(),
        direction: Direction::Both,
        least_deviation: 0.0,
        symptom: false,
        sensitivity,
        series: Series {
            labels: Labels::new(),
            samples: samples.to_vec(),
        },
        evidence: EvidenceId("ev".to_owned()),
    }
}

fn range(samples: &[Sample], from: usize) -> TimeRange {
    TimeRange {
        start: Timestamp::from_millisecond(samples[from].at_ms).unwrap(),
        end: Timestamp::from_millisecond(samples[samples.len() - 1].at_ms).unwrap(),
    }
}

/// Of the readings from `from` on: the score of the anomaly they are in.
fn by_detect(samples: &[Sample], from: usize, sensitivity: Sensitivity) -> Vec<f64> {
    let found = detect(&signal(samples, sensitivity), range(samples, from));
    let mut scores = vec![0.0; samples.len() - from];
    for anomaly in found {
        let (start, end) = (anomaly.start.as_millisecond(), anomaly.end.as_millisecond());
        for (score, sample) in scores.iter_mut().zip(&samples[from..]) {
            if sample.at_ms >= start && sample.at_ms <= end {
                *score = f64::max(*score, anomaly.score);
            }
        }
    }
    scores
}

/// The same: how many decades rarer than an ordinary reading.
fn by_ensemble(samples: &[Sample], from: usize) -> Vec<f64> {
    let mut ensemble = Ensemble::default();
    let all: Vec<f64> = samples
        .iter()
        .map(|s| -(1.0 - ensemble.push(*s).probability).max(1e-12).log10())
        .collect();
    all[from..].to_vec()
}

/// Hourly looks with so much history.
fn looks(
    samples: &[Sample],
    history: i64,
    judge: &dyn Fn(&[Sample], usize) -> Vec<f64>,
) -> Vec<f64> {
    let mut scores = Vec::with_capacity(samples.len());
    while scores.len() < samples.len() {
        let from = scores.len();
        let at = samples[from].at_ms;
        let to = samples
            .partition_point(|s| s.at_ms < at + HOUR)
            .max(from + 1);
        let begin = samples
            .partition_point(|s| s.at_ms < at - history)
            .min(from);
        scores.extend(judge(&samples[begin..to], from - begin));
    }
    scores
}

fn gauss(random: &mut SmallRng) -> f64 {
    let (a, b): (f64, f64) = (random.random(), random.random());
    (-2.0 * (1.0 - a).ln()).sqrt() * (std::f64::consts::TAU * b).cos()
}

fn student(random: &mut SmallRng) -> f64 {
    let squares: f64 = (0..3).map(|_| gauss(random).powi(2)).sum();
    gauss(random) / (squares / 3.0).sqrt()
}

fn series(noise: &str, seed: u64, count: usize) -> Vec<Sample> {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut state = gauss(&mut random);
    let mut window = [0.0; 5];
    (0..count)
        .map(|i| {
            let value = match noise {
                "gaussian" => gauss(&mut random),
                "heavy" => student(&mut random),
                "ar0.6" | "daily" => {
                    state = 0.6 * state + 0.8 * gauss(&mut random);
                    state
                }
                "ar0.9" => {
                    state = 0.9 * state + 0.436 * gauss(&mut random);
                    state
                }
                _ => {
                    window[i % 5] = gauss(&mut random);
                    window.iter().sum::<f64>() / 5.0_f64.sqrt()
                }
            };
            let day = if noise == "daily" {
                15.0 * (std::f64::consts::TAU * i as f64 / 1440.0).sin()
            } else {
                0.0
            };
            Sample {
                at_ms: i as i64 * 60_000,
                value: 50.0 + day + value,
            }
        })
        .collect()
}

const NOISES: [&str; 4] = ["gaussian", "heavy", "ar0.9", "daily"];
const ROWS: [Sensitivity; 4] = [
    Sensitivity::Low,
    Sensitivity::Medium,
    Sensitivity::High,
    Sensitivity::Extreme,
];
const DECADES: [f64; 9] = [1.0, 1.523, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0];

/// Alarms: runs of scores at or above the threshold, no farther apart than 15 readings.
fn alarms(scores: &[f64], threshold: f64) -> usize {
    let mut last: Option<usize> = None;
    let mut count = 0;
    for (i, score) in scores.iter().enumerate() {
        if *score >= threshold {
            count += usize::from(last.is_none_or(|last| i - last > 15));
            last = Some(i);
        }
    }
    count
}

fn noise() {
    for hours in [2, 24, 72] {
        let days = 60 / (1 + hours / 24);
        for noise in NOISES {
            let mut by = vec![0_usize; ROWS.len() + DECADES.len()];
            for seed in 0..days {
                let samples = series(noise, seed as u64, (hours as usize + 24) * 60);
                let begin = hours as usize * 60;
                for (i, row) in ROWS.iter().enumerate() {
                    let judge = |s: &[Sample], from: usize| by_detect(s, from, *row);
                    for from in (begin..samples.len()).step_by(60) {
                        let part = &samples[from - begin..from + 60];
                        by[i] += alarms(&judge(part, begin), 1e-9);
                    }
                }
                for from in (begin..samples.len()).step_by(60) {
                    let part = &samples[from - begin..from + 60];
                    let scores = by_ensemble(part, begin);
                    for (i, decades) in DECADES.iter().enumerate() {
                        by[ROWS.len() + i] += alarms(&scores, *decades);
                    }
                }
            }
            let rates: Vec<String> = by
                .iter()
                .map(|n| format!("{:.3}", *n as f64 / days as f64))
                .collect();
            println!(
                "{hours:3} h {noise:9} detect {}  ensemble {}",
                rates[..4].join(" "),
                rates[4..].join(" ")
            );
        }
    }
}

fn fault(kind: &str, samples: &mut [Sample], begin: usize, size: f64, random: &mut SmallRng) {
    let count = samples.len();
    let spread = 1.0;
    for (i, sample) in samples.iter_mut().enumerate().skip(begin) {
        let t = i - begin;
        sample.value += spread
            * match kind {
                "shift" => size,
                "spike" if t == 0 => size,
                "burst" if t < 5 => size,
                "ramp" => size * t as f64 / (count - begin) as f64,
                "wild" if t < 20 => size / 2.0 * gauss(random),
                "wave" if t < 20 => size * (t as f64 * 1.3).sin(),
                _ => 0.0,
            };
    }
}

fn faults() {
    for hours in [2, 24, 72] {
        let runs = 30;
        for noise in ["gaussian", "daily"] {
            for kind in ["shift", "spike", "burst", "ramp", "wild", "wave"] {
                for size in [4.0, 6.0, 10.0] {
                    let mut by = vec![0_usize; ROWS.len() + DECADES.len()];
                    for seed in 0..runs {
                        let begin = hours as usize * 60;
                        let mut samples = series(noise, 10_000 + seed, begin + 60);
                        let mut random = SmallRng::seed_from_u64(seed);
                        fault(kind, &mut samples, begin + 35, size, &mut random);
                        for (i, row) in ROWS.iter().enumerate() {
                            by[i] += usize::from(
                                alarms(&by_detect(&samples, begin, *row)[30..], 1e-9) > 0,
                            );
                        }
                        let scores = by_ensemble(&samples, begin);
                        for (i, decades) in DECADES.iter().enumerate() {
                            by[ROWS.len() + i] += usize::from(alarms(&scores[35..], *decades) > 0);
                        }
                    }
                    let shares: Vec<String> = by
                        .iter()
                        .map(|n| format!("{:3.0}", 100.0 * *n as f64 / runs as f64))
                        .collect();
                    println!(
                        "{hours:3} h {noise:9} {kind:6} {size:4} detect {}  ensemble {}",
                        shares[..4].join(" "),
                        shares[4..].join(" ")
                    );
                }
            }
        }
    }
}

type Named<'a> = (String, Box<dyn Fn(&[Sample]) -> Vec<f64> + 'a>);

fn judges() -> Vec<Named<'static>> {
    let mut all: Vec<Named<'static>> = Vec::new();
    for hours in [3, 24] {
        for row in [Sensitivity::Extreme] {
            let judge = move |s: &[Sample]| looks(s, hours * HOUR, &|s, f| by_detect(s, f, row));
            all.push((format!("detect {row:?} {hours} h"), Box::new(judge)));
        }
        let judge = move |s: &[Sample]| looks(s, hours * HOUR, &|s, f| by_ensemble(s, f));
        all.push((format!("ensemble {hours} h"), Box::new(judge)));
    }
    for hours in [72, 168] {
        let judge = move |s: &[Sample]| looks(s, hours * HOUR, &|s, f| by_ensemble(s, f));
        all.push((format!("ensemble {hours} h"), Box::new(judge)));
    }
    all.push(("ensemble all".to_owned(), Box::new(|s| by_ensemble(s, 0))));
    all
}

fn corpus(which: &str, data: &Path) {
    let inputs: Vec<Input> = if which == "kpi" {
        kpi::inputs(data)
    } else {
        nab::inputs(data)
    }
    .unwrap();
    for (name, judge) in judges() {
        let begun = std::time::Instant::now();
        let unit = |score: f64| 1.0 - 1.0 / (1.0 + score);
        let answers = Answers::of(&inputs, |s| judge(s).into_iter().map(unit).collect());
        let lines = if which == "kpi" {
            kpi::lines(data, &answers)
        } else {
            nab::lines(data, &inputs, &answers)
        };
        let told: Vec<String> = lines
            .unwrap()
            .iter()
            .map(|l| format!("{} {:.3}", l.figure, l.value))
            .collect();
        println!(
            "{name:24} {:5.0} s  {}",
            begun.elapsed().as_secs_f64(),
            told.join("; ")
        );
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let data = arguments.get(1).map_or("/work/shared/data", String::as_str);
    match arguments.first().map(String::as_str) {
        Some("noise") => noise(),
        Some("faults") => faults(),
        Some(which) => corpus(which, Path::new(data)),
        None => {}
    }
}
