//! What holds for every input.

use std::collections::BTreeSet;

use fleetscope_engine::{Input, detect, diagnose, narrate};
use fleetscope_model::{
    Direction, EvidenceId, Findings, Sample, Sensitivity, SignalRole, Source, Verdict,
};
use proptest::prelude::*;
use rand::seq::SliceRandom;

use crate::build::{MINUTE, last, random, signal};
use crate::town::Town;
use crate::trouble::{bad_release, bustle, decoys, greedy, hog, leak, slow, with_gap};

/// A town with some trouble or none.
pub(crate) fn town(kind: u8, seed: u64) -> Input {
    let mut town = Town::new(seed);
    decoys(&mut town, "search");
    match kind {
        0 => drop(leak(&mut town, "search", 35)),
        1 => drop(bad_release(&mut town, "search", 20)),
        2 => drop(slow(&mut town, "records", 10.0, 20)),
        3 => drop(hog(&mut town, 1, 15)),
        4 => drop(greedy(&mut town, 3, 15)),
        5 => town.gpus(Some(2), 20),
        6 => town.clocks(Some(0), 20),
        _ => bustle(&mut town),
    }
    town.finish()
}

/// Numbers as a broken exporter sends them.
fn wild() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => -1e3..1e3,
        1 => Just(0.0),
        1 => prop_oneof![
            Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(f64::MAX),
            Just(f64::MIN_POSITIVE), Just(-1e300), Just(1e99), Just(-1e99),
        ],
    ]
}

fn bytes(findings: &Findings) -> Vec<u8> {
    serde_json::to_vec(findings).unwrap()
}

fn known(input: &Input) -> BTreeSet<EvidenceId> {
    let signals = input.signals.iter().map(|s| &s.evidence);
    signals
        .chain(input.changes.iter().map(|c| &c.evidence))
        .chain(input.events.iter().map(|e| &e.evidence))
        .chain(input.logs.iter().map(|l| &l.evidence))
        .chain(input.traces.iter().map(|t| &t.evidence))
        .cloned()
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_the_readings_does_not_matter(kind in 0_u8..8, seed in 0_u64..1000) {
        let input = town(kind, seed);
        let mut shuffled = input.clone();
        let mut random = random(seed);
        shuffled.signals.shuffle(&mut random);
        shuffled.changes.shuffle(&mut random);
        shuffled.events.shuffle(&mut random);
        shuffled.logs.shuffle(&mut random);
        shuffled.traces.shuffle(&mut random);
        shuffled.topology.edges.shuffle(&mut random);
        prop_assert_eq!(bytes(&diagnose(&input)), bytes(&diagnose(&shuffled)));
    }

    #[test]
    fn the_same_input_gives_the_same_bytes(kind in 0_u8..8, seed in 0_u64..1000) {
        let input = town(kind, seed);
        let (first, second) = (diagnose(&input), diagnose(&input.clone()));
        prop_assert_eq!(bytes(&first), bytes(&second));
        prop_assert_eq!(narrate(&first, &input.clusters), narrate(&second, &input.clusters));
    }

    #[test]
    fn an_unrelated_constant_changes_nothing(kind in 0_u8..8, seed in 0_u64..1000, value in wild()) {
        let input = town(kind, seed);
        let mut more = input.clone();
        let mut constant = signal(&[value; 500], MINUTE);
        constant.name = "nothing to do with it".to_owned();
        more.signals.push(constant);
        let (without, with) = (diagnose(&input), diagnose(&more));
        prop_assert_eq!(without.verdict, with.verdict);
        prop_assert_eq!(without.candidates, with.candidates);
        prop_assert_eq!(without.anomalies, with.anomalies);
        prop_assert_eq!(without.timeline, with.timeline);
    }

    #[test]
    fn gaps_only_lower_confidence(kind in 0_u8..7, seed in 0_u64..1000) {
        let input = town(kind, seed);
        let whole = diagnose(&input);
        for source in [Source::Prometheus, Source::Kubernetes, Source::Loki, Source::Tempo] {
            let partial = diagnose(&with_gap(input.clone(), source));
            for candidate in &partial.candidates {
                let before = whole.candidates.iter().find(|c| c.entity == candidate.entity);
                prop_assert!(candidate.confidence <= before.unwrap().confidence);
            }
            prop_assert!(whole.verdict == Verdict::Cause || partial.verdict != Verdict::Cause);
        }
    }

    #[test]
    fn every_claim_cites_a_reading_that_was_given(kind in 0_u8..8, seed in 0_u64..1000) {
        let input = town(kind, seed);
        let findings = diagnose(&input);
        let known = known(&input);
        let reasons = findings.candidates.iter().flat_map(|c| &c.reasons).map(|r| &r.evidence);
        for cited in reasons.chain(findings.timeline.iter().map(|entry| &entry.evidence)) {
            prop_assert!(!cited.is_empty() && cited.iter().all(|id| known.contains(id)));
        }
        prop_assert!(findings.candidates.len() <= 10 && findings.timeline.len() <= 50);
        prop_assert!(findings.timeline.is_sorted_by_key(|entry| entry.at));
        let sum: f64 = findings.candidates.iter().map(|c| c.confidence.0).sum();
        prop_assert!(sum <= 1.0 + 1e-9, "{}", sum);
        prop_assert!(findings.candidates.iter().all(|c| !c.reasons.is_empty()));
        prop_assert!(!narrate(&findings, &input.clusters).is_empty());
    }

    #[test]
    fn samples_that_are_no_numbers_never_break_a_diagnosis(
        kind in 0_u8..8, seed in 0_u64..1000, holes in prop::collection::vec((any::<usize>(), wild()), 200),
    ) {
        let mut input = town(kind, seed);
        for (place, value) in holes {
            let signal = place % input.signals.len();
            let samples = &mut input.signals[signal].series.samples;
            let sample = place / 97 % samples.len();
            samples[sample].value = value;
        }
        let findings = diagnose(&input);
        prop_assert!(serde_json::to_string(&findings).is_ok());
        prop_assert!(!narrate(&findings, &input.clusters).is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_series_gives_anomalies_with_finite_numbers_in_order(
        values in prop::collection::vec(wild(), 0..300),
        distances in prop::collection::vec(1_i64..200_000, 300),
        least in wild(),
        sensitivity in prop::sample::select(vec![Sensitivity::Low, Sensitivity::Medium, Sensitivity::High, Sensitivity::Extreme]),
        role in prop::sample::select(vec![SignalRole::Latency, SignalRole::Resource, SignalRole::Clock]),
        judged in 1_i64..300,
    ) {
        let mut signal = signal(&values, MINUTE);
        let mut at = signal.series.samples.last().map_or(0, |s| s.at_ms);
        for (sample, distance) in signal.series.samples.iter_mut().rev().zip(&distances) {
            sample.at_ms = at;
            at -= distance;
        }
        signal.least_deviation = least;
        signal.sensitivity = sensitivity;
        signal.role = role;
        signal.direction = Direction::Both;
        for anomaly in detect(&signal, last(judged)) {
            let numbers = [
                anomaly.peak, anomaly.score, anomaly.expected.low, anomaly.expected.center,
                anomaly.expected.high,
            ];
            prop_assert!(numbers.iter().all(|n| n.is_finite()), "{anomaly:?}");
            prop_assert!(anomaly.start <= anomaly.peak_at && anomaly.peak_at <= anomaly.end);
            prop_assert!(anomaly.expected.low <= anomaly.expected.high);
            prop_assert!(!anomaly.why.is_empty() && !anomaly.detectors.is_empty());
        }
    }

    #[test]
    fn another_unit_changes_nothing_but_the_numbers(seed in 0_u64..1000, power in -12_i32..12) {
        let mut values = crate::build::Noise::Moving.series(300, &mut random(seed));
        values[285..].iter_mut().for_each(|v| *v += 15.0);
        let factor = 2.0_f64.powi(power);
        let scaled: Vec<f64> = values.iter().map(|v| v * factor).collect();
        let mut one = signal(&values, MINUTE);
        one.least_deviation = 3.0;
        let mut other = signal(&scaled, MINUTE);
        other.least_deviation = 3.0 * factor;
        let (one, other) = (detect(&one, last(30)), detect(&other, last(30)));
        prop_assert_eq!(one.len(), 1);
        prop_assert_eq!(other.len(), 1);
        prop_assert_eq!((one[0].start, one[0].end), (other[0].start, other[0].end));
        prop_assert!((one[0].score - other[0].score).abs() < 1e-6 * one[0].score);
    }

    #[test]
    fn another_zero_point_changes_nothing_where_no_share_counts(seed in 0_u64..1000, by in -50_i32..50) {
        let mut values = crate::build::Noise::Moving.series(300, &mut random(seed));
        values[285..].iter_mut().for_each(|v| *v += 15.0);
        let moved: Vec<f64> = values.iter().map(|v| v + f64::from(by)).collect();
        let (one, other) = (signal(&values, MINUTE), signal(&moved, MINUTE));
        let (one, other) = (detect(&one, last(30)), detect(&other, last(30)));
        prop_assert_eq!(one.len(), other.len());
        prop_assert_eq!((one[0].start, one[0].end), (other[0].start, other[0].end));
        prop_assert!((one[0].score - other[0].score).abs() < 1e-6 * one[0].score);
    }
}

#[test]
fn an_empty_input_is_nothing_wrong() {
    let mut input = town(7, 1);
    input.signals.clear();
    input.topology.edges.clear();
    let findings = diagnose(&input);
    assert_eq!(findings.verdict, Verdict::NothingWrong);
    assert!(findings.anomalies.is_empty());
    input.signals = vec![signal(&[], MINUTE)];
    input.signals[0].series.samples = vec![Sample {
        at_ms: i64::MAX,
        value: 1.0,
    }];
    assert_eq!(diagnose(&input).verdict, Verdict::NothingWrong);
}
