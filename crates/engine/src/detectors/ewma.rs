//! EWMA: a control chart for small lasting shifts that no single reading shows (Roberts 1959; limits
//! after Lucas and Saccucci 1990).

use fleetscope_model::Sample;
use serde::{Deserialize, Serialize};

use super::zscore::LEAST;
use super::{Order, Score, Streaming, at_least_rounding};

/// Weight of the newest reading in the statistic. Lucas and Saccucci: 0.05 to 0.25 for shifts of half
/// a deviation to two; 0.2 finds one and a half after about five readings.
const FAST: f64 = 0.2;
/// Weight of the newest reading in level and deviation: a memory of 480 readings, so that level noise
/// (√(1/480/2) = 3 % of a deviation) is small beside the statistic's (33 %).
const SLOW: f64 = 1.0 / 480.0;
/// One reading teaches level and deviation at most as if it lay this many deviations out (Huber
/// 1981's ψ): a Gaussian's variance is kept to 1 %, and a wild reading cannot blind the chart.
const CLIP: f64 = 3.0;

/// An exponentially weighted mean against its control limits.
///
/// Both; 64 bytes of state. Raw score: the distance of the statistic from the level, in its own
/// standard deviations. A new level is the norm after about 1,500 readings (three memories).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Ewma {
    order: Order,
    count: u32,
    level: f64,
    variance: f64,
    /// The statistic, as distance from the level.
    fast: f64,
    /// Sum of squared weights in the statistic: its variance in units of a reading's.
    weight: f64,
    size: f64,
}

impl Ewma {
    fn deviation(&self) -> f64 {
        at_least_rounding(self.variance.max(0.0).sqrt(), self.size)
    }

    /// Learns from a reading: plain mean and variance until the slow weight is the larger (Finch
    /// 2009's incremental form).
    fn learn(&mut self, value: f64) {
        self.size = (self.size * (1.0 - SLOW)).max(value.abs());
        self.count = self.count.saturating_add(1);
        let weight = (1.0 / f64::from(self.count)).max(SLOW);
        let off = value - self.level;
        let off = if self.count as usize > LEAST {
            let most = CLIP * self.deviation();
            off.clamp(-most, most)
        } else {
            off
        };
        let step = weight * off;
        self.level += step;
        self.variance = (1.0 - weight) * (self.variance + weight * off * off);
    }
}

impl Streaming for Ewma {
    fn push(&mut self, sample: Sample) -> Option<Score> {
        let value = self.order.value(sample)?;
        let known = self.count as usize >= LEAST;
        let score = known.then(|| {
            self.fast = (1.0 - FAST) * self.fast + FAST * (value - self.level);
            self.weight = (1.0 - FAST) * (1.0 - FAST) * self.weight + FAST * FAST;
            let scale = self.deviation() * self.weight.sqrt();
            // The band is about the mean of readings, not about one of them.
            Score::of(self.fast.abs() / scale)
        });
        self.learn(value);
        score
    }
}
