//! Series that follow the day and the week, over several weeks.

use fleetscope_engine::detectors::sensitivity::row;
use fleetscope_engine::detectors::{Kind, Offline};
use fleetscope_model::Sensitivity;

use super::{every_minute, noisy, raw};
use crate::build::{gauss, random};

const DAY: usize = 1440;
const WEEK: usize = 7 * DAY;

/// Load that follows the day, half of it at weekends.
fn load(days: usize, seed: u64) -> Vec<f64> {
    let mut random = random(seed);
    (0..days * DAY)
        .map(|i| {
            let day = (std::f64::consts::TAU * i as f64 / DAY as f64).sin();
            let weekend = i / DAY % 7 >= 5;
            let level = 100.0 + 30.0 * day;
            (if weekend { 0.5 * level } else { level }) + gauss(&mut random)
        })
        .collect()
}

/// Unusual readings in a stretch, by the threshold of HIGH.
fn unusual(scores: &[f64], kind: Kind, stretch: std::ops::Range<usize>) -> usize {
    let limit = row(Sensitivity::High).of(kind);
    scores[stretch].iter().filter(|s| **s > limit).count()
}

#[test]
fn what_an_incident_brought_is_not_expected_a_week_later() {
    // Two hours, twenty minutes, and five minutes that are wild.
    for (length, size) in [(120, 20.0), (20, 30.0), (5, 60.0)] {
        let mut values = noisy(4 * WEEK, 31);
        let begin = 2 * DAY + 10 * 60 + 20;
        values[begin..begin + length]
            .iter_mut()
            .for_each(|v| *v += size * 0.5);
        let scores = raw(Kind::Seasonal, &every_minute(&values));
        let around = |weeks: usize| {
            let from = begin + weeks * WEEK;
            unusual(&scores, Kind::Seasonal, from - 60..from + length + 120)
        };
        assert!(
            around(0) >= length.min(20) / 2,
            "{length}: it is seen itself"
        );
        for weeks in 1..4 {
            assert_eq!(around(weeks), 0, "{length} {size} {weeks}");
        }
        // The same again is no incident's echo: it is seen in the weeks after the next as before.
        values[begin + 2 * WEEK..begin + 2 * WEEK + length]
            .iter_mut()
            .for_each(|v| *v += size * 0.5);
        let scores = raw(Kind::Seasonal, &every_minute(&values));
        let from = begin + 2 * WEEK;
        let again = unusual(&scores, Kind::Seasonal, from..from + length);
        assert!(again >= length.min(20) / 2, "{length} {size}: {again}");
    }
}

#[test]
fn weekends_are_known_from_the_second_one_on() {
    let scores = raw(Kind::Seasonal, &every_minute(&load(28, 32)));
    let weekend = |week: usize| {
        let from = week * WEEK + 5 * DAY;
        unusual(&scores, Kind::Seasonal, from..from + 2 * DAY)
    };
    // Within hours the level of all hours follows.
    assert!(weekend(0) > 100, "{}", weekend(0));
    for week in 1..4 {
        assert!(weekend(week) < 30, "{week}: {}", weekend(week));
    }
}

#[test]
fn days_and_weeks_are_taken_out_of_a_window_of_weeks_and_an_incident_is_not() {
    let mut values = load(28, 33);
    let begin = 17 * DAY + 9 * 60;
    values[begin..begin + 30]
        .iter_mut()
        .for_each(|v| *v += 12.0);
    let scores = raw(Kind::Decomposed, &every_minute(&values));
    let found = unusual(&scores, Kind::Decomposed, begin..begin + 30);
    assert!(found >= 25, "{found}");
    // Midnights into and out of weekends are steps, which no line between two places follows.
    let quiet: usize = (0..28)
        .filter(|day| !(16..=18).contains(day))
        .map(|day| {
            unusual(
                &scores,
                Kind::Decomposed,
                day * DAY + 60..(day + 1) * DAY - 60,
            )
        })
        .sum();
    assert!(quiet <= 20, "{quiet}");
    // The days alone do not tell a weekend.
    let week = raw(Kind::Decomposed, &every_minute(&values[..14 * DAY]));
    let sundays = unusual(&week, Kind::Decomposed, 13 * DAY + 60..14 * DAY - 60);
    let told = unusual(&scores, Kind::Decomposed, 20 * DAY + 60..21 * DAY - 60);
    assert!(told * 10 <= sundays.max(10), "{told} {sundays}");
}

#[test]
fn a_decomposition_of_weeks_alarms_on_noise_no_more_often_than_of_days() {
    let samples = every_minute(&noisy(4 * WEEK, 34));
    let scores = raw(Kind::Decomposed, &samples);
    for (sensitivity, most) in [(Sensitivity::High, 12), (Sensitivity::Extreme, 112)] {
        let limit = row(sensitivity).of(Kind::Decomposed);
        // Four times the aim over four weeks, and one.
        let alarms = scores
            .chunks(15)
            .filter(|c| c.iter().any(|s| *s > limit))
            .count();
        assert!(alarms <= most, "{sensitivity:?} {alarms}");
    }
}

#[test]
fn readings_too_far_apart_for_a_day_to_have_a_shape_are_taken_apart_without_one() {
    let mut samples = every_minute(&noisy(400, 35));
    for (i, sample) in samples.iter_mut().enumerate() {
        sample.at_ms += i as i64 * 5 * 3_600_000;
    }
    assert!(
        Kind::Decomposed
            .scores(&samples)
            .iter()
            .all(Option::is_some)
    );
}
