//! Rates of counters: a robust z over the rate of growth, that knows what a restart does.
//!
//! A counter only grows; where it falls, its process began again from 0 (Prometheus' rule). How much
//! was counted between the last reading and the restart is not known, so a restart gives no rate at
//! all instead of a wrong one.

use fleetscope_model::Sample;
use serde::{Deserialize, Serialize};

use super::{Mad, Order, Score, Streaming};

/// Robust z of a counter's rate per second.
///
/// Both. Raw score and learning time as [`Mad`]'s. Irregular steps do not matter: the growth is
/// divided by the time it took.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct CounterRate {
    order: Order,
    before: Option<(i64, f64)>,
    robust: Mad,
}

impl CounterRate {
    /// The rate since the reading before; none for the first and after a restart.
    fn rate(&mut self, at_ms: i64, value: f64) -> Option<f64> {
        let (before_ms, before) = self.before.replace((at_ms, value))?;
        let seconds = at_ms.saturating_sub(before_ms) as f64 / 1000.0;
        (value >= before && seconds > 0.0).then(|| (value - before) / seconds)
    }
}

impl Streaming for CounterRate {
    fn push(&mut self, sample: Sample) -> Option<Score> {
        let value = self.order.value(sample)?;
        let rate = self.rate(sample.at_ms, value)?;
        self.robust.push(Sample {
            at_ms: sample.at_ms,
            value: rate,
        })
    }
}

/// Whether samples look like a counter: never negative, falling rarely and then nearly to nothing,
/// and growing more often than not. A gauge falls as often as it rises.
pub fn is_counter(samples: &[Sample]) -> bool {
    let values: Vec<f64> = samples
        .iter()
        .map(|s| s.value)
        .filter(|v| v.is_finite())
        .collect();
    let (mut rises, mut resets) = (0_usize, 0_usize);
    for pair in values.windows(2) {
        if pair[1] > pair[0] {
            rises += 1;
        } else if pair[1] < pair[0] {
            // A restart loses at least half of what was counted; a gauge's step hardly ever does.
            if pair[1] > pair[0] / 2.0 {
                return false;
            }
            resets += 1;
        }
    }
    // One restart in ten readings is a crash loop; more is a sawtooth.
    values.len() >= 10
        && values.iter().all(|v| *v >= 0.0)
        && rises * 2 > values.len()
        && resets * 10 <= values.len()
}
