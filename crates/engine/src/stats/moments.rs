//! Mean, variance and what they make of each value: its z-score.

use super::lanes;
use super::{LARGEST, known};

/// Values that are looked at together: few enough to stay in the nearest cache for the second look.
const BLOCK: usize = 512;

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

    /// The moments of both together: Chan, Golub and LeVeque 1979, "Updating formulae and a pairwise
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
    values
        .chunks(BLOCK)
        .map(|values| whole(values).unwrap_or_else(|| gappy(values)))
        .fold(Moments::default(), Moments::merge)
}

/// Of a block without gaps; `None` where there may be one: it would have made the sums not finite or
/// very large.
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
    let moments = moments(values);
    let (mean, scale) = (moments.mean, scale(&moments));
    if moments.count == values.len() {
        for (score, value) in scores.iter_mut().zip(values) {
            *score = (value - mean) * scale;
        }
    } else {
        for (score, value) in scores.iter_mut().zip(values) {
            *score = scored(*value, mean, scale);
        }
    }
}

/// The same, in the place of the values.
pub fn z_scores_in_place(values: &mut [f64]) {
    let moments = moments(values);
    let (mean, scale) = (moments.mean, scale(&moments));
    if moments.count == values.len() {
        for value in values {
            *value = (*value - mean) * scale;
        }
    } else {
        for value in values {
            *value = scored(*value, mean, scale);
        }
    }
}

fn scale(moments: &Moments) -> f64 {
    moments.deviation().map_or(f64::NAN, f64::recip)
}

fn scored(value: f64, mean: f64, scale: f64) -> f64 {
    if known(value) {
        (value - mean) * scale
    } else {
        f64::NAN
    }
}
