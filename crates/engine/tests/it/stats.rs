//! The kernels against the plainest way to calculate the same, and their bits.

mod decompose;
mod dependence;
mod naive;
mod streaming;

use fleetscope_engine::stats::{self, LARGEST};
use proptest::prelude::*;
use rand::Rng;

use crate::build::{gauss, random};

/// Values of a series as it may come: ordinary, level shifts, ties, constants, gaps of all kinds.
fn series(most: usize) -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![
        20 => -100.0..100.0_f64,
        4 => (0_i32..4).prop_map(f64::from),
        2 => (0_i32..64).prop_map(|x| 1e3 + f64::from(x) / 64.0),
        1 => Just(-0.0),
        1 => prop_oneof![
            Just(f64::NAN),
            Just(f64::INFINITY),
            Just(f64::NEG_INFINITY),
            Just(LARGEST * 10.0),
            Just(f64::MAX),
        ],
    ];
    let mixed = prop::collection::vec(value, 0..most);
    let whole = prop::collection::vec(-100.0..100.0_f64, 0..most);
    let level = (-1e9..1e9_f64, 0..most).prop_map(|(level, count)| vec![level; count]);
    let steps = prop::collection::vec(0_i32..64, 0..most);
    let shifted = (steps, 0..most, 1.0..1e4_f64).prop_map(|(steps, at, by)| {
        let value = |(i, step)| f64::from(step) / 64.0 + if i < at { 0.0 } else { by };
        steps.into_iter().enumerate().map(value).collect()
    });
    prop_oneof![4 => mixed, 4 => whole, 1 => level, 2 => shifted]
}

/// Equal to 1e-9 of what matters, and unknown in the same places.
fn assert_near(ours: &[f64], expected: &[f64]) {
    assert_eq!(ours.len(), expected.len());
    for (place, (ours, expected)) in ours.iter().zip(expected).enumerate() {
        let near = (ours - expected).abs() <= 1e-9 * expected.abs().max(1.0);
        let both_unknown = ours.is_nan() && expected.is_nan();
        assert!(
            near || both_unknown,
            "at {place}: {ours}, expected {expected}"
        );
    }
}

fn assert_near_each(ours: Option<f64>, expected: Option<f64>) {
    let list = |value: Option<f64>| value.into_iter().collect::<Vec<f64>>();
    assert_near(&list(ours), &list(expected));
}

proptest! {
    #[test]
    fn moments_and_scores_are_those_of_the_definition(values in series(3000)) {
        let moments = stats::moments(&values);
        let (count, mean, variance) = naive::moments(&values);
        prop_assert_eq!(moments.count, count);
        assert_near_each(moments.variance(), variance);
        assert_near_each((count > 0).then_some(moments.mean), mean);
        let mut scores = vec![0.0; values.len()];
        stats::z_scores(&values, &mut scores);
        assert_near(&scores, &naive::z_scores(&values));
        let mut in_place = values.clone();
        stats::z_scores_in_place(&mut in_place);
        prop_assert_eq!(bits(&in_place), bits(&scores));
    }

    #[test]
    fn order_statistics_are_those_of_sorted_values(values in series(300), share in 0.0..=1.0_f64) {
        assert_near_each(stats::median(&values), naive::quantile(&values, 0.5));
        assert_near_each(stats::quantile(&values, share), naive::quantile(&values, share));
        assert_near_each(stats::mad(&values), naive::mad(&values));
        let quartiles = stats::quartiles(&values);
        assert_near_each(quartiles.map(|q| q.lower), naive::quantile(&values, 0.25));
        assert_near_each(quartiles.map(|q| q.upper), naive::quantile(&values, 0.75));
    }

    #[test]
    fn rolling_scores_are_those_of_each_window(
        values in series(400),
        window in 1_usize..50,
        least in 0_usize..20,
    ) {
        let mut scores = vec![0.0; values.len()];
        stats::rolling_z(&values, window, least, &mut scores);
        assert_near(&scores, &naive::rolling_z(&values, window, least));
    }

    #[test]
    fn rolling_medians_are_those_of_each_window(
        values in series(400),
        window in 1_usize..50,
        least in 0_usize..20,
    ) {
        let mut medians = vec![0.0; values.len()];
        stats::rolling_median(&values, window, least, &mut medians);
        assert_near(&medians, &naive::rolling_median(&values, window, least));
    }
}

/// Long series go another way than short ones: by samples and brackets.
#[test]
fn order_statistics_of_long_series_are_exact_whatever_the_values() {
    let count = 50_000;
    let mut random = random(5);
    let wavy: Vec<f64> = (0..count).map(|i| (f64::from(i) / 64.0).sin()).collect();
    let sorted: Vec<f64> = (0..count).map(f64::from).collect();
    let ties: Vec<f64> = (0..count).map(|i| f64::from(i % 3)).collect();
    let noise: Vec<f64> = (0..count).map(|_| gauss(&mut random)).collect();
    let mut gappy = noise.clone();
    for value in gappy.iter_mut().step_by(3) {
        *value = f64::NAN;
    }
    let mut late = vec![f64::NAN; count as usize];
    late[49_000..].copy_from_slice(&noise[49_000..]);
    for values in [
        wavy,
        sorted,
        ties,
        noise,
        gappy,
        late,
        vec![2.5; count as usize],
    ] {
        for share in [0.0, 0.001, 0.25, 0.5, 0.75, 0.99, 1.0] {
            assert_near_each(
                stats::quantile(&values, share),
                naive::quantile(&values, share),
            );
        }
        assert_near_each(stats::mad(&values), naive::mad(&values));
        let range = naive::quantile(&values, 0.75)
            .zip(naive::quantile(&values, 0.25))
            .map(|(upper, lower)| upper - lower);
        assert_near_each(stats::quartiles(&values).map(|q| q.range()), range);
    }
}

/// Of values that stand apart in the last bits of a long number only.
#[test]
fn rolling_medians_tell_values_apart_that_differ_in_their_last_bits() {
    let mut random = random(6);
    let ulp = f64::EPSILON;
    let values: Vec<f64> = (0..2000)
        .map(|_| 1.0 + ulp * f64::from(random.random_range(0_u32..500)))
        .collect();
    for window in [2, 33, 600] {
        let mut medians = vec![0.0; values.len()];
        stats::rolling_median(&values, window, window, &mut medians);
        let expected = naive::rolling_median(&values, window, window);
        assert_eq!(bits(&medians), bits(&expected), "window {window}");
    }
}

#[test]
fn rolling_scores_survive_level_shifts_of_any_size() {
    let mut random = random(7);
    // Beyond these the mean itself, as a number, has not the digits.
    for shift in [1.0, 1e3, 1e5] {
        let values: Vec<f64> = (0..3000)
            .map(|i| gauss(&mut random) + if i / 430 % 2 == 1 { shift } else { 0.0 })
            .collect();
        for window in [60, 360] {
            let mut scores = vec![0.0; values.len()];
            stats::rolling_z(&values, window, window, &mut scores);
            assert_near(&scores, &naive::rolling_z(&values, window, window));
        }
    }
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// A number that changes with any bit of any value: FNV-1a (Fowler, Noll and Vo).
fn digest(values: &[f64]) -> u64 {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Numbers without a library function behind them, which differ between machines.
fn plain_numbers(count: usize) -> Vec<f64> {
    let mut state = 1_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..count)
        .map(|i| next() + next() + (i % 24) as f64 / 10.0)
        .collect()
}

/// The same bits on every machine and after every change of the code that means to change none.
#[test]
fn results_have_the_same_bits_everywhere() {
    let values = plain_numbers(10_000);
    let mut scores = vec![0.0; values.len()];
    let mut digests = vec![("sum", digest(&[stats::sum(&values)]))];
    let moments = stats::moments(&values);
    digests.push(("moments", digest(&[moments.mean, moments.squares])));
    stats::z_scores(&values, &mut scores);
    digests.push(("z", digest(&scores)));
    stats::rolling_z(&values, 60, 60, &mut scores);
    digests.push(("rolling z", digest(&scores)));
    stats::rolling_median(&values, 60, 60, &mut scores);
    digests.push(("rolling median", digest(&scores)));
    let robust = [stats::median(&values), stats::mad(&values)];
    digests.push(("median and MAD", digest(&robust.map(Option::unwrap))));
    digests.push(("streaming", streaming::digest_of(&values)));
    digests.extend(decompose::digests_of(&values[..480]));
    let told: Vec<String> = digests
        .iter()
        .map(|(name, digest)| format!("{name} {digest:016x}"))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}
