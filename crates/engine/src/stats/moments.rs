//! Mean, variance and what they make of each value: its z-score.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for wider instructions"
)]

use super::lanes;
use super::wide::widest;
use super::{LARGEST, known};

/// Values that are looked at together: few enough to stay in the nearest cache for the second look.
const BLOCK: usize = 512;
/// Values that are scored together, the last first.
const TURN: usize = 4096;

/// How many, their mean and how far they spread.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moments {
    /// How many values are known.
    pub count: usize,
    /// Their mean; 0 of none.
    pub mean: f64,
    /// Σ (value - mean)².
    pub squares: f64,
}

impl Moments {
    /// The variance of these values (not of what they are drawn from); `None` of none.
    pub fn variance(&self) -> Option<f64> {
        (self.count > 0).then(|| self.squares / self.count as f64)
    }

    /// Its root; `None` where the values do not spread.
    pub fn deviation(&self) -> Option<f64> {
        let deviation = self.variance()?.sqrt();
        (deviation > 0.0).then_some(deviation)
    }

    /// The moments of both together: Chan, Golub and `LeVeque` 1979, "Updating formulae and a pairwise
    /// algorithm for computing sample variances".
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        if self.count == 0 || other.count == 0 {
            return if self.count == 0 { other } else { self };
        }
        let (ours, theirs) = (self.count as f64, other.count as f64);
        let apart = other.mean - self.mean;
        let share = theirs / (ours + theirs);
        Self {
            count: self.count + other.count,
            mean: self.mean + apart * share,
            squares: self.squares + other.squares + apart * apart * ours * share,
        }
    }
}

/// The moments of the values that are known, read from memory once.
pub fn moments(values: &[f64]) -> Moments {
    widest(
        #[inline(always)]
        || in_blocks(values),
    )
}

#[inline(always)]
fn in_blocks(values: &[f64]) -> Moments {
    let mut all = Moments::default();
    for values in values.chunks(BLOCK) {
        all = all.merge(whole(values).unwrap_or_else(|| gappy(values)));
    }
    all
}

/// Of a block without gaps; `None` where there may be one: it would have made the sums not finite or
/// very large.
#[inline(always)]
fn whole(values: &[f64]) -> Option<Moments> {
    // About the first value, so that equal values have exactly that mean.
    let pivot = *values.first()?;
    let mean = pivot + lanes::mapped(values, |value| value - pivot) / values.len() as f64;
    let squares = lanes::mapped(values, |value| (value - mean) * (value - mean));
    let small = LARGEST / 10.0;
    (mean.abs() < small && squares < small * small).then_some(Moments {
        count: values.len(),
        mean,
        squares,
    })
}

fn gappy(values: &[f64]) -> Moments {
    let count = values.iter().filter(|value| known(**value)).count();
    let Some(pivot) = values.iter().copied().find(|value| known(*value)) else {
        return Moments::default();
    };
    let off = |value: f64| if known(value) { value - pivot } else { 0.0 };
    let mean = pivot + lanes::mapped(values, off) / count as f64;
    let square = |value: f64| {
        let off = if known(value) { value - mean } else { 0.0 };
        off * off
    };
    Moments {
        count,
        mean,
        squares: lanes::mapped(values, square),
    }
}

/// For each value how many deviations it lies above the mean of all; NaN for a gap, and for all
/// where they do not spread. Writes as many as both have room for.
pub fn z_scores(values: &[f64], scores: &mut [f64]) {
    let scale = Scale::of(values);
    let length = values.len().min(scores.len());
    let (values, scores) = (&values[..length], &mut scores[..length]);
    widest(
        #[inline(always)]
        || {
            // The last first: those were looked at last, and are still at hand.
            let turns = values.chunks(TURN).rev();
            for (values, scores) in turns.zip(scores.chunks_mut(TURN).rev()) {
                scale.write(values, scores);
            }
        },
    );
}

/// The same, in the place of the values.
pub fn z_scores_in_place(values: &mut [f64]) {
    let scale = Scale::of(values);
    widest(
        #[inline(always)]
        || {
            for values in values.chunks_mut(TURN).rev() {
                scale.replace(values);
            }
        },
    );
}

/// What makes scores of values.
#[derive(Clone, Copy)]
struct Scale {
    mean: f64,
    /// One over the deviation.
    factor: f64,
    /// Whether there are no gaps.
    whole: bool,
}

impl Scale {
    fn of(values: &[f64]) -> Self {
        let moments = moments(values);
        Self {
            mean: moments.mean,
            factor: moments.deviation().map_or(f64::NAN, f64::recip),
            whole: moments.count == values.len(),
        }
    }

    #[inline(always)]
    fn score(self, value: f64) -> f64 {
        (value - self.mean) * self.factor
    }

    #[inline(always)]
    fn score_or_gap(self, value: f64) -> f64 {
        if known(value) {
            self.score(value)
        } else {
            f64::NAN
        }
    }

    #[inline(always)]
    fn write(self, values: &[f64], scores: &mut [f64]) {
        let pairs = scores.iter_mut().zip(values);
        if self.whole {
            pairs.for_each(|(score, value)| *score = self.score(*value));
        } else {
            pairs.for_each(|(score, value)| *score = self.score_or_gap(*value));
        }
    }

    #[inline(always)]
    fn replace(self, values: &mut [f64]) {
        let values = values.iter_mut();
        if self.whole {
            values.for_each(|value| *value = self.score(*value));
        } else {
            values.for_each(|value| *value = self.score_or_gap(*value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_and_wide_instructions_give_the_same_bits() {
        let value = |i: usize| (i * i % 1009) as f64 / 7.0 + (i % 13) as f64 / 3.0;
        let values: Vec<f64> = (0..3000).map(value).collect();
        let (wide, narrow) = (moments(&values), in_blocks(&values));
        assert_eq!(wide.count, narrow.count);
        assert_eq!(wide.mean.to_bits(), narrow.mean.to_bits());
        assert_eq!(wide.squares.to_bits(), narrow.squares.to_bits());
    }
}
