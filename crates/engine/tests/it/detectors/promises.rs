//! What every detector promises, on any series at all.

use fleetscope_engine::detectors::{
    HIGHEST, Joint, Kind, LARGEST, Mode, Offline, Stream, Streaming,
};
use fleetscope_model::Sample;
use proptest::prelude::*;

/// Values as they come: mostly ordinary, some equal, some that are no readings.
fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        12 => -100.0_f64..100.0,
        4 => Just(7.0),
        1 => Just(0.0),
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
        1 => Just(f64::MAX),
        1 => Just(1e99),
        1 => Just(f64::MIN_POSITIVE),
    ]
}

/// Samples at irregular steps, some of them back in time.
fn samples(most: usize) -> impl Strategy<Value = Vec<Sample>> {
    prop::collection::vec((value(), -20_000_i64..200_000), 0..most).prop_map(|read| {
        let mut at_ms = 0;
        read.into_iter()
            .map(|(value, step)| {
                at_ms += step;
                Sample { at_ms, value }
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn scores_are_finite_and_gaps_have_none(samples in samples(400)) {
        for kind in Kind::ALL {
            let scores = kind.scores(&samples);
            prop_assert_eq!(scores.len(), samples.len());
            let mut last = None;
            for (score, sample) in scores.iter().zip(&samples) {
                let reading = sample.value.is_finite() && sample.value.abs() <= LARGEST;
                let later = last.is_none_or(|last| sample.at_ms > last);
                prop_assert!(score.is_none() || reading && later, "{} {:?}", kind.name(), sample);
                if reading && later {
                    last = Some(sample.at_ms);
                }
                if let Some(score) = score {
                    prop_assert!((0.0..=HIGHEST).contains(&score.raw), "{} {:?}", kind.name(), score);
                    if let Some(expected) = score.expected {
                        prop_assert!(expected.center.is_finite() && expected.scale > 0.0);
                    }
                }
            }
        }
    }

    #[test]
    fn the_same_samples_give_the_same_bytes(samples in samples(300)) {
        for kind in Kind::ALL {
            let bytes = || serde_json::to_string(&kind.scores(&samples)).unwrap();
            prop_assert_eq!(bytes(), bytes());
        }
    }

    #[test]
    fn a_stream_that_was_saved_and_restored_goes_on_as_if_nothing_had_been(
        samples in samples(300), at in 0_usize..300,
    ) {
        for kind in Kind::ALL {
            let whole = kind.scores(&samples);
            let Some(mut stream) = kind.stream() else {
                prop_assert_eq!(kind.mode(), Mode::Offline);
                continue;
            };
            for (i, (sample, expected)) in samples.iter().zip(&whole).enumerate() {
                if i == at {
                    let saved = serde_json::to_string(&stream).unwrap();
                    stream = serde_json::from_str::<Stream>(&saved).unwrap();
                }
                let score = stream.push(*sample);
                prop_assert_eq!(score.is_some(), expected.is_some());
                if let (Some(score), Some(expected)) = (score, expected) {
                    let near = (score.raw - expected.raw).abs() <= 1e-9 * expected.raw.max(1.0);
                    prop_assert!(near, "{} {} {:?} {:?}", kind.name(), i, score, expected);
                }
            }
        }
    }

    #[test]
    fn rows_of_several_series_never_score_what_is_no_number(
        rows in prop::collection::vec(prop::collection::vec(value(), 0..6), 0..200), width in 0_usize..20,
    ) {
        let mut joint = Joint::new(width);
        for (i, row) in rows.iter().enumerate() {
            if let Some(judged) = joint.push(i as i64, row) {
                prop_assert!((0.0..=HIGHEST).contains(&judged.score.raw));
                prop_assert!(judged.parts.iter().all(|part| part.is_finite()));
            }
        }
    }
}

#[test]
fn a_state_is_no_larger_than_it_says() {
    // Bytes of JSON, about 2.5 times those of memory: what may not happen is growth with the series.
    let saved = |kind: Kind, count: i64| {
        let mut stream = kind.stream().unwrap();
        for i in 0..count {
            let value = (i as f64 * 0.7).sin() + (i % 7) as f64;
            stream.push(Sample {
                at_ms: i * 60_000,
                value,
            });
        }
        serde_json::to_string(&stream).unwrap().len()
    };
    // The ensemble keeps two weeks: `ensemble::memory_stops_growing`.
    let small = |k: &Kind| k.mode() != Mode::Offline && *k != Kind::Ensemble;
    for kind in Kind::ALL.into_iter().filter(small) {
        let (day, week) = (saved(kind, 3_000), saved(kind, 21_000));
        assert!(week < day + day / 4 + 2_000, "{} {day} {week}", kind.name());
        assert!(week < 45_000, "{} {week}", kind.name());
    }
}
