//! Streams give what the definitions give, worked out anew for each reading.

use fleetscope_engine::detectors::{Iqr, Mad, Streaming, ZScore};
use fleetscope_model::Sample;
use proptest::prelude::*;

use super::every_minute;

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

fn quantile(values: &[f64], share: f64) -> f64 {
    let sorted = sorted(values);
    let place = share * (sorted.len() - 1) as f64;
    let low = sorted[place.floor() as usize];
    let high = sorted[place.ceil() as usize];
    low + (high - low) * place.fract()
}

/// Centre and scale by definition, from the readings before.
type Definition = fn(&[f64]) -> (f64, f64);

fn moments(before: &[f64]) -> (f64, f64) {
    let count = before.len() as f64;
    let mean = before.iter().sum::<f64>() / count;
    let variance = before.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, variance.sqrt() * (1.0 + 1.0 / count).sqrt())
}

fn quartiles(before: &[f64]) -> (f64, f64) {
    let (low, high) = (quantile(before, 0.25), quantile(before, 0.75));
    (f64::midpoint(low, high), high - low)
}

fn deviations(before: &[f64]) -> (f64, f64) {
    let middle = quantile(before, 0.5);
    let off: Vec<f64> = before.iter().map(|v| (v - middle).abs()).collect();
    (middle, 1.4826 * quantile(&off, 0.5))
}

fn check(mut stream: impl Streaming, values: &[f64], window: usize, definition: Definition) {
    let samples: Vec<Sample> = every_minute(values);
    for (i, sample) in samples.iter().enumerate() {
        let score = stream.push(*sample);
        let before = &values[i.saturating_sub(window)..i];
        assert_eq!(score.is_some(), before.len() >= 30, "{i}");
        if let Some(score) = score {
            let (center, scale) = definition(before);
            let expected = score.expected.unwrap();
            assert!(
                (expected.center - center).abs() < 1e-9,
                "{i} {expected:?} {center}"
            );
            assert!(
                (expected.scale - scale).abs() < 1e-9,
                "{i} {expected:?} {scale}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn streams_equal_the_definition_over_each_window(
        values in prop::collection::vec(-50.0_f64..50.0, 0..200), window in 30_usize..90,
    ) {
        check(ZScore::new(window), &values, window, moments);
        check(Iqr::new(window), &values, window, quartiles);
        check(Mad::new(window), &values, window, deviations);
    }
}
