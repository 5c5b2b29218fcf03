//! The catalogue of detectors.

mod definition;
mod groups;
mod life;
mod panel;
mod promises;
mod rates;
mod weeks;

use fleetscope_engine::detectors::{Kind, Offline, Score};
use fleetscope_model::Sample;

use crate::build::{MINUTE, gauss, random};

/// A reading a minute from midnight on a Monday.
fn every_minute(values: &[f64]) -> Vec<Sample> {
    // 2026-03-02T00:00:00Z.
    let monday = 1_772_409_600_000;
    let sample = |(i, value): (usize, &f64)| Sample {
        at_ms: monday + i as i64 * MINUTE,
        value: *value,
    };
    values.iter().enumerate().map(sample).collect()
}

/// Noise around 10, deviation a half.
fn noisy(count: usize, seed: u64) -> Vec<f64> {
    let mut random = random(seed);
    (0..count)
        .map(|_| 10.0 + 0.5 * gauss(&mut random))
        .collect()
}

/// The raw scores, 0 where there is none.
fn raw(kind: Kind, samples: &[Sample]) -> Vec<f64> {
    let raw = |score: &Option<Score>| score.map_or(0.0, |s| s.raw);
    kind.scores(samples).iter().map(raw).collect()
}
