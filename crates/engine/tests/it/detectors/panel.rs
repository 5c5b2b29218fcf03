//! Several detectors together: anomalies that say who agreed, how sure they are, and why.

use fleetscope_engine::detectors::panel::{agreement, find};
use fleetscope_engine::{Signal, detect};
use fleetscope_model::{Anomaly, Direction, Sensitivity, Severity};
use proptest::prelude::*;

use super::noisy;
use crate::build::{MINUTE, Noise, last, minutes, now, random, signal};

fn both_ways(values: &[f64]) -> Signal {
    let mut signal = signal(values, MINUTE);
    signal.direction = Direction::Both;
    signal
}

fn only(found: Vec<Anomaly>) -> Anomaly {
    assert_eq!(found.len(), 1, "{found:#?}");
    found.into_iter().next().unwrap()
}

#[test]
fn a_level_that_rises_is_one_anomaly_with_everything_that_people_ask_for() {
    let mut values = noisy(3000, 1);
    values[2980..].iter_mut().for_each(|v| *v += 8.0);
    let anomaly = only(find(&both_ways(&values), last(60)));
    assert_eq!(now().duration_since(anomaly.start), minutes(19));
    assert!(
        anomaly.peak > 17.0 && anomaly.peak_at >= anomaly.start,
        "{anomaly:?}"
    );
    assert!(
        anomaly.expected.low < 10.0 && anomaly.expected.high < 14.0,
        "{anomaly:?}"
    );
    assert!(anomaly.severity >= Severity::High, "{anomaly:?}");
    assert!(anomaly.probability.unwrap() > 0.99, "{anomaly:?}");
    for name in ["robust-z", "ewma", "holt-winters"] {
        assert!(anomaly.detectors.iter().any(|d| d == name), "{anomaly:?}");
    }
    assert!(
        anomaly.why.contains("rose to") && anomaly.why.contains("agree"),
        "{}",
        anomaly.why
    );
}

#[test]
fn a_series_that_goes_silent_says_so() {
    let mut values = noisy(3000, 2);
    values[2980..].fill(9.5);
    let anomaly = only(find(&both_ways(&values), last(60)));
    assert!(
        anomaly.detectors.iter().any(|d| d == "flat-line"),
        "{anomaly:?}"
    );
    assert!(anomaly.why.contains("stood still"), "{}", anomaly.why);
}

#[test]
fn direction_and_least_deviation_are_kept_to() {
    let mut values = noisy(3000, 3);
    values[2990..].iter_mut().for_each(|v| *v -= 8.0);
    let mut signal = both_ways(&values);
    assert_eq!(find(&signal, last(60)).len(), 1);
    signal.direction = Direction::Up;
    assert_eq!(find(&signal, last(60)), Vec::new());
    signal.direction = Direction::Down;
    signal.least_deviation = 30.0;
    assert_eq!(find(&signal, last(60)), Vec::new());
}

#[test]
fn what_ended_before_the_judged_range_is_not_told_again() {
    let mut values = noisy(3000, 4);
    values[2500..2510].iter_mut().for_each(|v| *v += 9.0);
    assert_eq!(find(&both_ways(&values), last(60)), Vec::new());
    assert_eq!(find(&both_ways(&values), last(600)).len(), 1);
}

#[test]
fn noise_raises_alarms_no_more_often_than_its_sensitivity_aims_at() {
    let days = 6;
    for (sensitivity, per_day) in [(Sensitivity::High, 0.1), (Sensitivity::Extreme, 1.0)] {
        for noise in [Noise::Gaussian, Noise::HeavyTailed] {
            let mut found = 0;
            for seed in 0..4 {
                let values = noise.series((days + 2) * 1440, &mut random(seed));
                let mut signal = both_ways(&values);
                signal.sensitivity = sensitivity;
                found += find(&signal, last(days as i64 * 1440)).len();
            }
            let aim = 2.0 * per_day * (4 * days) as f64 + 3.0;
            assert!((found as f64) <= aim, "{noise:?} {sensitivity:?} {found}");
        }
    }
}

#[test]
fn a_probability_is_as_often_right_as_it_says() {
    // The highest probability of a day of noise is above a half on at most half of the days.
    let (mut above_half, mut above_tenth) = (0, 0);
    let days = 40;
    for seed in 0..days {
        let values = Noise::HeavyTailed.series(3 * 1440, &mut random(seed));
        let mut signal = both_ways(&values);
        signal.sensitivity = Sensitivity::Extreme;
        let found = find(&signal, last(1440));
        let highest = found
            .iter()
            .filter_map(|a| a.probability)
            .fold(0.0, f64::max);
        above_half += u32::from(highest > 0.5);
        above_tenth += u32::from(highest > 0.9);
    }
    assert!(
        above_half <= 20 && above_tenth <= 8,
        "{above_half} {above_tenth}"
    );
}

#[test]
fn the_panel_agrees_with_what_the_watches_find_and_not_with_calm() {
    let mut values = noisy(1500, 5);
    values[1490..].iter_mut().for_each(|v| *v += 8.0);
    let signal = signal(&values, MINUTE);
    let found = only(detect(&signal, last(15)));
    let agreed = agreement(&signal, &found);
    assert!(
        agreed.detectors.len() >= 3 && agreed.probability > 0.99,
        "{agreed:?}"
    );
    let mut calm = found.clone();
    calm.start = now() - minutes(200);
    calm.end = now() - minutes(190);
    assert!(agreement(&signal, &calm).detectors.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_series_gives_anomalies_in_order_with_finite_numbers(
        values in prop::collection::vec(prop_oneof![
            8 => -10.0_f64..10.0, 2 => Just(3.0), 1 => Just(f64::NAN), 1 => Just(f64::INFINITY), 1 => Just(1e99),
        ], 0..400),
        judged in 1_i64..400,
    ) {
        let mut signal = both_ways(&values);
        signal.sensitivity = Sensitivity::Extreme;
        let found = find(&signal, last(judged));
        let again = serde_json::to_string(&find(&signal, last(judged))).unwrap();
        prop_assert_eq!(serde_json::to_string(&found).unwrap(), again);
        for anomaly in &found {
            let numbers = [
                anomaly.peak, anomaly.score, anomaly.expected.low, anomaly.expected.center,
                anomaly.expected.high, anomaly.probability.unwrap(),
            ];
            prop_assert!(numbers.iter().all(|n| n.is_finite()), "{anomaly:?}");
            prop_assert!(anomaly.start <= anomaly.peak_at && anomaly.peak_at <= anomaly.end);
            prop_assert!(!anomaly.why.is_empty());
            let sure = agreement(&signal, anomaly).probability;
            prop_assert!((0.0..=1.0).contains(&sure));
        }
        prop_assert!(found.is_sorted_by_key(|a| a.start));
    }
}
