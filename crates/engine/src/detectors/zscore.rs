//! z-score: how many standard deviations a reading lies from the mean of those before it.
//!
//! The oldest test there is (Grubbs 1950 for a sample that is judged by itself; here the reading is
//! kept out of the mean and deviation that judge it). One wild reading widens the deviation for as
//! long as it stays in the window: use [`super::Mad`] where that matters.

use fleetscope_model::Sample;
use serde::{Deserialize, Serialize};

use super::window::Window;
use super::{Order, Score, Streaming, at_least_rounding, tails};

/// Readings that are compared with: four hours at a reading a minute, over which a mean is known to
/// 6 % of a deviation; 2 KB.
pub(super) const WINDOW: usize = 240;
/// Readings from which on something is said: the usual thirty for which a t is nearly a Gaussian.
pub(super) const LEAST: usize = 30;

/// Mean and standard deviation over the last readings.
///
/// Both. Raw score: the Gaussian deviations that are as improbable as the t of this reading. A new
/// level is the norm after at most a window.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ZScore {
    order: Order,
    window: Window,
}

impl ZScore {
    /// Over so many readings.
    pub fn new(window: usize) -> Self {
        Self {
            order: Order::default(),
            window: Window::new(window),
        }
    }
}

impl Default for ZScore {
    fn default() -> Self {
        Self::new(WINDOW)
    }
}

impl Streaming for ZScore {
    fn push(&mut self, sample: Sample) -> Option<Score> {
        let value = self.order.value(sample)?;
        self.window.resort();
        let score = (self.window.len() >= LEAST).then(|| {
            let count = self.window.len() as f64;
            let (mean, deviation) = self.window.moments();
            // The mean itself is known to a deviation / √n only.
            let scale =
                at_least_rounding(deviation, self.window.size()) * (1.0 + 1.0 / count).sqrt();
            let raw = tails::gaussian_of_student((value - mean).abs() / scale, count - 1.0);
            Score::of(raw).expecting(mean, scale)
        });
        self.window.push(value);
        score
    }
}
