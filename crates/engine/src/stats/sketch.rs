//! A quantile of a stream, in a few numbers.

use serde::{Deserialize, Serialize};

use super::streaming::exact;

/// Markers that are kept.
const MARKERS: usize = 5;

/// The quantile of all values that came, estimated from five markers that move with them: P², Jain and
/// Chlamtac 1985, "The P² algorithm for dynamic calculation of quantiles and histograms without storing
/// observations".
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sketch {
    #[serde(with = "exact")]
    share: [f64; 1],
    /// The least value, the quantile, the largest, and one in the middle on either side.
    #[serde(with = "exact")]
    heights: [f64; MARKERS],
    /// How many values lie up to each marker.
    #[serde(with = "exact")]
    places: [f64; MARKERS],
    /// How many should.
    #[serde(with = "exact")]
    wanted: [f64; MARKERS],
    /// How many values came, up to five.
    begun: u8,
}

impl Sketch {
    /// Of nothing yet; a share is held between 0 and 1.
    pub fn new(share: f64) -> Self {
        let share = share.clamp(0.0, 1.0);
        Self {
            share: [share],
            heights: [0.0; MARKERS],
            places: [1.0, 2.0, 3.0, 4.0, 5.0],
            wanted: [
                1.0,
                1.0 + 2.0 * share,
                1.0 + 4.0 * share,
                3.0 + 2.0 * share,
                5.0,
            ],
            begun: 0,
        }
    }

    /// The estimate; `None` of nothing.
    pub fn value(&self) -> Option<f64> {
        let begun = usize::from(self.begun).min(MARKERS);
        if begun == MARKERS {
            return Some(self.heights[2]);
        }
        let place = (begun as f64 * self.share[0]) as usize;
        Some(self.heights[place.min(begun.checked_sub(1)?)])
    }

    /// Takes a value in; it must be finite.
    pub(crate) fn add(&mut self, value: f64) {
        let begun = usize::from(self.begun).min(MARKERS);
        if begun < MARKERS {
            self.heights[begun] = value;
            self.heights[..=begun].sort_unstable_by(f64::total_cmp);
            self.begun = begun as u8 + 1;
            return;
        }
        let heights = &mut self.heights;
        heights[0] = heights[0].min(value);
        heights[4] = heights[4].max(value);
        // All markers above the value move up one place; the last one always does.
        for (place, height) in self.places[1..4].iter_mut().zip(&heights[1..4]) {
            *place += if value < *height { 1.0 } else { 0.0 };
        }
        self.places[4] += 1.0;
        let share = self.share[0];
        let steps = [share / 2.0, share, f64::midpoint(1.0, share)];
        for (wanted, step) in self.wanted[1..4].iter_mut().zip(steps) {
            *wanted += step;
        }
        self.wanted[4] += 1.0;
        for marker in 1..4 {
            self.adjust(marker);
        }
    }

    /// Moves a marker that is off by a place or more by one, if there is room.
    #[inline]
    fn adjust(&mut self, marker: usize) {
        let [before, here, after] = [marker - 1, marker, marker + 1].map(|m| self.places[m]);
        let off = self.wanted[marker] - here;
        let step = if off >= 1.0 && after - here > 1.0 {
            1.0
        } else if off <= -1.0 && before - here < -1.0 {
            -1.0
        } else {
            return;
        };
        let [low, middle, high] = [marker - 1, marker, marker + 1].map(|m| self.heights[m]);
        let left = (here - before + step) * (high - middle) / (after - here);
        let right = (after - here - step) * (middle - low) / (here - before);
        let curved = middle + step / (after - before) * (left + right);
        self.heights[marker] = if low < curved && curved < high {
            curved
        } else if step > 0.0 {
            middle + (high - middle) / (after - here)
        } else {
            middle - (low - middle) / (before - here)
        };
        self.places[marker] = here + step;
    }
}
