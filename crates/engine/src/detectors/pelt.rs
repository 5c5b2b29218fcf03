//! PELT: the best set of change points of a window (Killick, Fearnhead and Eckley 2012).
//!
//! Changes of the mean, at Gaussian cost. Noise with a memory would look full of changes: the cost is
//! measured in the long-run variance of a first-order autoregression, estimated from differences,
//! which changes hardly touch (Chakar et al. 2017). Spikes are cut to the running median first.

use fleetscope_model::Sample;
use serde::{Deserialize, Serialize};

use super::window::Window;
use super::zscore::LEAST;
use super::{Offline, Order, Score, at_least_rounding};
use crate::stats::MAD_TO_DEVIATION;

/// Fewest readings between two changes: fewer are a spike, which other detectors find.
const SHORTEST: usize = 5;
/// Deviations from the running median of seven at which readings are cut: three of seven wild ones
/// do not move it. So near, because what heavy tails keep counts as variance that the MAD does not
/// see; of a Gaussian's variance it takes 4 %.
const CUT: f64 = 2.5;
const RUNNING: usize = 7;
/// Strongest memory that is allowed for: beyond, noise is a random walk and every level a new one.
const MEMORY: f64 = 0.95;
/// Least evidence for a change, in standard deviations of the difference of two means, and the root of
/// the penalty: well below the threshold of EXTREME in [`super::sensitivity`], so that the thresholds
/// decide and not the penalty.
pub(super) const LEAST_EVIDENCE: f64 = 2.7;

/// Change points of the mean over a whole window.
///
/// Offline. Raw score: at the first reading of a new level, the difference of the two levels in its
/// own standard deviations; 0 elsewhere. A new level is the norm at once: only its begin scores.
/// Time grows with the number of readings where changes are spread over them, and with its square
/// where there is none.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Pelt {}

impl Offline for Pelt {
    fn scores(&self, samples: &[Sample]) -> Vec<Option<Score>> {
        let mut order = Order::default();
        let read: Vec<Option<f64>> = samples.iter().map(|s| order.value(*s)).collect();
        let values: Vec<f64> = read.iter().flatten().copied().collect();
        if values.len() < LEAST {
            return vec![None; samples.len()];
        }
        let mut scores = vec![0.0; values.len()];
        for change in changes(&values) {
            scores[change.at] = change.evidence;
        }
        let mut scores = scores.into_iter();
        read.iter()
            .map(|value| value.and_then(|_| scores.next()).map(Score::of))
            .collect()
    }
}

/// A change of the mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// Index of the first reading of the new level.
    pub at: usize,
    /// Difference of the levels in its own standard deviations.
    pub evidence: f64,
}

/// The changes of finite values, oldest first.
pub fn changes(values: &[f64]) -> Vec<Change> {
    if values.len() < 2 * SHORTEST {
        return Vec::new();
    }
    let size = values.iter().fold(0.0_f64, |s, v| s.max(v.abs()));
    let (step, long_run) = scales(values, size);
    let cut = without_spikes(values, CUT * step);
    let sums = Sums::of(&cut, long_run * heaviness(values, &cut));
    let ends = segment(&sums, cut.len());
    evidence(&sums, &ends, cut.len())
}

/// Deviation of a reading, and the deviation whose square is the long-run variance. With differences
/// over one and two readings, Var₂/Var₁ − 1 is the autocorrelation ρ, and Var₂/2/(1 − ρ)² the
/// long-run variance.
pub(super) fn scales(values: &[f64], size: f64) -> (f64, f64) {
    let spread = |lag: usize| {
        let mut window = Window::new(values.len());
        for (a, b) in values.iter().zip(&values[lag..]) {
            window.push((b - a).abs());
        }
        let usual = window.median();
        let spread = if usual > 0.0 {
            usual
        } else {
            window.mean_distance(0.0)
        };
        MAD_TO_DEVIATION * spread
    };
    let (one, two) = (spread(1), spread(2));
    let memory = if one > 0.0 {
        ((two / one).powi(2) - 1.0).clamp(0.0, MEMORY)
    } else {
        0.0
    };
    let long_run = two / std::f64::consts::SQRT_2 / (1.0 - memory);
    let reading = long_run * ((1.0 - memory) / (1.0 + memory)).sqrt();
    (
        at_least_rounding(reading, size),
        at_least_rounding(long_run, size),
    )
}

/// By how much the deviation of what is left after the cut is larger than the MAD says: heavy tails
/// put into it what the MAD does not see. 1 for a Gaussian, and at most 2: beyond it is changes.
fn heaviness(values: &[f64], cut: &[f64]) -> f64 {
    let differences = |v: &[f64]| -> Vec<f64> { v.windows(2).map(|p| p[1] - p[0]).collect() };
    let mut window = Window::new(values.len());
    for difference in differences(values) {
        window.push(difference.abs());
    }
    let usual = MAD_TO_DEVIATION * window.median();
    let left = differences(cut);
    let square = left.iter().map(|d| d * d).sum::<f64>() / (left.len() as f64).max(1.0);
    if usual > 0.0 {
        (square.sqrt() / usual).clamp(1.0, 2.0)
    } else {
        1.0
    }
}

/// The values, cut to so far from their running median.
pub(super) fn without_spikes(values: &[f64], most: f64) -> Vec<f64> {
    let half = RUNNING / 2;
    let middle = |i: usize| {
        let mut near = values[i.saturating_sub(half)..(i + half + 1).min(values.len())].to_vec();
        near.sort_unstable_by(f64::total_cmp);
        near[near.len() / 2]
    };
    let cut = |(i, v): (usize, &f64)| {
        let middle = middle(i);
        v.clamp(middle - most, middle + most)
    };
    values.iter().enumerate().map(cut).collect()
}

/// Running sums of standardised values, so that each segment costs the same.
struct Sums {
    sum: Vec<f64>,
    square: Vec<f64>,
}

impl Sums {
    fn of(values: &[f64], scale: f64) -> Self {
        // About the middle of them, so that large levels cancel nothing.
        let middle = values.iter().sum::<f64>() / values.len() as f64;
        let (mut sum, mut square) = (vec![0.0], vec![0.0]);
        let (mut s, mut q) = (0.0, 0.0);
        for value in values {
            let z = (value - middle) / scale;
            s += z;
            q += z * z;
            sum.push(s);
            square.push(q);
        }
        Self { sum, square }
    }

    fn mean(&self, from: usize, to: usize) -> f64 {
        (self.sum[to] - self.sum[from]) / (to - from) as f64
    }

    /// Squared distance from the segment's mean.
    fn cost(&self, from: usize, to: usize) -> f64 {
        let sum = self.sum[to] - self.sum[from];
        self.square[to] - self.square[from] - sum * sum / (to - from) as f64
    }
}

/// The ends of all segments but the last, oldest first: the optimal partition, with candidates pruned
/// that can never be best again.
fn segment(sums: &Sums, count: usize) -> Vec<usize> {
    let penalty = LEAST_EVIDENCE * LEAST_EVIDENCE;
    let mut best = vec![f64::INFINITY; count + 1];
    let mut last = vec![0_usize; count + 1];
    best[0] = -penalty;
    let mut candidates = vec![0_usize];
    for to in SHORTEST..=count {
        let reach = |from: usize| best[from] + sums.cost(from, to) + penalty;
        let choice = candidates
            .iter()
            .filter(|from| to - **from >= SHORTEST)
            .map(|from| (reach(*from), *from))
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let Some((cost, from)) = choice else {
            continue;
        };
        candidates
            .retain(|from| to - *from < SHORTEST || best[*from] + sums.cost(*from, to) <= cost);
        best[to] = cost;
        last[to] = from;
        candidates.push(to);
    }
    let mut ends = Vec::new();
    let mut at = last[count];
    while at > 0 {
        ends.push(at);
        at = last[at];
    }
    ends.reverse();
    ends
}

/// What each change is worth beside its two neighbours.
fn evidence(sums: &Sums, ends: &[usize], count: usize) -> Vec<Change> {
    let bound = |i: usize| ends.get(i).copied().unwrap_or(count);
    ends.iter()
        .enumerate()
        .map(|(i, at)| {
            let from = if i == 0 { 0 } else { ends[i - 1] };
            let to = bound(i + 1);
            let (before, after) = ((at - from) as f64, (to - at) as f64);
            let difference = (sums.mean(*at, to) - sums.mean(from, *at)).abs();
            let evidence = difference * (before * after / (before + after)).sqrt();
            Change { at: *at, evidence }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The optimal partition by trying everything, without pruning.
    fn unpruned(sums: &Sums, count: usize) -> f64 {
        let penalty = LEAST_EVIDENCE * LEAST_EVIDENCE;
        let mut best = vec![f64::INFINITY; count + 1];
        best[0] = -penalty;
        for to in SHORTEST..=count {
            for from in 0..=to - SHORTEST {
                best[to] = best[to].min(best[from] + sums.cost(from, to) + penalty);
            }
        }
        best[count]
    }

    #[test]
    fn pruning_never_loses_the_best_partition() {
        let mut state = 1_u64;
        for round in 0..40 {
            let values: Vec<f64> = (0..120)
                .map(|i| {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    let level = f64::from((i / (11 + round)) % 3) * 2.0;
                    level + (state >> 40) as f64 / f64::from(1 << 24) * 3.0
                })
                .collect();
            let sums = Sums::of(&values, 1.0);
            let ends = segment(&sums, values.len());
            let mut from = 0;
            let mut cost = 0.0;
            for to in ends.iter().chain([&values.len()]) {
                cost += sums.cost(from, *to);
                from = *to;
            }
            cost += LEAST_EVIDENCE * LEAST_EVIDENCE * ends.len() as f64;
            assert!(
                (cost - unpruned(&sums, values.len())).abs() < 1e-6,
                "{round}"
            );
        }
    }

    #[test]
    fn a_step_is_found_where_it_is_and_a_spike_is_none() {
        let mut values: Vec<f64> = (0..200_u32)
            .map(|i| f64::from(i * i * 7919 % 1009) / 300.0)
            .collect();
        values[60] += 500.0;
        values[120..].iter_mut().for_each(|v| *v += 5.0);
        let mut found = changes(&values);
        // The lowest evidence that is told at all is a matter for the threshold.
        found.retain(|change| change.evidence > 5.0);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].at.abs_diff(120) <= 1 && found[0].evidence > 8.0,
            "{found:?}"
        );
    }
}
