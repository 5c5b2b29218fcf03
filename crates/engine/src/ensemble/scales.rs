//! One series seen at several scales: means over the last 1, 2, 4, … 64 readings.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Readings that each mean spans. Octaves, as in a wavelet decomposition (Mallat 1989): a spike
/// stands out in the first, a slow shift in the last.
pub(super) const SPANS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];

/// What the series looks like at each scale.
pub(super) type View = [f64; SPANS.len()];

/// The last readings of a series.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Scales {
    last: VecDeque<f64>,
}

impl Scales {
    /// The means that end with this reading; where fewer readings are known, over those.
    pub(super) fn push(&mut self, value: f64) -> View {
        self.last.push_front(value);
        self.last.truncate(SPANS[SPANS.len() - 1]);
        let mut view = [0.0; SPANS.len()];
        let (mut sum, mut at) = (0.0, 0);
        // Summed anew: a running sum would drift, and an early spike would stay in it for good.
        for (i, value) in self.last.iter().enumerate() {
            sum += value;
            while at < SPANS.len() && SPANS[at] == i + 1 {
                view[at] = sum / (i + 1) as f64;
                at += 1;
            }
        }
        view[at..].fill(sum / self.last.len() as f64);
        view
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scale_is_the_mean_of_its_last_readings() {
        let mut scales = Scales::default();
        assert_eq!(scales.push(8.0), [8.0; 7]);
        for value in 1..=100 {
            let view = scales.push(f64::from(value));
            if value == 100 {
                assert_eq!(view, [100.0, 99.5, 98.5, 96.5, 92.5, 84.5, 68.5]);
            }
        }
    }
}
