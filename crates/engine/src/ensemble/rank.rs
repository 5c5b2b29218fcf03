//! The last values of something, sorted: medians, and how rare a value is among those before it.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Equal but for rounding counts as equal.
const ROUNDING: f64 = 1e-12;

/// The last values, oldest first and sorted. Values must be finite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Ranks {
    most: usize,
    oldest_first: VecDeque<f64>,
    sorted: Vec<f64>,
}

impl Ranks {
    /// Remembers at most the last `most` values.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            oldest_first: VecDeque::new(),
            sorted: Vec::new(),
        }
    }

    /// How many are remembered.
    pub(super) fn len(&self) -> usize {
        self.sorted.len()
    }

    /// The probability that an ordinary value is so high, above 0 and at most 1.
    ///
    /// If values are exchangeable, the share of earlier ones that are at least as high is a valid
    /// p-value whatever made them (conformal prediction: Vovk, Gammerman and Shafer 2005; for
    /// anomalies in streams: Laxhammar and Falkman 2014).
    pub(super) fn probability(&self, value: f64) -> f64 {
        let least = value - ROUNDING * value.abs();
        let below = self.sorted.partition_point(|known| *known < least);
        let as_high = self.sorted.len() - below;
        (as_high + 1) as f64 / (self.sorted.len() + 1) as f64
    }

    /// The value that this share lies below; none where nothing is known.
    pub(super) fn quantile(&self, share: f64) -> Option<f64> {
        let at = (self.sorted.len() as f64 * share) as usize;
        self.sorted
            .get(at.min(self.sorted.len().saturating_sub(1)))
            .copied()
    }

    /// Remembers a value.
    pub(super) fn learn(&mut self, value: f64) {
        let at = self.sorted.partition_point(|known| *known < value);
        self.sorted.insert(at, value);
        self.oldest_first.push_back(value);
        if self.oldest_first.len() > self.most
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            let at = self.sorted.partition_point(|known| *known < oldest);
            self.sorted.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probability_counts_those_as_high_among_the_last() {
        let mut ranks = Ranks::new(4);
        assert!((ranks.probability(1.0) - 1.0).abs() < 1e-12);
        for value in [9.0, 1.0, 2.0, 2.0, 3.0] {
            ranks.learn(value);
        }
        // 9 is forgotten: 1, 2, 2, 3 are left.
        assert!((ranks.probability(2.0) - 4.0 / 5.0).abs() < 1e-12);
        assert!((ranks.probability(4.0) - 1.0 / 5.0).abs() < 1e-12);
        assert!((ranks.probability(0.0) - 1.0).abs() < 1e-12);
        assert_eq!(ranks.quantile(0.5), Some(2.0));
        assert_eq!(ranks.quantile(1.0), Some(3.0));
        assert_eq!(Ranks::new(4).quantile(0.5), None);
    }

    #[test]
    fn it_forgets_equal_values_one_at_a_time() {
        let mut ranks = Ranks::new(3);
        for value in [0.0, -0.0, 0.0, -0.0, 0.0, 5.0] {
            ranks.learn(value);
        }
        assert_eq!((ranks.len(), ranks.oldest_first.len()), (3, 3));
    }
}
