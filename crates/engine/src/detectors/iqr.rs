//! IQR: how many interquartile ranges a reading lies outside the quartiles (Tukey 1977's fences).

use fleetscope_model::Sample;
use serde::{Deserialize, Serialize};

use super::window::Window;
use super::zscore::{LEAST, WINDOW};
use super::{Order, Score, Streaming, at_least_rounding};

/// Distance between the 10 % and 90 % quantiles of a Gaussian, in interquartile ranges.
const DECILES_OF_GAUSSIAN: f64 = 1.9;

/// Quartiles over the last readings.
///
/// Both. Raw score: interquartile ranges beyond the nearer quartile, so Tukey's "outside" is 1.5
/// and his "far out" 3. Up to a quarter of the window may be wild. A new level is the norm when it
/// fills three quarters of the window.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Iqr {
    order: Order,
    window: Window,
}

impl Iqr {
    /// Over so many readings.
    pub fn new(window: usize) -> Self {
        Self {
            order: Order::default(),
            window: Window::new(window),
        }
    }
}

impl Default for Iqr {
    fn default() -> Self {
        Self::new(WINDOW)
    }
}

impl Streaming for Iqr {
    fn push(&mut self, sample: Sample) -> Option<Score> {
        let value = self.order.value(sample)?;
        self.window.resort();
        let score = (self.window.len() >= LEAST).then(|| {
            let (low, high) = (self.window.quantile(0.25), self.window.quantile(0.75));
            // Half of the readings equal says nothing yet of the rest: then the deciles speak.
            let range = if high > low {
                high - low
            } else {
                (self.window.quantile(0.9) - self.window.quantile(0.1)) / DECILES_OF_GAUSSIAN
            };
            let range = at_least_rounding(range, self.window.size());
            let beyond = (low - value).max(value - high).max(0.0);
            let center = f64::midpoint(low, high);
            // From the centre it is half a range more: the scale must not promise a wider band.
            Score::of(beyond / range).expecting(center, range)
        });
        self.window.push(value);
        score
    }
}
