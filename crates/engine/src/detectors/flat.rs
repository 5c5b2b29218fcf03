//! Flat lines and gaps: a series that moves and then stands still, or stops.
//!
//! Runs of equal readings and of missing ones are geometric where each reading repeats, or fails to
//! come, by itself with its usual probability; how long a run is by that measure is how little it
//! can be chance. A run that is no longer than twice the longest one so far is usual for this series.

use fleetscope_model::Sample;
use serde::{Deserialize, Serialize};

use super::zscore::LEAST;
use super::{Order, Score, Streaming};

/// Memory of how often a reading repeats or fails to come, in readings: a day at one a minute.
const MEMORY: f64 = 1440.0;
/// A run must be this many times the longest one so far: the longest of twice as many geometric runs
/// is hardly longer, and real runs come in bursts.
const LONGER: u64 = 2;
/// A gap is looked at when a reading is this many steps late: one lost scrape is nobody's news.
const LATE: i64 = 3;
/// A run that is likelier than one in a hundred still teaches how often readings repeat; a rarer one
/// would make itself usual while it lasts.
const TEACHES: f64 = 2.0;
/// Length of distance memory, in readings, for the usual step.
const STEP_WEIGHT: f64 = 1.0 / 32.0;

/// Runs of equal readings, and of missing ones.
///
/// Both; about 100 bytes of state. Raw score: −log₁₀ of the probability that such a run begins by
/// chance, 0 while it is no longer than twice what was seen. A new habit is the norm when it was seen
/// once, or has lasted for 1,440 readings. [`FlatLine::silence`] scores a gap that has not ended.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct FlatLine {
    order: Order,
    before: Option<(i64, f64)>,
    count: u32,
    equal: Habit,
    missing: Habit,
    run: u64,
    step_ms: f64,
}

/// How often something happens and how long it went on so far.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Habit {
    share: f64,
    longest: u64,
}

impl Habit {
    fn learn(&mut self, happened: bool, count: u32) {
        let weight = (1.0 / f64::from(count.max(1))).max(1.0 / MEMORY);
        let target = if happened { 1.0 } else { 0.0 };
        self.share += weight * (target - self.share);
    }

    /// The score of a run of so many.
    fn score(&self, run: u64, count: u32) -> f64 {
        if run <= LONGER * self.longest {
            return 0.0;
        }
        // Laplace's rule: what was never seen in n may still happen once in n + 2.
        let seen = f64::from(count).min(MEMORY);
        let chance = (self.share * seen + 1.0) / (seen + 2.0);
        run as f64 * -chance.log10()
    }
}

impl FlatLine {
    /// The score of having had no reading until now; 0 where none is late.
    pub fn silence(&self, now_ms: i64) -> Option<Score> {
        let (before_ms, _) = self.before?;
        let known = self.count as usize >= LEAST;
        known.then(|| Score::of(self.late(now_ms.saturating_sub(before_ms))))
    }

    fn late(&self, distance_ms: i64) -> f64 {
        let missed = self.missed(distance_ms);
        if (missed as i64) < LATE {
            return 0.0;
        }
        self.missing.score(missed, self.count)
    }

    /// How many readings failed to come in this time.
    fn missed(&self, distance_ms: i64) -> u64 {
        let steps = distance_ms as f64 / self.step_ms.max(1.0);
        (steps.round() as u64).saturating_sub(1)
    }

    /// Learns the usual step, and how often a reading is missing. A long gap counts once, so that it
    /// stays news when it comes again.
    fn learn_distance(&mut self, distance_ms: i64) {
        let distance = distance_ms as f64;
        if self.count <= 1 || self.step_ms <= 0.0 {
            self.step_ms = distance;
        }
        let missed = self.missed(distance_ms);
        self.missing.learn(missed > 0, self.count);
        self.missing.longest = self.missing.longest.max(missed);
        if missed > 0 && self.count as usize >= LEAST {
            return;
        }
        let most = 4.0 * self.step_ms;
        self.step_ms += STEP_WEIGHT * (distance.min(most) - self.step_ms);
    }
}

impl Streaming for FlatLine {
    fn push(&mut self, sample: Sample) -> Option<Score> {
        let value = self.order.value(sample)?;
        self.count = self.count.saturating_add(1);
        let (before_ms, before) = self.before.replace((sample.at_ms, value))?;
        let distance = sample.at_ms.saturating_sub(before_ms);
        let late = self.late(distance);
        // Equal to the bit: what is measured anew differs in its last digits.
        let equal = value.total_cmp(&before).is_eq();
        let ended = if equal { 0 } else { self.run };
        self.run = if equal { self.run.saturating_add(1) } else { 0 };
        // Standing still for the whole memory is how this series is now.
        let lasting = if self.run as f64 >= MEMORY {
            self.run
        } else {
            ended
        };
        self.equal.longest = self.equal.longest.max(lasting);
        let flat = self.equal.score(self.run, self.count);
        if flat <= TEACHES {
            self.equal.learn(equal, self.count);
        }
        self.learn_distance(distance);
        (self.count as usize > LEAST).then(|| Score::of(flat.max(late)))
    }
}
