//! Spectral residual: what the spectrum of a window does not explain stands out in its saliency map
//! (Ren et al. 2019, "Time-series anomaly detection service at Microsoft").

use fleetscope_model::Sample;
use serde::{Deserialize, Serialize};

use super::fft::{self, Complex};
use super::window::Window;
use super::{Order, Score, Streaming};

/// Estimated readings that are put behind the newest one, so that it does not lie at the edge; and
/// those that the estimate rests on (the paper's κ = 5 and m = 5).
const AHEAD: usize = 5;
/// Width of the mean that the log spectrum is compared with (the paper's q = 3).
const SPECTRUM: usize = 3;
/// Readings before, whose saliency is the norm (the paper's z = 21).
const LOCAL: usize = 21;
/// Longest and shortest transform, estimated readings included. The paper's windows hold 64 to 1,440.
const LONGEST: usize = 256;
const SHORTEST: usize = 64;

/// Saliency of the newest reading of a sliding window.
///
/// Both; 2 KB of state. Raw score: by how many times its saliency exceeds the mean of the 21 before
/// (the paper alarms at 3). Gaps are closed up. A new level is the norm after a window (251 readings),
/// and stands out for a few readings only.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SpectralResidual {
    order: Order,
    window: Window,
}

impl Default for SpectralResidual {
    fn default() -> Self {
        Self {
            order: Order::default(),
            window: Window::new(LONGEST - AHEAD),
        }
    }
}

impl Streaming for SpectralResidual {
    fn push(&mut self, sample: Sample) -> Option<Score> {
        let value = self.order.value(sample)?;
        self.window.push(value);
        let length = [LONGEST, LONGEST / 2, SHORTEST]
            .into_iter()
            .find(|length| self.window.len() + AHEAD >= *length)?;
        let skip = self.window.len() + AHEAD - length;
        let values: Vec<f64> = self.window.recent().iter().skip(skip).copied().collect();
        Some(Score::of(newest(&values)))
    }
}

/// Relative excess of the last value's saliency.
fn newest(values: &[f64]) -> f64 {
    let middle = values.iter().sum::<f64>() / values.len() as f64;
    let size = values
        .iter()
        .fold(0.0_f64, |s, v| s.max((v - middle).abs()));
    // Smaller than rounding of the values themselves is nothing.
    if size <= 1e-12 * middle.abs() || size == 0.0 {
        return 0.0;
    }
    let mut wave: Vec<Complex> = values.iter().map(|v| ((v - middle) / size, 0.0)).collect();
    let ahead = estimated(&wave);
    wave.resize(values.len() + AHEAD, (ahead, 0.0));
    let map = saliency(&mut wave);
    let last = values.len() - 1;
    let norm = map[last - LOCAL..last].iter().sum::<f64>() / LOCAL as f64;
    if norm > 0.0 {
        (map[last] - norm) / norm
    } else {
        0.0
    }
}

/// The value that is put behind the last one: the median of the last five. The paper draws the mean
/// slope on, which puts a spike of height S before five estimates of 2.3 S and hides it there.
fn estimated(wave: &[Complex]) -> f64 {
    let mut last: Vec<f64> = wave[wave.len() - AHEAD..].iter().map(|c| c.0).collect();
    last.sort_unstable_by(f64::total_cmp);
    last[AHEAD / 2]
}

/// The saliency map: back from the spectrum whose log amplitude had its local mean taken away.
fn saliency(wave: &mut [Complex]) -> Vec<f64> {
    fft::transform(wave, false);
    // A silent line has no logarithm; so small it adds nothing either.
    let silent = 1e-8;
    let amplitude: Vec<f64> = wave.iter().map(|c| c.0.hypot(c.1).max(silent)).collect();
    let log: Vec<f64> = amplitude.iter().map(|a| a.ln()).collect();
    let half = SPECTRUM / 2;
    for (i, line) in wave.iter_mut().enumerate() {
        let around = &log[i.saturating_sub(half)..(i + half + 1).min(log.len())];
        let mean = around.iter().sum::<f64>() / around.len() as f64;
        let factor = (log[i] - mean).exp() / amplitude[i];
        *line = (line.0 * factor, line.1 * factor);
    }
    fft::transform(wave, true);
    wave.iter().map(|c| c.0.hypot(c.1)).collect()
}
