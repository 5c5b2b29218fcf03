//! Seasonal profile: what is usual at this hour of the day and of the week.
//!
//! The level of each hour is learnt from the same hour of days and weeks before (the seasonal half of
//! Winters 1960, hour by hour). Between the middles of two hours the profile is drawn straight.
//!
//! **Daylight saving.** Readings carry no time zone, and what people do moves against them by an hour
//! twice a year. A reading is therefore compared with the profile at its own time, an hour earlier and
//! an hour later, and the nearest counts. Where the load climbs by 10 % an hour this hides what is
//! less than 10 % off; on the plateaus it costs nothing, and the change itself raises no alarm at
//! all. The profile follows within a few days.

use fleetscope_model::Sample;
use serde::{Deserialize, Serialize};

use super::zscore::LEAST;
use super::{Order, Score, Streaming, at_least_rounding};

const HOUR_MS: i64 = 3_600_000;
const DAY: i64 = 24;
const WEEK: i64 = 7 * 24;
/// Weight of the newest visit in an hour's level: after four visits three quarters are new.
const VISIT: f64 = 0.3;
/// The same for an hour that lies where the visit before lay, far from the profile.
const AGAIN: f64 = 0.7;
/// Memory of the size of residuals, in readings.
const SPREAD: f64 = 1.0 / 480.0;
/// Memory of the offset of all hours: most of a level shift is taken over within a day.
const OFFSET_MS: f64 = 8.0 * 3_600_000.0;
/// A reading teaches at most as if it lay so many deviations out (as the control chart's).
const CLIP: f64 = 3.0;

/// What an hour brought.
#[derive(Debug, Clone, Copy)]
struct Visit {
    /// The mean of its readings.
    mean: f64,
    /// The same, what lay far out drawn in: a few wild minutes are no level of an hour.
    calm: f64,
}

/// The level of an hour and how often it was seen.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Slot {
    level: f64,
    visits: u16,
    /// Which way the last visit lay too far out to be learnt from: 0 for none.
    strayed: i8,
    /// Whether the only visit was far from what the hour of the day had let expect: a weekend, or an
    /// incident. Until the next visit says which, either is expected.
    #[serde(default)]
    doubted: bool,
}

impl Slot {
    /// Learns from a visit. One that lies farther out than `most` is an incident the first time, and
    /// the new shape when the next visit lies there too. `beside` is what else was to be expected.
    fn learn(&mut self, visit: Visit, most: f64, beside: Option<f64>) {
        if self.visits == 0 || (self.doubted && !self.confirms(visit, beside)) {
            self.doubted = beside.is_some_and(|usual| (visit.mean - usual).abs() > most);
            self.level = if self.doubted { visit.mean } else { visit.calm };
            self.visits = 1;
            return;
        }
        self.doubted = false;
        let off = visit.mean - self.level;
        let strays = match off {
            off if off.abs() <= most => 0,
            off if off > 0.0 => 1,
            _ => -1,
        };
        let incident = strays != 0 && self.strayed != strays;
        self.strayed = strays;
        if incident {
            return;
        }
        self.visits = self.visits.saturating_add(1);
        let (weight, level) = match strays {
            0 => (VISIT, visit.calm),
            _ => (AGAIN, visit.mean),
        };
        self.level += weight.max(1.0 / f64::from(self.visits)) * (level - self.level);
    }

    /// Whether a visit is nearer to the one before than to what else was to be expected.
    fn confirms(&self, visit: Visit, beside: Option<f64>) -> bool {
        let off = |level: f64| (visit.mean - level).abs();
        beside.is_none_or(|usual| off(self.level) <= off(usual))
    }
}

/// The hour that is going on.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Current {
    hour: i64,
    sum: f64,
    #[serde(default)]
    calm: f64,
    count: u32,
}

/// A daily and weekly profile of hours.
///
/// Both; 4 KB of state. Speaks from the second day on; from the second week on each hour of the week
/// is known by itself, before that weekends are judged by weekdays. What an incident brought is not
/// expected a week later: an hour that strayed from the hours of the days before is doubted until it
/// comes again. Raw score: deviations of the
/// residual. A level shift is the norm after a day, but for up to two hours when the hours of the week
/// take over from those of the day; a new shape after three visits of the hour.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Seasonal {
    order: Order,
    before_ms: Option<i64>,
    day: Vec<Slot>,
    week: Vec<Slot>,
    current: Current,
    offset: f64,
    variance: f64,
    count: u32,
    size: f64,
}

impl Default for Seasonal {
    fn default() -> Self {
        Self {
            order: Order::default(),
            before_ms: None,
            day: vec![Slot::default(); DAY as usize],
            week: vec![Slot::default(); WEEK as usize],
            current: Current::default(),
            offset: 0.0,
            variance: 0.0,
            count: 0,
            size: 0.0,
        }
    }
}

impl Seasonal {
    /// The level of an hour of the week, or of the day where that is not known, or not `trusted`.
    fn slot(&self, hour: i64, trusted: bool) -> Option<f64> {
        let of_week = self.week.get(hour.rem_euclid(WEEK) as usize);
        of_week
            .filter(|slot| slot.visits > 0 && (trusted || !slot.doubted))
            .map_or_else(|| self.hour_of_day(hour), |slot| Some(slot.level))
    }

    fn hour_of_day(&self, hour: i64) -> Option<f64> {
        let of_day = self.day.get(hour.rem_euclid(DAY) as usize)?;
        (of_day.visits > 0).then_some(of_day.level)
    }

    /// The profile at this time, straight between the middles of hours.
    fn profile(&self, at_ms: i64, trusted: bool) -> Option<f64> {
        let from_middle = at_ms.saturating_sub(HOUR_MS / 2);
        let hour = from_middle.div_euclid(HOUR_MS);
        let share = from_middle.rem_euclid(HOUR_MS) as f64 / HOUR_MS as f64;
        let (low, high) = (self.slot(hour, trusted)?, self.slot(hour + 1, trusted)?);
        Some(low + (high - low) * share)
    }

    /// What is expected of a reading: of the profile now, an hour ago and an hour on, with the hours that
    /// are doubted and without them, the nearest.
    fn expected(&self, at_ms: i64, value: f64) -> Option<f64> {
        let off = |center: &f64| (value - center).abs();
        [0, -HOUR_MS, HOUR_MS]
            .into_iter()
            .flat_map(|by| [(by, true), (by, false)])
            .filter_map(|(by, trusted)| self.profile(at_ms.saturating_add(by), trusted))
            .map(|center| center + self.offset)
            .min_by(|a, b| off(a).total_cmp(&off(b)))
    }

    fn deviation(&self) -> f64 {
        at_least_rounding(self.variance.max(0.0).sqrt(), self.size)
    }

    /// Learns offset and spread from a residual.
    fn learn(&mut self, residual: f64, passed_ms: f64) {
        self.count = self.count.saturating_add(1);
        let most = if self.count as usize > LEAST {
            CLIP * self.deviation()
        } else {
            f64::INFINITY
        };
        let residual = residual.clamp(-most, most);
        let weight = 1.0 - (-passed_ms.min(HOUR_MS as f64) / OFFSET_MS).exp();
        self.offset += weight * residual;
        let weight = (1.0 / f64::from(self.count)).max(SPREAD);
        self.variance += weight * (residual * residual - self.variance);
    }

    /// The farthest that a reading or an hour lies out without being an incident.
    fn most(&self) -> f64 {
        if self.count as usize >= LEAST {
            CLIP * self.deviation()
        } else {
            f64::INFINITY
        }
    }

    /// Puts a level into the hour it belongs to, also as it is with what lies far out drawn in; a
    /// finished hour goes into the profile.
    fn collect(&mut self, at_ms: i64, level: f64, calm: f64) {
        let hour = at_ms.div_euclid(HOUR_MS);
        if self.current.count > 0 && self.current.hour != hour {
            let done = std::mem::take(&mut self.current);
            self.finish(done);
        }
        self.current.hour = hour;
        self.current.sum += level;
        self.current.calm += calm;
        self.current.count = self.current.count.saturating_add(1);
    }

    fn finish(&mut self, done: Current) {
        let visit = Visit {
            mean: done.sum / f64::from(done.count),
            calm: done.calm / f64::from(done.count),
        };
        let most = self.most();
        let beside = self.hour_of_day(done.hour);
        if let Some(slot) = self.day.get_mut(done.hour.rem_euclid(DAY) as usize) {
            slot.learn(visit, most, None);
        }
        if let Some(slot) = self.week.get_mut(done.hour.rem_euclid(WEEK) as usize) {
            slot.learn(visit, most, beside);
        }
    }
}

impl Streaming for Seasonal {
    fn push(&mut self, sample: Sample) -> Option<Score> {
        let value = self.order.value(sample)?;
        let before_ms = self.before_ms.replace(sample.at_ms);
        let passed = before_ms.map_or(0, |before| sample.at_ms.saturating_sub(before)) as f64;
        self.size = (self.size * (1.0 - SPREAD)).max(value.abs());
        let center = self.expected(sample.at_ms, value);
        let most = self.most();
        let calm = center.map_or(value, |center| value.clamp(center - most, center + most));
        let score = center.and_then(|center| {
            let scale = self.deviation();
            let known = self.count as usize >= LEAST;
            let score = Score::of((value - center).abs() / scale).expecting(center, scale);
            self.learn(value - center, passed);
            known.then_some(score)
        });
        self.collect(sample.at_ms, value - self.offset, calm - self.offset);
        score
    }
}
