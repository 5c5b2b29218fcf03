//! The judgement of a window: detection everywhere, the ensemble beside it where the history allows.

use fleetscope_engine::detectors::panel::confirmed;
use fleetscope_engine::judge::KNOWN;
use fleetscope_engine::{Signal, detect, judge};
use fleetscope_model::{Anomaly, Direction, Sensitivity, SignalRole};

use crate::build::{MINUTE, Noise, gauss, last, now, random, signal};

/// Any deviation counts, either way.
fn both_ways(values: &[f64]) -> Signal {
    let mut signal = signal(values, MINUTE);
    signal.direction = Direction::Both;
    signal.role = SignalRole::Availability;
    signal.least_deviation = 0.0;
    signal.sensitivity = Sensitivity::High;
    signal
}

/// Noise around a level, and in the last hour one reading that lies ten deviations above it, which is less
/// than `detect` calls an anomaly.
fn one_high(before: usize, seed: u64) -> Vec<f64> {
    let mut random = random(seed);
    let mut values: Vec<f64> = (0..before + 60)
        .map(|_| 50.0 + gauss(&mut random))
        .collect();
    values[before + 40] += 10.0;
    values
}

/// As `detect` says it.
fn unsure(found: Vec<Anomaly>) -> Vec<Anomaly> {
    let unsaid = |anomaly: Anomaly| Anomaly {
        probability: None,
        ..anomaly
    };
    found.into_iter().map(unsaid).collect()
}

fn by_ensemble(found: &[Anomaly]) -> Vec<&Anomaly> {
    let by = |a: &&Anomaly| a.detectors.iter().any(|d| d == "ensemble");
    found.iter().filter(by).collect()
}

#[test]
fn what_the_ensemble_alone_finds_is_an_anomaly_where_the_history_is_long_enough() {
    let mut found = 0;
    for seed in 0..10 {
        let long = both_ways(&one_high(1440, seed));
        let judged = judge(&long, last(59));
        for anomaly in by_ensemble(&judged) {
            found += 1;
            assert_eq!(anomaly.detectors, ["ensemble"], "{seed}");
            assert!(anomaly.start >= last(59).start && anomaly.end <= now());
            assert!(anomaly.peak_at >= anomaly.start && anomaly.peak_at <= anomaly.end);
            assert!(anomaly.expected.low < 50.0 && anomaly.expected.high > 50.0);
            assert!(
                anomaly.why.contains("that nothing before it resembles")
                    || anomaly.why.contains("was expected"),
                "{}",
                anomaly.why
            );
            let told = confirmed(&long, anomaly.clone());
            assert!(told.probability.unwrap() > 0.5, "{told:?}");
        }
        let short = both_ways(&one_high(KNOWN - 10, seed));
        let judged = unsure(judge(&short, last(59)));
        assert_eq!(judged, detect(&short, last(59)), "{seed}");
    }
    assert!(found >= 6, "{found}");
}

#[test]
fn what_both_find_is_one_anomaly_and_says_so() {
    let mut values = one_high(1440, 3);
    let begin = values.len() - 20;
    values[begin..].iter_mut().for_each(|v| *v += 40.0);
    let signal = both_ways(&values);
    let judged = judge(&signal, last(59));
    assert_eq!(unsure(judged.clone()), detect(&signal, last(59)));
    assert_eq!(judged.len(), 1, "{judged:?}");
    let told = confirmed(&signal, judged[0].clone());
    assert!(told.probability.unwrap() > 0.99, "{told:?}");
    for name in ["forecast-band", "ensemble"] {
        assert!(told.detectors.iter().any(|d| d == name), "{told:?}");
    }
}

#[test]
fn direction_and_least_deviation_are_kept_to_by_the_ensemble_too() {
    let values = one_high(1440, 1);
    let mut signal = both_ways(&values);
    assert_eq!(by_ensemble(&judge(&signal, last(59))).len(), 1);
    signal.least_deviation = 30.0;
    assert_eq!(judge(&signal, last(59)), Vec::new());
    signal.least_deviation = 0.0;
    signal.direction = Direction::Down;
    assert_eq!(judge(&signal, last(59)), Vec::new());
    signal.direction = Direction::Up;
    assert_eq!(judge(&signal, last(59)).len(), 1);
}

#[test]
fn a_counter_that_grows_is_not_unlike_itself() {
    let values: Vec<f64> = (0..KNOWN + 120).map(|i| 40.0 * i as f64).collect();
    let signal = both_ways(&values);
    assert!(by_ensemble(&judge(&signal, last(59))).is_empty());
}

/// Hourly looks at the last hour, as they are taken; the highest probability of each day.
fn days_of_noise(noise: Noise, sensitivity: Sensitivity, days: u64) -> (usize, Vec<f64>) {
    let mut alarms = 0;
    let mut highest = Vec::new();
    for seed in 0..days {
        let values = noise.series(KNOWN + 1440, &mut random(7_000 + seed));
        let mut most: f64 = 0.0;
        for at in (KNOWN..values.len()).step_by(60) {
            let mut look = both_ways(&values[at - KNOWN..at + 60]);
            look.sensitivity = sensitivity;
            for anomaly in judge(&look, last(59)) {
                alarms += 1;
                most = most.max(confirmed(&look, anomaly).probability.unwrap());
            }
        }
        highest.push(most);
    }
    (alarms, highest)
}

#[test]
fn a_window_of_noise_alarms_as_seldom_as_it_aims_to_and_is_as_sure_as_it_is_right() {
    // Measured over more days: docs/engine/anomalies.md.
    let days = 12;
    for noise in [Noise::Gaussian, Noise::HeavyTailed, Noise::Remembering] {
        for (sensitivity, aim) in [
            (Sensitivity::Medium, 0.01),
            (Sensitivity::High, 0.1),
            (Sensitivity::Extreme, 1.0),
        ] {
            let (alarms, highest) = days_of_noise(noise, sensitivity, days);
            let most = 4.0 * aim * days as f64 + 3.0;
            assert!(alarms as f64 <= most, "{noise:?} {sensitivity:?} {alarms}");
            // A day without a fault holds something so unlikely on a half, and on a tenth, of all days.
            let above = |p: f64| highest.iter().filter(|h| **h > p).count();
            assert!(
                above(0.5) <= 8 && above(0.9) <= 4,
                "{noise:?} {sensitivity:?} {highest:?}"
            );
        }
    }
}
