//! The published table holds: on noise, each sensitivity alarms about as often as it aims to.

use fleetscope_engine::detectors::sensitivity::{Limit, READINGS, REFRACTORY, Row, TABLE, row};
use fleetscope_engine::detectors::{Kind, Mode, Offline};
use fleetscope_model::Sensitivity;

use super::every_minute;
use crate::build::{Noise, gauss, random};

/// Days of one series; the first two teach its tail and are not counted.
const DAYS: usize = 12;
const LEARN: usize = 2 * READINGS as usize;
/// By how much the rate may pass its aim: what `docs/engine/sensitivity.md` states.
const FACTOR: f64 = 4.0;

fn memory(seed: u64, count: usize) -> Vec<f64> {
    let mut random = random(seed);
    let mut state = gauss(&mut random);
    (0..count)
        .map(|_| {
            state = 0.6 * state + 0.8 * gauss(&mut random);
            state
        })
        .collect()
}

/// Scores of many series of one noise, for which `make` gives the values.
fn scores(kind: Kind, series: u64, make: impl Fn(u64) -> Vec<f64>) -> Vec<Vec<Option<f64>>> {
    (0..series)
        .map(|seed| {
            let samples = every_minute(&make(seed));
            let scored = if kind.mode() == Mode::Offline {
                let windows = samples.chunks(4 * READINGS as usize);
                windows.flat_map(|w| kind.scores(w)).collect()
            } else {
                kind.scores(&samples)
            };
            scored.iter().map(|s| s.map(|s| s.raw)).collect()
        })
        .collect()
}

/// Alarms a day at a sensitivity.
fn rate(kind: Kind, runs: &[Vec<Option<f64>>], sensitivity: Sensitivity) -> f64 {
    let (mut alarms, mut readings) = (0, 0);
    for run in runs {
        let mut limit = Limit::new(kind, sensitivity);
        let mut last: Option<usize> = None;
        for (i, raw) in run.iter().enumerate() {
            let unusual = raw.is_some_and(|raw| limit.push(raw));
            if i >= LEARN && unusual {
                if last.is_none_or(|last| i - last > REFRACTORY) {
                    alarms += 1;
                }
                last = Some(i);
            }
        }
        readings += run.len() - LEARN;
    }
    f64::from(alarms) * READINGS / readings as f64
}

fn check(kind: Kind, series: u64) {
    let count = DAYS * READINGS as usize;
    let gaussian = |seed| Noise::Gaussian.series(count, &mut random(seed));
    let heavy = |seed| Noise::HeavyTailed.series(count, &mut random(seed));
    let runs = [
        ("gaussian", scores(kind, series, gaussian)),
        ("heavy", scores(kind, series, heavy)),
        ("memory", scores(kind, series, |seed| memory(seed, count))),
    ];
    let days = (series as usize * (DAYS - 2)) as f64;
    for (noise, runs) in runs {
        let rates: Vec<f64> = TABLE
            .iter()
            .map(|row| rate(kind, &runs, row.sensitivity))
            .collect();
        assert!(rates.is_sorted(), "{} on {noise}: {rates:?}", kind.name());
        for (rate, row) in rates.iter().zip(&TABLE) {
            // Three alarms more than the factor allows are chance where so few are aimed at.
            let most = FACTOR * row.per_day + 3.0 / days;
            assert!(
                *rate <= most,
                "{} on {noise} at {:?}: {rates:?}",
                kind.name(),
                row.sensitivity
            );
        }
    }
}

#[test]
fn levels_alarm_as_often_as_they_aim_to() {
    for kind in [Kind::ZScore, Kind::Iqr, Kind::Mad] {
        check(kind, 12);
    }
}

#[test]
fn shifts_and_forecasts_alarm_as_often_as_they_aim_to() {
    for kind in [
        Kind::Ewma,
        Kind::OnlineChange,
        Kind::ForecastBand,
        Kind::Seasonal,
    ] {
        check(kind, 6);
    }
}

#[test]
fn shapes_alarm_as_often_as_they_aim_to() {
    check(Kind::SpectralResidual, 2);
    check(Kind::MatrixProfile, 1);
    check(Kind::SubPca, 4);
}

#[test]
fn windows_alarm_as_often_as_they_aim_to() {
    check(Kind::Decomposed, 6);
    check(Kind::Pelt, 4);
}

/// Both look at stretches, of which a window holds too few to know so rare a tail: the table itself must
/// hold on heavy tails, over more days than the other tests take.
#[test]
fn stretches_of_heavy_tailed_noise_alarm_as_seldom_as_they_aim_to() {
    let (series, count) = (12, DAYS * READINGS as usize);
    let days = (series as usize * (DAYS - 2)) as f64;
    for kind in [Kind::SubPca, Kind::Pelt] {
        let heavy = |seed| Noise::HeavyTailed.series(count, &mut random(900 + seed));
        let runs = scores(kind, series, heavy);
        for sensitivity in [Sensitivity::Low, Sensitivity::Medium] {
            let rate = rate(kind, &runs, sensitivity);
            let most = FACTOR * row(sensitivity).per_day + 3.0 / days;
            assert!(rate <= most, "{} {sensitivity:?} {rate}", kind.name());
        }
    }
}

#[test]
fn on_gaussian_noise_a_rate_is_no_less_than_a_fourth_of_its_aim_either() {
    let count = DAYS * READINGS as usize;
    for kind in [
        Kind::ZScore,
        Kind::Iqr,
        Kind::Mad,
        Kind::Ewma,
        Kind::ForecastBand,
    ] {
        let runs = scores(kind, 12, |seed| {
            Noise::Gaussian.series(count, &mut random(seed))
        });
        for sensitivity in [Sensitivity::Extreme, Sensitivity::High] {
            let rate = rate(kind, &runs, sensitivity);
            let aim = row(sensitivity).per_day;
            assert!(rate >= aim / 4.0, "{} {sensitivity:?} {rate}", kind.name());
        }
    }
}

#[test]
fn the_table_goes_one_way() {
    for (strict, loose) in TABLE.iter().zip(&TABLE[1..]) {
        assert!(strict.per_day < loose.per_day && strict.joint > loose.joint);
        assert!(strict.sensitivity < loose.sensitivity);
        for kind in Kind::ALL {
            assert!(strict.of(kind) > loose.of(kind), "{}", kind.name());
        }
    }
}

#[test]
fn the_published_page_is_the_table() {
    let page = include_str!("../../../../../docs/engine/sensitivity.md");
    for kind in Kind::ALL {
        let of = |row: &Row| format!("{:.2}", row.of(kind));
        let cells: Vec<String> = TABLE.iter().map(of).collect();
        let line = format!("| {} | {} |", kind.name(), cells.join(" | "));
        assert!(page.contains(&line), "{line}");
    }
    for row in &TABLE {
        assert!(page.contains(&format!("{:.1e}", row.probability())));
        assert!(page.contains(&format!("{:.2}", row.joint)));
    }
}
