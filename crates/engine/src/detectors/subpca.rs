//! Sub-PCA: subsequences that do not lie where the others lie (Aggarwal 2017, chapter 3; strongest
//! simple detector of the TSB-AD benchmark, Liu and Paparrizos 2024).
//!
//! All subsequences of a length are points; the distance of each from their middle along each
//! principal axis, in that axis' deviations, sums to a chi-squared variable.

use fleetscope_model::Sample;
use serde::{Deserialize, Serialize};

use super::linear::{self, Matrix};
use super::{HIGHEST, Offline, Order, Score, pelt, tails};

/// Readings of a subsequence.
const LENGTH: usize = 24;
/// Subsequences for each axis, below which the axes are chance.
const FOR_EACH_AXIS: usize = 10;
/// Axes with less than this share of the largest one's variance are rounding: their distances would
/// drown all others.
const LEAST_AXIS: f64 = 1e-6;
/// Deviations of a reading from its running median at which it is cut: a reading that is wild by itself is
/// for others to find, and would make every subsequence that holds it wild.
const CUT: f64 = 3.0;
/// Share of the subsequences, the farthest out, from which the second fit does not learn.
const TRIMMED: f64 = 0.05;

/// Principal axes of all subsequences of a window.
///
/// Offline. Raw score of a reading: the mean, over the subsequences that hold it, of the Gaussian
/// deviation that is as improbable as their distance. Gaps are closed up. What fills much of the
/// window is the norm. Readings that are wild by themselves count as their neighbours do.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct SubPca {
    length: usize,
}

impl SubPca {
    /// Subsequences of so many readings, 4 to 128.
    pub fn new(length: usize) -> Self {
        Self {
            length: length.clamp(4, 128),
        }
    }
}

impl Default for SubPca {
    fn default() -> Self {
        Self::new(LENGTH)
    }
}

impl Offline for SubPca {
    fn scores(&self, samples: &[Sample]) -> Vec<Option<Score>> {
        let mut order = Order::default();
        let read: Vec<Option<f64>> = samples.iter().map(|s| order.value(*s)).collect();
        let values: Vec<f64> = read.iter().flatten().copied().collect();
        let length = self.length;
        if values.len() < length * (FOR_EACH_AXIS + 1) {
            return vec![None; samples.len()];
        }
        let distances = distances(&values, length);
        let mut scores = spread(&distances, length, values.len()).into_iter();
        read.iter()
            .map(|value| value.and_then(|_| scores.next()).map(Score::of))
            .collect()
    }
}

/// Each reading's mean over the subsequences that hold it.
fn spread(distances: &[f64], length: usize, count: usize) -> Vec<f64> {
    let mut sums = vec![0.0];
    let mut sum = 0.0;
    for distance in distances {
        sum += distance;
        sums.push(sum);
    }
    (0..count)
        .map(|i| {
            let from = (i + 1).saturating_sub(length);
            let to = (i + 1).min(distances.len());
            let from = from.min(to - 1);
            (sums[to] - sums[from]) / (to - from) as f64
        })
        .collect()
}

/// The Gaussian deviation of each subsequence, fitted to all and again to the nearer ones.
fn distances(values: &[f64], length: usize) -> Vec<f64> {
    let middle = values.iter().sum::<f64>() / values.len() as f64;
    let size = values
        .iter()
        .fold(0.0_f64, |s, v| s.max((v - middle).abs()));
    if size <= 1e-9 * middle.abs() || size == 0.0 {
        return vec![0.0; values.len() + 1 - length];
    }
    let values: Vec<f64> = values.iter().map(|v| (v - middle) / size).collect();
    let (deviation, _) = pelt::scales(&values, 1.0);
    let values = pelt::without_spikes(&values, CUT * deviation);
    let first = Axes::of(&values, length, |_| true).distances(&values, length);
    let mut sorted = first.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let most = sorted[((sorted.len() - 1) as f64 * (1.0 - TRIMMED)) as usize];
    Axes::of(&values, length, |i| first[i] <= most).distances(&values, length)
}

/// Middle, principal axes and their variances.
struct Axes {
    middle: Vec<f64>,
    variance: Vec<f64>,
    vectors: Matrix,
}

impl Axes {
    fn of(values: &[f64], length: usize, counts: impl Fn(usize) -> bool) -> Self {
        let used: Vec<&[f64]> = values
            .windows(length)
            .enumerate()
            .filter(|(i, _)| counts(*i))
            .map(|(_, window)| window)
            .collect();
        let count = (used.len() as f64).max(1.0);
        let mut middle = vec![0.0; length];
        for window in &used {
            for (m, v) in middle.iter_mut().zip(*window) {
                *m += v / count;
            }
        }
        let mut covariance = vec![vec![0.0; length]; length];
        let mut off = vec![0.0; length];
        for window in &used {
            for ((o, v), m) in off.iter_mut().zip(*window).zip(&middle) {
                *o = v - m;
            }
            for (row, a) in covariance.iter_mut().zip(&off) {
                for (cell, b) in row.iter_mut().zip(&off) {
                    *cell += a * b / count;
                }
            }
        }
        let (variance, vectors) = linear::eigen(covariance);
        Self {
            middle,
            variance,
            vectors,
        }
    }

    fn distances(&self, values: &[f64], length: usize) -> Vec<f64> {
        let largest = self.variance.iter().copied().fold(0.0, f64::max);
        let least = (largest * LEAST_AXIS).max(f64::MIN_POSITIVE);
        let squared = |window: &[f64]| -> f64 {
            (0..length)
                .map(|axis| {
                    let along: f64 = (0..length)
                        .map(|j| (window[j] - self.middle[j]) * self.vectors[j][axis])
                        .sum();
                    along * along / self.variance[axis].max(least)
                })
                .sum()
        };
        values
            .windows(length)
            .map(|w| tails::gaussian_of_chi_squared(squared(w), length as f64))
            .map(|z| z.clamp(-HIGHEST, HIGHEST))
            .collect()
    }
}
