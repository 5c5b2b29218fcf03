//! How far a reading is from what its time of day usually brings, the level of the moment taken off.

use serde::{Deserialize, Serialize};

use super::mean::Mean;
use super::rank::Ranks;

/// Days whose readings at this time are looked at: each weekday once, so that a weekend is not
/// measured by weekdays alone.
const DAYS: i64 = 7;
/// Slots to each side of the same time of day: a timer that drifts or a mark that is rounded moves
/// readings by so much. With seven readings a day the median is robust from the first day on.
const BESIDE: i64 = 3;
/// Readings whose median is the level of the moment: longer than the first readings of an
/// incident, shorter than the slope of a day.
const LEVEL: usize = 20;
/// Readings over which the noise is averaged: a day of readings a minute apart.
const NOISE_READINGS: f64 = 1440.0;
/// The share of the noise that is added to the scale: where the days agree by chance, or the
/// series stands still at this time of day, the scale must not vanish. A quarter does as well.
const NOISE_SHARE: f64 = 0.5;
/// A series follows the clock where knowing it leaves less than this share of the distance from the
/// level. A series that does not is at 1: chance alone gives 0.98 to 1.02 over a week.
const EXPLAINED: f64 = 0.9;
/// Readings over which that is averaged: two weeks of readings five minutes apart.
const EXPLAINED_OVER: f64 = 4000.0;
/// Readings a day beyond which slots are wider than the step: bounds the memory.
const MOST_SLOTS: i64 = 1440;
/// A day.
const DAY_MS: i64 = 86_400_000;
/// A 32-bit float holds seven digits: smaller differences are rounding of whoever measured.
const ROUNDING: f64 = 1e-6;

/// The last days of a series, by time of day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Season {
    slot_ms: i64,
    first_ms: Option<i64>,
    /// By slot modulo their number: which slot since the epoch, and the reading above its level.
    slots: Vec<Option<(i64, f64)>>,
    before: f64,
    level: Ranks,
    noise: Mean,
    largest: f64,
    /// The distance from what is usual at this time, and from the level alone.
    unexplained: Mean,
    whole: Mean,
}

/// How far a reading is from what its time of day usually brings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Distance {
    /// In the series' own unit.
    apart: f64,
    /// In units of what is usual at this time.
    pub(super) deviations: f64,
}

impl Season {
    /// For readings that come so often.
    pub(super) fn new(step_ms: i64) -> Self {
        let slot_ms = step_ms.clamp(DAY_MS / MOST_SLOTS, DAY_MS / 2);
        let slots = DAYS * (DAY_MS / slot_ms) + BESIDE + 1;
        Self {
            slot_ms,
            first_ms: None,
            slots: vec![None; slots as usize],
            before: 0.0,
            level: Ranks::new(LEVEL),
            noise: Mean::over(NOISE_READINGS),
            largest: 0.0,
            unexplained: Mean::over(EXPLAINED_OVER),
            whole: Mean::over(EXPLAINED_OVER),
        }
    }

    /// How far the reading is away; none before a day is known.
    pub(super) fn push(&mut self, at_ms: i64, value: f64) -> Option<Distance> {
        let first = *self.first_ms.get_or_insert(at_ms);
        let above = value - self.level.quantile(0.5).unwrap_or(value);
        if at_ms > first {
            self.noise.learn((value - self.before).abs());
        }
        self.before = value;
        self.level.learn(value);
        self.largest = self.largest.max(value.abs());
        let slot = at_ms.div_euclid(self.slot_ms);
        let distance = self.distance(slot, above);
        let at = self.place(slot);
        self.slots[at] = Some((slot, above));
        if let Some(distance) = distance {
            self.unexplained.learn(distance.apart);
            self.whole.learn(above.abs());
        }
        distance
    }

    /// Whether the time of day says more of this series than nothing, seen over a week.
    pub(super) fn explains(&self, at_ms: i64) -> bool {
        let week = |first: i64| at_ms.saturating_sub(first) >= DAYS * DAY_MS;
        self.first_ms.is_some_and(week) && self.unexplained.value() < EXPLAINED * self.whole.value()
    }

    fn place(&self, slot: i64) -> usize {
        slot.rem_euclid(self.slots.len() as i64) as usize
    }

    fn distance(&self, slot: i64, above: f64) -> Option<Distance> {
        let mut usual = [0.0; (DAYS * (2 * BESIDE + 1)) as usize];
        let mut known = 0;
        for day in 1..=DAYS {
            let same = slot - day * DAY_MS / self.slot_ms;
            for other in same - BESIDE..=same + BESIDE {
                if let Some((of, value)) = self.slots[self.place(other)]
                    && of == other
                {
                    usual[known] = value;
                    known += 1;
                }
            }
        }
        if known < (2 * BESIDE + 1) as usize {
            return None;
        }
        let usual = &mut usual[..known];
        let middle = usual.len() / 2;
        let center = *usual.select_nth_unstable_by(middle, f64::total_cmp).1;
        // The mean, not the median: where most days stand still, a median of 0 would make
        // anything an anomaly.
        let spread = usual
            .iter()
            .map(|value| (value - center).abs())
            .sum::<f64>()
            / known as f64;
        let scale = spread + NOISE_SHARE * self.noise.value() + ROUNDING * self.largest;
        let apart = (above - center).abs();
        let deviations = if scale > 0.0 { apart / scale } else { 0.0 };
        Some(Distance { apart, deviations })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten days of readings five minutes apart: a wave, a little noise, and each day at six a job.
    fn ten_days(season: &mut Season) -> Vec<Option<Distance>> {
        let reading = |i: i64| {
            let of_day = i % 288;
            let wave = (of_day as f64 / 288.0 * std::f64::consts::TAU).sin() * 10.0;
            let job = if of_day == 72 { 50.0 } else { 0.0 };
            wave + job + (i * 7919 % 101) as f64 / 50.0
        };
        (0..2880)
            .map(|i| season.push(i * 300_000, reading(i)))
            .collect()
    }

    #[test]
    fn a_job_at_its_time_is_usual_and_at_another_time_is_not() {
        let mut season = Season::new(300_000);
        let found = ten_days(&mut season);
        assert!(found[..280].iter().all(Option::is_none));
        let at_six = found[9 * 288 + 72].unwrap().deviations;
        assert!(at_six < 8.0, "{at_six}");
        let elsewhere = season.push(2880 * 300_000, 51.0).unwrap().deviations;
        assert!(elsewhere > 20.0, "{elsewhere}");
    }

    #[test]
    fn it_knows_whether_the_clock_explains_the_series() {
        let mut season = Season::new(300_000);
        ten_days(&mut season);
        assert!(season.explains(10 * DAY_MS));
        assert!(!season.explains(6 * DAY_MS));
        let mut noise = Season::new(300_000);
        (0..2880).for_each(|i| {
            noise.push(i * 300_000, (i * i * 7919 % 1009) as f64);
        });
        assert!(!noise.explains(10 * DAY_MS));
    }

    #[test]
    fn days_without_readings_are_gaps_not_zeros() {
        let mut season = Season::new(300_000);
        ten_days(&mut season);
        assert_eq!(season.push(40 * DAY_MS, 5.0), None);
    }
}
