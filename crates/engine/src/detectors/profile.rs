//! Matrix profile: how unlike everything before it the newest stretch of readings is.
//!
//! The left matrix profile (Yeh et al. 2016, STAMP; kept up to date reading by reading as STAMPI
//! does, over a bounded past as FLOSS, Gharghabi et al. 2017): the z-normalised Euclidean distance of
//! the newest subsequence to its nearest neighbour before it. A shape that was never there has none.

use fleetscope_model::Sample;
use serde::{Deserialize, Serialize};

use super::window::Window;
use super::{Order, Score, Streaming};

/// Readings of a subsequence: half an hour at a reading a minute.
const LENGTH: usize = 30;
/// Readings that are searched: a day at one a minute; 12 KB.
const PAST: usize = 1440;
/// Subsequences that must have been there before the profile is believed.
const KNOWN: usize = 120;
/// Distances whose distribution is the norm.
const NORM: usize = 240;
/// A subsequence whose deviation is below this share of its size is flat: rounding has no shape.
const FLAT: f64 = 1e-6;

/// Distance to the nearest subsequence of the past, against the usual distance.
///
/// Both; 14 KB of state, about 20 µs a reading. Raw score: how far the distance lies above its own
/// median, in robust deviations; 0 below. Gaps are closed up. A new shape is the norm as soon as it
/// came twice, a new level after a subsequence (the shape counts, not the level).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MatrixProfile {
    order: Order,
    length: usize,
    past: Window,
    distances: Window,
}

impl MatrixProfile {
    /// Subsequences of `length` readings (at least 4), sought in the last `past`.
    pub fn new(length: usize, past: usize) -> Self {
        let length = length.max(4);
        Self {
            order: Order::default(),
            length,
            past: Window::new(past.max(4 * length)),
            distances: Window::new(NORM),
        }
    }
}

impl Default for MatrixProfile {
    fn default() -> Self {
        Self::new(LENGTH, PAST)
    }
}

impl Streaming for MatrixProfile {
    fn push(&mut self, sample: Sample) -> Option<Score> {
        let value = self.order.value(sample)?;
        self.past.push(value);
        self.distances.resort();
        let values: Vec<f64> = self.past.recent().iter().copied().collect();
        let distance = nearest(&values, self.length)?;
        let known = self.distances.len() >= KNOWN;
        let score = known.then(|| {
            let (center, scale) = super::mad::middle_and_scale(&self.distances);
            Score::of((distance - center) / scale)
        });
        self.distances.push(distance);
        score
    }
}

/// The distance of the last subsequence to the nearest one that does not overlap it; none where there
/// is no such.
pub(super) fn nearest(values: &[f64], length: usize) -> Option<f64> {
    let last = values.len().checked_sub(2 * length)?;
    // About the middle of all, so that a high level cancels nothing.
    let middle = values.iter().sum::<f64>() / values.len() as f64;
    let values: Vec<f64> = values.iter().map(|v| v - middle).collect();
    let newest = Shape::of(&values[values.len() - length..], middle);
    let pattern: Vec<f64> = values[values.len() - length..]
        .iter()
        .map(|v| v - newest.mean)
        .collect();
    let mut least = f64::INFINITY;
    for from in 0..=last {
        let other = &values[from..from + length];
        let shape = Shape::of(other, middle);
        let squared = match (newest.flat, shape.flat) {
            (true, true) => 0.0,
            // A flat line and a shape: as stumpy, half way to the opposite.
            (true, false) | (false, true) => length as f64,
            (false, false) => {
                let product: f64 = pattern.iter().zip(other).map(|(a, b)| a * b).sum();
                let alike = product / (length as f64 * newest.deviation * shape.deviation);
                2.0 * length as f64 * (1.0 - alike.clamp(-1.0, 1.0))
            }
        };
        least = least.min(squared);
    }
    Some(least.max(0.0).sqrt())
}

/// What z-normalising takes away.
struct Shape {
    mean: f64,
    deviation: f64,
    flat: bool,
}

impl Shape {
    fn of(values: &[f64], level: f64) -> Self {
        let count = values.len() as f64;
        let (mut sum, mut square) = (0.0, 0.0);
        for v in values {
            sum += v;
            square += v * v;
        }
        let mean = sum / count;
        let deviation = (square / count - mean * mean).max(0.0).sqrt();
        let size = (level.abs() + (square / count).sqrt()).max(f64::MIN_POSITIVE);
        Self {
            mean,
            deviation,
            flat: deviation <= FLAT * size,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The distance by its definition: both subsequences z-normalised, then Euclid.
    fn by_definition(values: &[f64], length: usize) -> f64 {
        let normal = |part: &[f64]| -> Vec<f64> {
            let mean = part.iter().sum::<f64>() / length as f64;
            let square: f64 = part.iter().map(|v| (v - mean).powi(2)).sum();
            let deviation = (square / length as f64).sqrt();
            part.iter().map(|v| (v - mean) / deviation).collect()
        };
        let newest = normal(&values[values.len() - length..]);
        (0..=values.len() - 2 * length)
            .map(|from| {
                let other = normal(&values[from..from + length]);
                let square: f64 = newest
                    .iter()
                    .zip(&other)
                    .map(|(a, b)| (a - b).powi(2))
                    .sum();
                square.sqrt()
            })
            .fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn a_distance_is_what_the_definition_gives_at_any_level() {
        for level in [0.0, 1e6] {
            let values: Vec<f64> = (0..300_u32)
                .map(|i| level + f64::from(i * i * 7919 % 1009) / 100.0)
                .collect();
            for end in 40..values.len() {
                let got = nearest(&values[..end], 16).unwrap();
                let expected = by_definition(&values[..end], 16);
                assert!(
                    (got - expected).abs() < 1e-6,
                    "{level} {end} {got} {expected}"
                );
            }
        }
    }
}
