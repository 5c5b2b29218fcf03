//! Season and trend.

use fleetscope_engine::stats::{Degree, Loess, Mstl, Robustness, Stl};
use proptest::prelude::*;

use super::{assert_near, digest, series};
use crate::build::{gauss, random};

pub(super) fn digests_of(values: &[f64]) -> Vec<(&'static str, u64)> {
    let mut stl = Stl::of(24);
    let plain = stl.decompose(values).unwrap();
    stl.robustness = Robustness::FULL;
    stl.trend.jump = 4;
    stl.seasonal.jump = 2;
    let robust = stl.decompose(values).unwrap();
    let several = Mstl::of(&[24, 96]).decompose(values).unwrap();
    vec![
        ("STL", digest(&[plain.seasonal, plain.trend].concat())),
        (
            "STL robust",
            digest(&[robust.seasonal, robust.trend].concat()),
        ),
        (
            "MSTL",
            digest(&[several.seasonal.concat(), several.trend].concat()),
        ),
    ]
}

/// A fit by the definition: tricube weights, and a line by weighted least squares about its own mean.
fn fit(values: &[f64], weights: &[f64], loess: Loess, at: usize, from: usize) -> f64 {
    let to = values.len().min(from + loess.span);
    let reach = (at - from).max(to - 1 - at) + loess.span.saturating_sub(values.len()) / 2;
    let weight = |j: usize| {
        let share = at.abs_diff(j) as f64 / reach as f64;
        let near = if share <= 0.999 {
            (1.0 - share.powi(3)).powi(3)
        } else {
            0.0
        };
        weights[j] * if share <= 0.001 { 1.0 } else { near }
    };
    let window: Vec<(f64, f64, f64)> = (from..to)
        .map(|j| (weight(j), j as f64, values[j]))
        .collect();
    let total: f64 = window.iter().map(|(w, ..)| w).sum();
    let place: f64 = window.iter().map(|(w, x, _)| w * x).sum::<f64>() / total;
    let level: f64 = window.iter().map(|(w, _, y)| w * y).sum::<f64>() / total;
    let spread: f64 = window.iter().map(|(w, x, _)| w * (x - place).powi(2)).sum();
    let rise: f64 = window.iter().map(|(w, x, y)| w * (x - place) * y).sum();
    let narrow = (spread / total).sqrt() <= 0.001 * (values.len() as f64 - 1.0);
    if loess.degree == Degree::Level || narrow {
        level
    } else {
        level + rise / spread * (at as f64 - place)
    }
}

proptest! {
    #[test]
    fn a_smoothed_value_is_the_weighted_fit_around_it(
        values in prop::collection::vec(-100.0..100.0_f64, 2..80),
        half in 1_usize..60,
        line in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let mut random = random(seed);
        let weights: Vec<f64> = values.iter().map(|_| gauss(&mut random).abs()).collect();
        let equal = vec![1.0; values.len()];
        let degree = if line { Degree::Line } else { Degree::Level };
        let loess = Loess { span: 2 * half + 1, degree, jump: 1 };
        for (given, weights) in [(None, &equal), (Some(weights.as_slice()), &weights)] {
            let fits = (0..values.len()).map(|at| {
                let latest = values.len().saturating_sub(loess.span);
                fit(&values, weights, loess, at, at.saturating_sub(half).min(latest))
            });
            assert_near(&loess.smooth(&values, given), &fits.collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_parts_are_the_series(values in series(200), period in 0_usize..40, robust in any::<bool>()) {
        let mut stl = Stl::of(period);
        stl.robustness = Robustness { inner: 2, outer: if robust { 3 } else { 0 } };
        if let Some(parts) = stl.decompose(&values) {
            let known = |value: &f64| value.abs() <= fleetscope_engine::stats::LARGEST;
            for (i, value) in values.iter().enumerate().filter(|(_, value)| known(value)) {
                let sum = parts.seasonal[i] + parts.trend[i] + parts.remainder[i];
                prop_assert!((sum - value).abs() <= 1e-9 * value.abs().max(1e3));
            }
            prop_assert!(parts.seasonal.iter().chain(&parts.trend).all(|part| part.is_finite()));
        }
        Mstl::of(&[period, 12, 3]).decompose(&values);
        Loess { span: period, degree: Degree::Line, jump: period }.smooth(&[1.0, 2.0, 3.0], None);
    }
}

/// A line is its own trend, at every span, degree of jump and end.
#[test]
fn a_line_is_smoothed_to_itself() {
    let line: Vec<f64> = (0..100).map(|i| 3.0 + 0.5 * f64::from(i)).collect();
    for span in [3, 7, 51, 99, 101, 301] {
        for jump in [1, 2, 9, 50, 99, 500] {
            let loess = Loess {
                jump,
                ..Loess::lines(span)
            };
            assert_near(&loess.smooth(&line, None), &line);
        }
    }
}

#[test]
fn season_and_trend_are_found_in_spite_of_wild_values_and_gaps() {
    let mut random = random(11);
    let season = |i: usize| 10.0 * (i as f64 / 24.0 * std::f64::consts::TAU).sin();
    let trend = |i: usize| 0.05 * i as f64;
    let mut values: Vec<f64> = (0..480)
        .map(|i| season(i) + trend(i) + 0.2 * gauss(&mut random))
        .collect();
    for wild in (17..480).step_by(37) {
        values[wild] += 200.0;
    }
    values[100..106].fill(f64::NAN);
    let mut stl = Stl::of(24);
    let plain = stl.decompose(&values).unwrap();
    stl.robustness = Robustness::FULL;
    let parts = stl.decompose(&values).unwrap();
    let off = |seasonal: &[f64]| {
        let off = seasonal
            .iter()
            .enumerate()
            .map(|(i, s)| (s - season(i)).abs());
        off.fold(0.0, f64::max)
    };
    assert!(
        off(&plain.seasonal) > 10.0,
        "the wild values are not wild enough for a test"
    );
    assert!(off(&parts.seasonal) < 1.5, "{}", off(&parts.seasonal));
    assert!((parts.trend[240] - trend(240)).abs() < 0.5);
    assert!(parts.weights[17] < 0.01 && parts.remainder[17] > 190.0);
    assert!(parts.remainder[100..106].iter().all(|value| value.is_nan()));
}

#[test]
fn two_seasons_are_told_apart() {
    let wave = |i: usize, period: f64| (i as f64 / period * std::f64::consts::TAU).sin();
    let values: Vec<f64> = (0..24 * 7 * 5)
        .map(|i| 5.0 * wave(i, 24.0) + 3.0 * wave(i, 168.0) + 0.01 * i as f64)
        .collect();
    let parts = Mstl::of(&[168, 24]).decompose(&values).unwrap();
    let worst = |seasonal: &[f64], height: f64, period: f64| {
        let off = seasonal
            .iter()
            .enumerate()
            .map(|(i, s)| (s - height * wave(i, period)).abs());
        off.skip(168).take(24 * 7 * 3).fold(0.0, f64::max)
    };
    assert!(worst(&parts.seasonal[0], 5.0, 24.0) < 0.2);
    assert!(worst(&parts.seasonal[1], 3.0, 168.0) < 0.2);
}

#[test]
fn what_is_too_short_or_unknown_is_not_taken_apart() {
    assert_eq!(Stl::of(24).decompose(&[1.0; 47]), None);
    assert_eq!(Stl::of(1).decompose(&[1.0; 47]), None);
    assert_eq!(Stl::of(7).decompose(&[f64::NAN; 47]), None);
    assert!(
        Mstl::of(&[7, 40])
            .decompose(&[1.0; 47])
            .unwrap()
            .seasonal
            .len()
            == 1
    );
    assert_eq!(Mstl::of(&[]).decompose(&[1.0; 47]), None);
}
