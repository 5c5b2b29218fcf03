//! Series as they are in real life: short, constant, holed, restarted, moved for good.

use fleetscope_engine::detectors::sensitivity::row;
use fleetscope_engine::detectors::{FlatLine, Joint, Kind, Mode, Offline, Streaming, pelt, rate};
use fleetscope_model::{Sample, Sensitivity};

use super::{every_minute, noisy, raw};
use crate::build::{MINUTE, gauss, random};

/// The threshold of MEDIUM.
fn limit(kind: Kind) -> f64 {
    row(Sensitivity::Medium).of(kind)
}

#[test]
fn a_short_series_gets_no_score_from_anyone() {
    for count in [0, 1, 2, 29] {
        let samples = every_minute(&noisy(count, 1));
        for kind in Kind::ALL.into_iter().filter(|k| *k != Kind::FlatLine) {
            assert!(
                kind.scores(&samples).iter().all(Option::is_none),
                "{}",
                kind.name()
            );
        }
    }
}

#[test]
fn a_constant_is_never_unusual() {
    for value in [0.0, 1.0, -3.5, 1e9, 0.1 + 0.2] {
        let samples = every_minute(&[value; 3000]);
        for kind in Kind::ALL {
            let highest = raw(kind, &samples).into_iter().fold(0.0, f64::max);
            assert!(highest < 1.0, "{} {value} {highest}", kind.name());
        }
    }
}

#[test]
fn a_jump_out_of_a_constant_is_seen_by_all_that_look_at_values() {
    let mut values = vec![5.0; 3000];
    values[2900..].fill(6.0);
    let samples = every_minute(&values);
    for kind in Kind::ALL {
        // A step is trend to a decomposition, and has no shape of its own.
        let blind = [
            Kind::FlatLine,
            Kind::CounterRate,
            Kind::MatrixProfile,
            Kind::Decomposed,
        ];
        if blind.contains(&kind) {
            continue;
        }
        let highest = raw(kind, &samples)[2895..2920]
            .iter()
            .copied()
            .fold(0.0, f64::max);
        assert!(highest > limit(kind), "{} {highest}", kind.name());
    }
}

#[test]
fn what_stands_out_is_seen_and_where_it_is() {
    let mut values = noisy(5 * 1440, 2);
    values[6000] += 10.0;
    let samples = every_minute(&values);
    for kind in [
        Kind::ZScore,
        Kind::Iqr,
        Kind::Mad,
        Kind::Seasonal,
        Kind::Decomposed,
        Kind::SpectralResidual,
        Kind::ForecastBand,
    ] {
        let raw = raw(kind, &samples);
        assert!(raw[6000] > limit(kind), "{} {}", kind.name(), raw[6000]);
    }
}

#[test]
fn a_small_shift_that_no_single_reading_shows_is_seen_by_those_that_look_for_shifts() {
    let mut values = noisy(3000, 3);
    values[2500..].iter_mut().for_each(|v| *v += 1.0);
    let samples = every_minute(&values);
    for kind in [Kind::Ewma, Kind::OnlineChange, Kind::Pelt] {
        let raw = raw(kind, &samples);
        let before = raw[2000..2490].iter().copied().fold(0.0, f64::max);
        let after = raw[2490..2560].iter().copied().fold(0.0, f64::max);
        assert!(
            before < limit(kind) && after > limit(kind),
            "{} {before} {after}",
            kind.name()
        );
    }
    let change = pelt::changes(&values);
    assert!(
        change.iter().any(|c| c.at.abs_diff(2500) <= 3),
        "{change:?}"
    );
}

#[test]
fn a_shape_that_was_never_there_is_seen_by_those_that_look_at_shapes() {
    let mut random = random(4);
    let mut values: Vec<f64> = (0..2880)
        .map(|i| {
            (std::f64::consts::TAU * f64::from(i) / 60.0).sin() * 5.0 + 0.2 * gauss(&mut random)
        })
        .collect();
    // Half an hour in which the wave goes the other way: each value is ordinary.
    values[2500..2530].reverse();
    for (i, value) in values[2500..2530].iter_mut().enumerate() {
        *value = -*value * if i % 2 == 0 { 1.0 } else { 0.9 };
    }
    let samples = every_minute(&values);
    for kind in [Kind::MatrixProfile, Kind::SubPca] {
        let raw = raw(kind, &samples);
        let before = raw[1500..2400].iter().copied().fold(0.0, f64::max);
        let during = raw[2495..2545].iter().copied().fold(0.0, f64::max);
        assert!(
            during > 2.0 * before.max(1.0),
            "{} {before} {during}",
            kind.name()
        );
    }
    assert!(
        raw(Kind::ZScore, &samples)[2500..2530]
            .iter()
            .all(|s| *s < limit(Kind::ZScore))
    );
}

/// Readings after which a new level is the norm, as the detectors' documentation says.
const LEARNT: [(Kind, usize); 9] = [
    (Kind::ZScore, 240),
    (Kind::Iqr, 240),
    (Kind::Mad, 240),
    (Kind::Ewma, 1500),
    (Kind::Seasonal, 1440),
    (Kind::SpectralResidual, 260),
    (Kind::OnlineChange, 40),
    (Kind::MatrixProfile, 60),
    (Kind::ForecastBand, 120),
];

#[test]
fn a_new_level_is_the_norm_after_the_stated_time() {
    let shift_at = 4 * 1440;
    for size in [3.0, 20.0] {
        let mut values = noisy(8 * 1440, 5);
        values[shift_at..].iter_mut().for_each(|v| *v += size);
        let samples = every_minute(&values);
        for (kind, learnt) in LEARNT {
            let raw = raw(kind, &samples);
            let limit = row(Sensitivity::Low).of(kind);
            let late = raw[shift_at + learnt..]
                .iter()
                .filter(|s| **s > limit)
                .count();
            assert_eq!(late, 0, "{} {size}", kind.name());
            if kind != Kind::MatrixProfile {
                let early = raw[shift_at..shift_at + 20].iter().any(|s| *s > limit);
                assert!(early, "{} {size}", kind.name());
            }
        }
    }
}

#[test]
fn gaps_and_irregular_steps_raise_nothing_but_the_gap_itself() {
    let mut random = random(6);
    let mut at_ms = 0;
    let mut samples: Vec<Sample> = noisy(4000, 7)
        .into_iter()
        .map(|value| {
            at_ms += MINUTE - 10_000 + (gauss(&mut random) * 4_000.0) as i64;
            Sample { at_ms, value }
        })
        .collect();
    for (i, wild) in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY]
        .into_iter()
        .enumerate()
    {
        samples[3000 + 10 * i].value = wild;
    }
    // Two hours without readings.
    samples.drain(3500..3620);
    for kind in Kind::ALL.into_iter().filter(|k| *k != Kind::CounterRate) {
        let raw = raw(kind, &samples);
        let limit = row(Sensitivity::Low).of(kind);
        let found: Vec<usize> = (2000..raw.len()).filter(|i| raw[*i] > limit).collect();
        if kind == Kind::FlatLine {
            assert_eq!(found, [3500]);
        } else {
            assert_eq!(found, Vec::<usize>::new(), "{}", kind.name());
        }
    }
}

#[test]
fn a_line_that_goes_flat_is_seen_while_it_lasts_and_a_gap_before_it_ends() {
    let mut values = noisy(2000, 8);
    values[1990..].fill(9.75);
    let samples = every_minute(&values);
    let raw = raw(Kind::FlatLine, &samples);
    assert!(
        raw[1989] < 1.0 && raw[1995] > limit(Kind::FlatLine),
        "{:?}",
        &raw[1985..]
    );

    let mut stream = FlatLine::default();
    for sample in &samples[..1000] {
        stream.push(*sample);
    }
    let last = samples[999].at_ms;
    assert!(stream.silence(last + MINUTE).unwrap().raw < 1.0);
    assert!(stream.silence(last + 10 * MINUTE).unwrap().raw > limit(Kind::FlatLine));
}

#[test]
fn a_series_that_often_stands_still_may_go_on_to_do_so() {
    // A level that changes every half an hour.
    let values: Vec<f64> = (0..3000).map(|i| f64::from(i / 30 * 7 % 11)).collect();
    let highest = raw(Kind::FlatLine, &every_minute(&values))[120..]
        .iter()
        .copied()
        .fold(0.0, f64::max);
    assert!(highest < limit(Kind::FlatLine), "{highest}");
}

#[test]
fn a_counter_that_restarts_is_no_anomaly_and_one_that_races_is() {
    let mut random = random(9);
    let (mut total, mut values) = (1e6, Vec::new());
    for i in 0..2000 {
        let each = if i >= 1900 { 6.0 } else { 1.0 };
        total += 60.0 * each * (10.0 + gauss(&mut random));
        if i == 700 || i == 1500 {
            total = 12.0;
        }
        values.push(total);
    }
    let samples = every_minute(&values);
    assert!(rate::is_counter(&samples));
    assert!(!rate::is_counter(&every_minute(&noisy(500, 1))));
    let scores = Kind::CounterRate.scores(&samples);
    assert_eq!(scores[700], None);
    let raw = raw(Kind::CounterRate, &samples);
    let low = row(Sensitivity::Low).of(Kind::CounterRate);
    assert!(raw[..1900].iter().all(|s| *s < low));
    assert!(raw[1901..1950].iter().all(|s| *s > low));
}

/// Four weeks of daily load whose people's clock is put forward by an hour in the last one.
fn load(shift_hours: f64, lasts_days: usize) -> Vec<f64> {
    let mut random = random(10);
    (0..28 * 1440)
        .map(|i| {
            let moved = if i >= 21 * 1440 { shift_hours } else { 0.0 };
            let hour = i as f64 / 60.0 + moved;
            let day = (std::f64::consts::TAU * (hour - 8.0) / 24.0).sin();
            // Weekends come and go over four hours around midnight.
            let of_week = (hour / 24.0).rem_euclid(7.0);
            let ramp = |at: f64| ((of_week - at) * 6.0 + 0.5).clamp(0.0, 1.0);
            let weekend = (ramp(5.0) - ramp(7.0) + 1.0 - ramp(0.0)).clamp(0.0, 1.0);
            let size = 40.0 - 25.0 * weekend;
            let out = lasts_days > 0 && i >= 24 * 1440 + 600 && i < 24 * 1440 + 660;
            100.0 + size * day + gauss(&mut random) + if out { 30.0 } else { 0.0 }
        })
        .collect()
}

#[test]
fn a_clock_that_is_put_forward_raises_no_alarm_and_hides_none() {
    let kind = Kind::Seasonal;
    let limit = row(Sensitivity::Low).of(kind);
    for hours in [1.0, -1.0] {
        let plain = raw(kind, &every_minute(&load(hours, 0)));
        let alarms = plain[15 * 1440..].iter().filter(|s| **s > limit).count();
        assert!(alarms <= 5, "{hours} {alarms}");
        let with = raw(kind, &every_minute(&load(hours, 1)));
        assert!(with[24 * 1440 + 610] > limit);
    }
    // A day that moves by three hours is no change of clocks.
    let strange = raw(kind, &every_minute(&load(3.0, 0)));
    assert!(
        strange[21 * 1440..22 * 1440]
            .iter()
            .filter(|s| **s > limit)
            .count()
            > 60
    );
}

#[test]
fn a_weekend_is_known_from_the_second_week_on() {
    let kind = Kind::Seasonal;
    let raw = raw(kind, &every_minute(&load(0.0, 0)));
    let limit = row(Sensitivity::Low).of(kind);
    assert!(raw[14 * 1440..].iter().filter(|s| **s > limit).count() <= 5);
}

#[test]
fn readings_that_are_ordinary_each_by_itself_stand_out_together() {
    let mut random = random(11);
    let mut joint = Joint::new(3);
    let limit = row(Sensitivity::Low).joint;
    for i in 0..2000 {
        let load = gauss(&mut random);
        let noise = |r: &mut _| 0.2 * gauss(r);
        let row = [
            load + noise(&mut random),
            2.0 * load + noise(&mut random),
            f64::NAN,
        ];
        let judged = joint.push(i, &row);
        assert!(judged.is_none_or(|j| j.score.raw < limit));
    }
    // Requests at their usual, the work they cause at theirs, but not both of one moment.
    let judged = joint.push(2000, &[1.0, -2.0, f64::NAN]).unwrap();
    assert!(judged.score.raw > limit, "{judged:?}");
    assert!(judged.parts[2] == 0.0 && judged.parts[0] > 0.0 && judged.parts[1] > 0.0);
}

#[test]
fn offline_and_streaming_are_what_the_catalogue_says() {
    for kind in Kind::ALL {
        assert_eq!(kind.stream().is_none(), kind.mode() == Mode::Offline);
    }
    let mut names: Vec<&str> = Kind::ALL.iter().map(|k| k.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Kind::ALL.len());
}
