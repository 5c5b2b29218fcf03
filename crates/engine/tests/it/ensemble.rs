//! What the ensemble promises for every series.

use fleetscope_engine::ensemble::{Ensemble, Verdict, offline};
use fleetscope_model::Sample;
use proptest::prelude::*;

/// Numbers as a broken exporter sends them.
fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => -1e3..1e3,
        2 => Just(7.0),
        1 => prop_oneof![
            Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(f64::MAX),
            Just(f64::MIN_POSITIVE), Just(-1e300), Just(1e99), Just(-1e99), Just(-0.0),
        ],
    ]
}

/// Milliseconds from one reading to the next: often even, sometimes a gap, a repeat or a step back.
fn step() -> impl Strategy<Value = i64> {
    prop_oneof![
        12 => Just(60_000_i64),
        2 => Just(600_000),
        2 => 0..100_000_i64,
        1 => prop_oneof![Just(-60_000_i64), Just(0), Just(90_000_000), Just(i64::MAX / 4)],
    ]
}

fn samples(most: usize) -> impl Strategy<Value = Vec<Sample>> {
    prop::collection::vec((step(), value()), 0..most).prop_map(|rows| {
        let mut at_ms = 0_i64;
        let sample = |(step, value): (i64, f64)| {
            at_ms = at_ms.saturating_add(step);
            Sample { at_ms, value }
        };
        rows.into_iter().map(sample).collect()
    })
}

fn verdicts(ensemble: &mut Ensemble, samples: &[Sample]) -> Vec<Verdict> {
    samples
        .iter()
        .map(|sample| ensemble.push(*sample))
        .collect()
}

fn near(a: Verdict, b: Verdict) -> bool {
    (a.unusual - b.unusual).abs() < 1e-9 && (a.probability - b.probability).abs() < 1e-9
}

proptest! {
    #[test]
    fn every_series_gets_probabilities_and_what_is_told_is_never_more_than_what_is_seen(
        samples in samples(400),
    ) {
        for found in verdicts(&mut Ensemble::default(), &samples) {
            prop_assert!((0.0..=1.0).contains(&found.unusual), "{found:?}");
            prop_assert!((0.0..=found.unusual).contains(&found.probability), "{found:?}");
        }
        let whole = offline::scores(&samples);
        prop_assert_eq!(whole.len(), samples.len());
        prop_assert!(whole.iter().all(|score| (0.0..=1.0).contains(score)));
    }

    #[test]
    fn the_same_series_gives_the_same_bytes(samples in samples(300)) {
        let bytes = || {
            let mut ensemble = Ensemble::default();
            let found = verdicts(&mut ensemble, &samples);
            serde_json::to_string(&(found, ensemble, offline::scores(&samples))).unwrap()
        };
        prop_assert_eq!(bytes(), bytes());
    }

    #[test]
    fn a_state_that_was_saved_and_restored_goes_on_as_if_nothing_had_been(
        samples in samples(400), at in 0_usize..400,
    ) {
        let whole = verdicts(&mut Ensemble::default(), &samples);
        let at = at.min(samples.len());
        let mut before = Ensemble::default();
        verdicts(&mut before, &samples[..at]);
        let saved = serde_json::to_string(&before).unwrap();
        let mut after: Ensemble = serde_json::from_str(&saved).unwrap();
        for (found, expected) in verdicts(&mut after, &samples[at..]).iter().zip(&whole[at..]) {
            prop_assert!(near(*found, *expected), "{found:?} {expected:?}");
        }
    }

    #[test]
    fn what_comes_later_changes_nothing(samples in samples(300), at in 0_usize..300) {
        let at = at.min(samples.len());
        let whole = verdicts(&mut Ensemble::default(), &samples);
        let first = verdicts(&mut Ensemble::default(), &samples[..at]);
        prop_assert_eq!(&whole[..at], &first[..]);
    }
}

/// A day of readings a minute or five apart, with a little noise that repeats after a prime.
fn wave(i: i64, step_s: i64) -> Sample {
    let of_day = (i * step_s % 86_400) as f64 / 86_400.0;
    Sample {
        at_ms: i * step_s * 1000,
        value: 50.0
            + 20.0 * (of_day * std::f64::consts::TAU).sin()
            + (i * 7919 % 101) as f64 / 25.0,
    }
}

#[test]
fn memory_stops_growing() {
    for step_s in [60, 300] {
        let mut ensemble = Ensemble::default();
        let mut sizes = Vec::new();
        for i in 0..36_000 {
            ensemble.push(wave(i, step_s));
            if i == 17_999 || i == 35_999 {
                sizes.push(serde_json::to_string(&ensemble).unwrap().len());
            }
        }
        // Digits come and go, readings do not.
        assert!(sizes[1] < sizes[0] + sizes[0] / 50, "{sizes:?}");
    }
}

#[test]
fn a_new_level_is_news_once_and_then_normal() {
    let mut ensemble = Ensemble::default();
    let shifted = |i: i64| {
        let mut sample = wave(i, 300);
        if i >= 4000 {
            sample.value += 200.0;
        }
        sample
    };
    let found: Vec<Verdict> = (0..4600).map(|i| ensemble.push(shifted(i))).collect();
    let highest = |range: std::ops::Range<usize>| {
        found[range]
            .iter()
            .map(|v| v.probability)
            .fold(0.0, f64::max)
    };
    assert!(highest(4000..4003) > 0.99);
    // A day of it has been seen: the second one says nothing.
    assert!(highest(4300..4600) < 0.9, "{}", highest(4300..4600));
}

#[test]
fn a_series_that_never_moves_says_nothing_and_its_first_step_does() {
    let mut ensemble = Ensemble::default();
    let reading = |i: i64, value| Sample {
        at_ms: i * 300_000,
        value,
    };
    let calm = (0..2000).map(|i| ensemble.push(reading(i, 3.0)).unusual);
    assert_eq!(calm.fold(0.0, f64::max), 0.0);
    assert!(ensemble.push(reading(2000, 4.0)).probability > 0.999);
}
