//! How far a reading is from what its time of day usually brings, the level of the moment taken off.

use serde::{Deserialize, Serialize};

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
/// Changes from one reading to the next whose median says how noisy the series is: a day of
/// readings a minute apart.
const CHANGES: usize = 1440;
/// The share of the noise that is added to the scale: where the days agree by chance, or the
/// series stands still at this time of day, the scale must not vanish.
const NOISE_SHARE: f64 = 0.5;
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
    /// By slot modulo their number: which slot since the epoch, and the reading above its level.
    slots: Vec<Option<(i64, f64)>>,
    before: Option<f64>,
    level: Ranks,
    changes: Ranks,
    largest: f64,
}

impl Season {
    /// For readings that come so often.
    pub(super) fn new(step_ms: i64) -> Self {
        let slot_ms = step_ms.clamp(DAY_MS / MOST_SLOTS, DAY_MS / 2);
        let slots = DAYS * (DAY_MS / slot_ms) + BESIDE + 1;
        Self {
            slot_ms,
            slots: vec![None; slots as usize],
            before: None,
            level: Ranks::new(LEVEL),
            changes: Ranks::new(CHANGES),
            largest: 0.0,
        }
    }

    /// How many robust deviations the reading is away, 0 or more; 0 before a day is known.
    pub(super) fn push(&mut self, at_ms: i64, value: f64) -> f64 {
        let above = value - self.level.quantile(0.5).unwrap_or(value);
        if let Some(before) = self.before.replace(value) {
            self.changes.learn((value - before).abs());
        }
        self.level.learn(value);
        self.largest = self.largest.max(value.abs());
        let slot = at_ms.div_euclid(self.slot_ms);
        let deviations = self.deviations(slot, above);
        let at = self.place(slot);
        self.slots[at] = Some((slot, above));
        deviations
    }

    fn place(&self, slot: i64) -> usize {
        slot.rem_euclid(self.slots.len() as i64) as usize
    }

    fn deviations(&self, slot: i64, above: f64) -> f64 {
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
            return 0.0;
        }
        let usual = &mut usual[..known];
        let center = median(usual);
        usual
            .iter_mut()
            .for_each(|value| *value = (*value - center).abs());
        let noise = self.changes.quantile(0.5).unwrap_or(0.0);
        let scale = median(usual) + NOISE_SHARE * noise + ROUNDING * self.largest;
        if scale > 0.0 {
            (above - center).abs() / scale
        } else {
            0.0
        }
    }
}

/// The upper median; `values` has at least one.
fn median(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}
