//! One value at a time.

use fleetscope_engine::stats::{self, Sketch, Streaming};
use proptest::prelude::*;

use super::{assert_near_each, digest, naive, series};
use crate::build::{gauss, random};

pub(super) fn digest_of(values: &[f64]) -> u64 {
    let mut state = Streaming::new(0.05, 1000);
    let scores = values.iter().map(|value| state.update(*value));
    let both: Vec<f64> = scores
        .flat_map(|score| [score.weighted, score.robust])
        .collect();
    digest(&both)
}

proptest! {
    #[test]
    fn mean_and_variance_are_the_weighted_sums_of_all_that_came(
        values in series(200),
        weight in 0.01..0.9_f64,
    ) {
        let mut state = Streaming::new(weight, 0);
        for value in &values {
            state.update(*value);
        }
        // The weight of a value: `weight` times `1 - weight` for each that came later; the first has
        // what is left.
        let values = naive::known(&values);
        let count = values.len() as i32;
        let weights = (0..count).map(|i| {
            let newest = if i == 0 { 1.0 } else { weight };
            newest * (1.0 - weight).powi(count - 1 - i)
        });
        let weighed: Vec<(f64, f64)> = weights.zip(values.iter().copied()).collect();
        let mean: f64 = weighed.iter().map(|(w, x)| w * x).sum();
        let variance: f64 = weighed.iter().map(|(w, x)| w * (x - mean).powi(2)).sum();
        assert_near_each(state.mean(), (count > 0).then_some(mean));
        assert_near_each(state.variance(), (count > 0).then_some(variance));
    }

    #[test]
    fn what_is_saved_and_restored_goes_on_to_the_bit(
        values in series(300),
        cut in 0_usize..300,
        memory in 0_u64..40,
    ) {
        let mut whole = Streaming::new(0.1, memory);
        let mut first = Streaming::new(0.1, memory);
        let cut = cut.min(values.len());
        for value in &values[..cut] {
            whole.update(*value);
            first.update(*value);
        }
        let saved = serde_json::to_string(&first).unwrap();
        prop_assert!(saved.len() <= 2048, "{} bytes: {saved}", saved.len());
        let mut restored: Streaming = serde_json::from_str(&saved).unwrap();
        for value in &values[cut..] {
            let (a, b) = (whole.update(*value), restored.update(*value));
            prop_assert_eq!(a.weighted.to_bits(), b.weighted.to_bits());
            prop_assert_eq!(a.robust.to_bits(), b.robust.to_bits());
        }
        prop_assert_eq!(whole, restored);
    }

    #[test]
    fn whatever_is_restored_and_comes_there_is_no_panic(
        values in series(50),
        bits in prop::collection::vec(any::<u64>(), 5),
        begun in any::<u8>(),
    ) {
        let mut state = serde_json::to_value(Streaming::new(0.1, 20)).unwrap();
        state["now"]["middle"]["heights"] = serde_json::json!(bits);
        state["now"]["middle"]["places"] = serde_json::json!(bits);
        state["now"]["middle"]["begun"] = begun.into();
        if let Ok(mut state) = serde_json::from_value::<Streaming>(state) {
            for value in values {
                state.update(value);
            }
        }
    }
}

#[test]
fn a_state_is_small() {
    assert!(
        size_of::<Streaming>() <= 2048,
        "{} bytes",
        size_of::<Streaming>()
    );
}

#[test]
fn sketches_come_near_the_median_and_the_mad() {
    let mut random = random(9);
    let values: Vec<f64> = (0..20_000)
        .map(|_| 30.0 + 4.0 * gauss(&mut random))
        .collect();
    let mut state = Streaming::new(0.01, 0);
    for value in &values {
        state.update(*value);
    }
    let (median, mad) = (
        stats::median(&values).unwrap(),
        stats::mad(&values).unwrap(),
    );
    assert!((state.median().unwrap() - median).abs() < 0.1, "{state:?}");
    assert!((state.mad().unwrap() - mad).abs() < 0.1, "{state:?}");
}

#[test]
fn few_values_are_their_own_sketch() {
    assert_eq!(Sketch::new(0.5).value(), None);
    let mut state = Streaming::new(0.1, 0);
    for value in [4.0, f64::NAN, 2.0, 9.0] {
        state.update(value);
    }
    assert_eq!(state.median(), Some(4.0));
}

/// With a memory, what was usual long ago is not usual for ever; without one it stays.
#[test]
fn a_new_level_becomes_usual_within_two_memories() {
    let mut random = random(10);
    let mut score = |memory: u64| {
        let mut state = Streaming::new(0.1, memory);
        for i in 0..4000 {
            state.update(gauss(&mut random) + if i < 3600 { 0.0 } else { 50.0 });
        }
        state.update(50.0).robust
    };
    assert!(score(200).abs() < 1.0);
    assert!(score(0) > 20.0);
}
