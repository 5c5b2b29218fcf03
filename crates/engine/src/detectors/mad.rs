//! Robust z: how many robust deviations (1.4826 × MAD) a reading lies from the median.
//!
//! The modified z-score of Iglewicz and Hoaglin (1993), over the readings before the one that is
//! judged.

use fleetscope_model::Sample;
use serde::{Deserialize, Serialize};

use super::window::Window;
use super::zscore::{LEAST, WINDOW};
use super::{Order, Score, Streaming, at_least_rounding};
use crate::stats::MAD_TO_DEVIATION;

/// Mean absolute deviation to standard deviation, for Gaussian data: √(π/2).
const MEAN_TO_DEVIATION: f64 = 1.2533;

/// Median and MAD over the last readings.
///
/// Both. Raw score: robust deviations from the median. Nearly half of the window may be wild; a new
/// level is the norm when it fills more than half of the window.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mad {
    order: Order,
    window: Window,
}

impl Mad {
    /// Over so many readings.
    pub fn new(window: usize) -> Self {
        Self {
            order: Order::default(),
            window: Window::new(window),
        }
    }
}

impl Default for Mad {
    fn default() -> Self {
        Self::new(WINDOW)
    }
}

impl Streaming for Mad {
    fn push(&mut self, sample: Sample) -> Option<Score> {
        let value = self.order.value(sample)?;
        self.window.resort();
        let score = (self.window.len() >= LEAST).then(|| {
            let (center, scale) = middle_and_scale(&self.window);
            Score::of((value - center).abs() / scale).expecting(center, scale)
        });
        self.window.push(value);
        score
    }
}

/// Median and robust deviation. Where more than half of the values are equal the MAD is 0 and the
/// mean distance stands in (Iglewicz and Hoaglin 1993).
pub(super) fn middle_and_scale(window: &Window) -> (f64, f64) {
    let center = window.median();
    let scale = MAD_TO_DEVIATION * window.median_distance(center);
    let scale = if scale > 0.0 {
        scale
    } else {
        MEAN_TO_DEVIATION * window.mean_distance(center)
    };
    (center, at_least_rounding(scale, window.size()))
}
