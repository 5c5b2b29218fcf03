//! How far from the expected value is too far.

use fleetscope_model::{Sensitivity, SignalRole};

use super::baseline::Baseline;
use super::robust::{self, MAD_TO_DEVIATION};
use super::track::Track;

/// Robust standard deviations from which a sample is unusual, when it is one of at least three.
///
/// Aimed at false alarms per series and day, at a sample a minute: LOW 0.001, MEDIUM 0.01, HIGH
/// 0.1, EXTREME 1. Chosen by running noise through the detector (Gaussian, Student's t with three
/// degrees of freedom, moving averages and autoregressions as `rate(…[5m])` makes them); the test
/// `false_alarms_stay_near_the_target` holds the rates.
pub(crate) const fn deviations(sensitivity: Sensitivity) -> f64 {
    match sensitivity {
        Sensitivity::Low => 9.0,
        Sensitivity::Medium => 6.5,
        Sensitivity::High => 4.7,
        Sensitivity::Extreme => 3.4,
    }
}

/// False alarms a day, at a sample a minute, of so many deviations: drawn straight between the rows of
/// [`deviations`], in the logarithm of the rate, and on beyond them.
pub(crate) fn false_alarms(of: f64) -> f64 {
    let rows = [
        (Sensitivity::Extreme, 1.0),
        (Sensitivity::High, 0.1),
        (Sensitivity::Medium, 0.01),
        (Sensitivity::Low, 0.001),
    ]
    .map(|(row, per_day): (_, f64)| (deviations(row), per_day.ln()));
    let pair = (1..rows.len() - 1).rfind(|i| of >= rows[*i].0).unwrap_or(0);
    let ((low, often), (high, rare)) = (rows[pair], rows[pair + 1]);
    (often + (rare - often) * (of - low) / (high - low)).exp()
}

/// The smallest share of the expected value that a deviation must have to matter.
///
/// Latency and traffic of healthy services move by a fifth with caches, batches and neighbours;
/// the rest is what an operator would not act on. Roles whose values are states or are zero when
/// all is well have none: there the watch's least deviation decides.
const fn relative(role: SignalRole) -> f64 {
    match role {
        SignalRole::Latency => 0.25,
        SignalRole::Traffic => 0.3,
        SignalRole::Saturation | SignalRole::Resource | SignalRole::Nic => 0.1,
        SignalRole::Gpu => 0.05,
        SignalRole::Errors | SignalRole::Availability | SignalRole::Clock => 0.0,
    }
}

/// The least deviation that matters, whatever the noise.
#[derive(Debug)]
pub(crate) struct Floor {
    absolute: f64,
    relative: f64,
    deviations: f64,
}

impl Floor {
    /// From what the signal says of itself and from the size of its values, which guards constant
    /// series against rounding.
    pub(crate) fn of(
        least_deviation: f64,
        role: SignalRole,
        sensitivity: Sensitivity,
        values: &[f64],
    ) -> Self {
        let size = values
            .iter()
            .fold(0.0_f64, |size, value| size.max(value.abs()));
        let least = if least_deviation.is_finite() {
            least_deviation.abs()
        } else {
            0.0
        };
        Self {
            absolute: least.max(size * 1e-9).max(f64::MIN_POSITIVE),
            relative: relative(role),
            deviations: deviations(sensitivity),
        }
    }

    /// A floor at this share of it.
    pub(crate) fn lowered(self, share: f64) -> Self {
        Self {
            absolute: self.absolute * share,
            relative: self.relative * share,
            ..self
        }
    }

    /// The least deviation from this expected value that matters.
    pub(crate) fn least(&self, center: f64) -> f64 {
        self.absolute.max(self.relative * center.abs())
    }

    /// The same as the standard deviation at which the threshold would just be there.
    pub(crate) fn deviation(&self, center: f64) -> f64 {
        self.least(center) / self.deviations
    }
}

/// The noise of a series, as its history shows it.
#[derive(Debug)]
pub(crate) struct Noise {
    /// Robust standard deviation of one sample's forecast error.
    pub(crate) sample: f64,
    /// Robust standard deviation of a block median's forecast error.
    pub(crate) block: f64,
    /// The largest forecast error of the history.
    pub(crate) largest: f64,
    /// Factor for how little the history may have shown yet.
    doubt: f64,
}

/// The tails may widen the scale by at most this: beyond, the history holds a fault of its own,
/// and that must not excuse the next. A Student's t with three degrees of freedom needs 1.7.
const TAIL_LIMIT: f64 = 2.5;

impl Noise {
    /// Learnt from the history before the judged range; `in_progress` is the first sample of a
    /// stretch that reaches into the range and is left out.
    pub(crate) fn of(track: &Track, base: &Baseline, in_progress: usize) -> Self {
        let known = |i: &usize| base.residual[*i].is_finite();
        let mut calm: Vec<f64> = (0..in_progress)
            .filter(known)
            .filter(|i| !base.stood_out[*i])
            .map(|i| base.residual[i].abs())
            .collect();
        let mut all: Vec<f64> = (0..in_progress)
            .filter(known)
            .map(|i| base.residual[i].abs())
            .collect();
        let largest = all.iter().copied().fold(0.0, f64::max);
        let middle = MAD_TO_DEVIATION * robust::median(&mut calm).unwrap_or(0.0);
        // Two-sided Gaussian quantiles: 90 % lie within 1.645 deviations, 98 % within 2.326.
        let wide = robust::quantile(&mut all, 0.90).unwrap_or(0.0) / 1.645;
        let wider = robust::quantile(&mut all, 0.98).unwrap_or(0.0) / 2.326;
        let tail = if middle > 0.0 {
            wide.max(wider).min(TAIL_LIMIT * middle)
        } else {
            wide
        };
        let sample = middle.max(tail);
        let (block, blocks) = block_noise(base, in_progress, sample);
        let newborn = if track.newborn { 0.5 } else { 0.0 };
        Self {
            sample,
            block,
            largest,
            doubt: 1.0 + newborn + 3.0 / (blocks as f64).max(3.0),
        }
    }

    /// The robust standard deviation that a deviation is measured by, floors included.
    pub(crate) fn scale(&self, floor: &Floor, center: f64) -> f64 {
        (self.sample * self.doubt).max(floor.deviation(center))
    }

    /// The same for the median of a block.
    pub(crate) fn block_scale(&self, floor: &Floor, center: f64) -> f64 {
        (self.block * self.doubt).max(floor.deviation(center))
    }
}

/// Deviation of block medians, and how many blocks it was learnt from. White noise would leave
/// 0.4 of a sample's deviation (1.25/√10); less is luck.
fn block_noise(base: &Baseline, end: usize, sample: f64) -> (f64, usize) {
    let mut scratch = Vec::new();
    let mut sizes: Vec<f64> = Vec::new();
    for block in base.blocks.iter().filter(|block| block.to <= end) {
        scratch.clear();
        let known = base.residual[block.from..block.to]
            .iter()
            .filter(|r| r.is_finite());
        scratch.extend(known);
        if let Some(middle) = robust::median(&mut scratch) {
            sizes.push(middle.abs());
        }
    }
    let count = sizes.len();
    let middle = MAD_TO_DEVIATION * robust::median(&mut sizes).unwrap_or(sample);
    (middle.clamp(0.4 * sample, 1.2 * sample), count)
}
