//! Calibrates the table of `engine::detectors::sensitivity` by simulation.
//!
//! `cargo run --release -p fleetscope-engine --example sensitivity` prints, for each detector, the raw
//! score that Gaussian noise passes at each aim, and the rates that the table then has on heavy-tailed
//! and on autocorrelated noise, without and with the series' own tail. Seeds are fixed: the same
//! figures each time. Names after `--` pick detectors; `--days N` sets how long.

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use fleetscope_engine::detectors::sensitivity::{Limit, READINGS, REFRACTORY, TABLE};
use fleetscope_engine::detectors::{Joint, Kind, Mode, Offline, Score};
use fleetscope_engine::judge::KNOWN;
use fleetscope_model::Sample;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// Days of one simulated series; the first two are not counted: detectors and tails learn.
const SERIES_DAYS: usize = 16;
const LEARN_DAYS: usize = 2;

#[derive(Clone, Copy)]
enum Noise {
    Gaussian,
    Student3,
    Memory06,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let days = arguments
        .iter()
        .skip_while(|a| *a != "--days")
        .nth(1)
        .and_then(|d| d.parse().ok())
        .unwrap_or(700_usize);
    let chosen = |kind: &Kind| {
        let mut names = arguments
            .iter()
            .filter(|a| a.parse::<usize>().is_err() && *a != "--days");
        names.clone().next().is_none() || names.any(|a| a == kind.name())
    };
    for kind in Kind::ALL.into_iter().filter(chosen) {
        let null = maxima(&scores(kind, Noise::Gaussian, days));
        let row: Vec<String> = TABLE
            .iter()
            .map(|row| format!("{:.2}", passed(&null, row.per_day, counted(kind, days))))
            .collect();
        println!("{:18} thresholds {}", kind.name(), row.join(" "));
        for (noise, name) in [
            (Noise::Gaussian, "gaussian"),
            (Noise::Student3, "student t 3"),
            (Noise::Memory06, "ar(1) 0.6"),
        ] {
            let runs = scores(kind, noise, days);
            let rates = |own: bool| -> String {
                let rate = |i: usize| format!("{:.4}", rate(kind, &runs, i, own));
                (0..TABLE.len()).map(rate).collect::<Vec<_>>().join(" ")
            };
            println!(
                "   {name:12} table {}   own tail {}",
                rates(false),
                rates(true)
            );
        }
    }
    if arguments
        .iter()
        .all(|a| a == "--days" || a.parse::<usize>().is_ok() || a == "joint")
    {
        for series in [2, 4, 8] {
            let null = maxima(&joint(series, days));
            let row: Vec<String> = TABLE
                .iter()
                .map(|row| format!("{:.2}", passed(&null, row.per_day, days)))
                .collect();
            println!("joint of {series:2}        thresholds {}", row.join(" "));
        }
    }
}

/// The raw scores of as many series as the days need, each with its days of learning.
fn scores(kind: Kind, noise: Noise, days: usize) -> Vec<Vec<f64>> {
    (0..days.div_ceil(SERIES_DAYS - LEARN_DAYS))
        .map(|seed| {
            let samples = series(noise, seed as u64);
            let scored = if kind == Kind::Ensemble {
                samples
                    .chunks(READINGS as usize)
                    .flat_map(of_a_day)
                    .collect()
            } else if kind.mode() == Mode::Offline {
                // Windows of four days, as they are read.
                samples
                    .chunks(4 * READINGS as usize)
                    .flat_map(|w| kind.scores(w))
                    .collect()
            } else {
                kind.scores(&samples)
            };
            scored.iter().map(|s| s.map_or(0.0, |s| s.raw)).collect()
        })
        .collect()
}

/// A window of a day as it is judged: by the history before each reading, where that is long enough.
fn of_a_day(samples: &[Sample]) -> Vec<Option<Score>> {
    let mut scores = Kind::Ensemble.scores(samples);
    scores[..KNOWN].fill(None);
    scores
}

/// The days that are counted of the days simulated.
fn counted(kind: Kind, days: usize) -> usize {
    if kind == Kind::Ensemble {
        days * (READINGS as usize - KNOWN) / READINGS as usize
    } else {
        days
    }
}

fn joint(count: usize, days: usize) -> Vec<Vec<f64>> {
    (0..days.div_ceil(SERIES_DAYS - LEARN_DAYS))
        .map(|seed| {
            let mut random = SmallRng::seed_from_u64(seed as u64);
            let mut joint = Joint::new(count);
            (0..SERIES_DAYS * READINGS as usize)
                .map(|i| {
                    let common = gauss(&mut random);
                    let row: Vec<f64> = (0..count).map(|_| common + gauss(&mut random)).collect();
                    joint
                        .push(i as i64 * 60_000, &row)
                        .map_or(0.0, |s| s.score.raw)
                })
                .collect()
        })
        .collect()
}

fn series(noise: Noise, seed: u64) -> Vec<Sample> {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut state = gauss(&mut random);
    (0..SERIES_DAYS * READINGS as usize)
        .map(|i| {
            let value = match noise {
                Noise::Gaussian => gauss(&mut random),
                Noise::Student3 => {
                    let squares: f64 = (0..3).map(|_| gauss(&mut random).powi(2)).sum();
                    gauss(&mut random) / (squares / 3.0).sqrt()
                }
                Noise::Memory06 => {
                    state = 0.6 * state + 0.8 * gauss(&mut random);
                    state
                }
            };
            Sample {
                at_ms: i as i64 * 60_000,
                value,
            }
        })
        .collect()
}

fn gauss(random: &mut SmallRng) -> f64 {
    let (a, b): (f64, f64) = (random.random(), random.random());
    (-2.0 * (1.0 - a).ln()).sqrt() * (std::f64::consts::TAU * b).cos()
}

/// The highest score of each stretch of a refractory period, highest first.
fn maxima(runs: &[Vec<f64>]) -> Vec<f64> {
    let mut highest: Vec<f64> = runs
        .iter()
        .flat_map(|run| run[LEARN_DAYS * READINGS as usize..].chunks(REFRACTORY))
        .map(|chunk| chunk.iter().copied().fold(0.0, f64::max))
        .collect();
    highest.sort_unstable_by(|a, b| b.total_cmp(a));
    highest
}

/// The score passed so often a day; beyond what was simulated, drawn on straight over the logarithm of
/// the rate from the rates 32 and 4 times as high as one alarm in all the days.
fn passed(maxima: &[f64], per_day: f64, days: usize) -> f64 {
    let place = per_day * days as f64;
    let at = |rank: f64| maxima.get(rank as usize).copied().unwrap_or(0.0);
    if place >= 4.0 {
        return at(place);
    }
    let slope = (at(4.0) - at(32.0)) / 8.0_f64.ln();
    at(4.0) + slope * (4.0 / place).ln()
}

/// Alarms a day at a row of the table, with its thresholds as they are or raised by the own tail.
fn rate(kind: Kind, runs: &[Vec<f64>], row: usize, own: bool) -> f64 {
    let row = &TABLE[row];
    let learn = LEARN_DAYS * READINGS as usize;
    let (mut alarms, mut readings) = (0_usize, 0_usize);
    for run in runs {
        let mut limit = Limit::new(kind, row.sensitivity);
        let mut last: Option<usize> = None;
        for (i, raw) in run.iter().enumerate() {
            let unusual = if own {
                limit.push(*raw)
            } else {
                *raw > row.of(kind)
            };
            if i >= learn && unusual {
                if last.is_none_or(|last| i - last > REFRACTORY) {
                    alarms += 1;
                }
                last = Some(i);
            }
        }
        readings += run.len() - learn;
    }
    alarms as f64 / counted(kind, readings / READINGS as usize).max(1) as f64
}
