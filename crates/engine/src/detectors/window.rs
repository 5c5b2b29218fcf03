//! The last readings of a series, in the order they came and in the order of their size.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// At most `most` values; the oldest goes first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Window {
    most: usize,
    recent: VecDeque<f64>,
    /// The same values sorted; made again after the state was restored.
    #[serde(skip)]
    sorted: Vec<f64>,
}

impl Window {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most: most.max(2),
            recent: VecDeque::new(),
            sorted: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.recent.len()
    }

    /// The values, oldest first.
    pub(super) fn recent(&self) -> &VecDeque<f64> {
        &self.recent
    }

    pub(super) fn push(&mut self, value: f64) {
        self.resort();
        while self.recent.len() >= self.most.max(2) {
            self.forget();
        }
        self.recent.push_back(value);
        let place = self.sorted.partition_point(|v| v.total_cmp(&value).is_lt());
        self.sorted.insert(place, value);
    }

    /// Drops the oldest.
    pub(super) fn forget(&mut self) {
        let Some(oldest) = self.recent.pop_front() else {
            return;
        };
        let place = self
            .sorted
            .partition_point(|v| v.total_cmp(&oldest).is_lt());
        if place < self.sorted.len() {
            self.sorted.remove(place);
        }
    }

    /// Sorts what a restored state brought unsorted.
    pub(super) fn resort(&mut self) {
        if self.sorted.len() != self.recent.len() {
            self.sorted = self.recent.iter().copied().collect();
            self.sorted.sort_unstable_by(f64::total_cmp);
        }
    }

    /// Mean and standard deviation (n − 1), by two passes; 0 where there are too few values.
    pub(super) fn moments(&self) -> (f64, f64) {
        let count = self.recent.len() as f64;
        if self.recent.len() < 2 {
            return (self.recent.front().copied().unwrap_or(0.0), 0.0);
        }
        let mean = self.recent.iter().sum::<f64>() / count;
        let square: f64 = self.recent.iter().map(|v| (v - mean) * (v - mean)).sum();
        (mean, (square / (count - 1.0)).sqrt())
    }

    /// The quantile by linear interpolation (type 7 of Hyndman and Fan 1996, as numpy's).
    pub(super) fn quantile(&self, share: f64) -> f64 {
        let Some(last) = self.sorted.len().checked_sub(1) else {
            return 0.0;
        };
        let place = share.clamp(0.0, 1.0) * last as f64;
        let low = self.sorted[place as usize];
        let high = self.sorted[(place as usize + 1).min(last)];
        low + (high - low) * place.fract()
    }

    pub(super) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// Median distance from `center`, by walking outwards from it in the sorted values.
    pub(super) fn median_distance(&self, center: f64) -> f64 {
        let count = self.sorted.len();
        let mut above = self.sorted.partition_point(|v| *v < center);
        let mut below = above;
        let (mut last, mut before) = (0.0, 0.0);
        for _ in 0..=count / 2 {
            let up = self.sorted.get(above).map(|v| v - center);
            let down = below.checked_sub(1).map(|i| center - self.sorted[i]);
            before = last;
            match (up, down) {
                (Some(up), Some(down)) if down < up => (last, below) = (down, below - 1),
                (Some(up), _) => (last, above) = (up, above + 1),
                (None, Some(down)) => (last, below) = (down, below - 1),
                (None, None) => break,
            }
        }
        if count.is_multiple_of(2) {
            f64::midpoint(before, last)
        } else {
            last
        }
    }

    /// Mean distance from `center`.
    pub(super) fn mean_distance(&self, center: f64) -> f64 {
        let sum: f64 = self.recent.iter().map(|v| (v - center).abs()).sum();
        sum / (self.recent.len() as f64).max(1.0)
    }

    /// The largest absolute value.
    pub(super) fn size(&self) -> f64 {
        let ends = [self.sorted.first(), self.sorted.last()];
        ends.into_iter().flatten().fold(0.0, |s, v| s.max(v.abs()))
    }
}
