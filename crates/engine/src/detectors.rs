//! The catalogue of detectors: each gives a reading a raw score, and says how it reads a series.
//!
//! A detector is [`Streaming`] (one reading at a time, memory bounded per series, state that serde
//! saves and restores), [`Offline`] (a whole window at once), or both; [`Kind`] lists them all. A
//! raw score is finite and never negative; the higher, the less the reading looks like the rest.
//! What counts as high differs from detector to detector: [`sensitivity`] says it for each.
//!
//! A reading that is missing, not a number, infinite or beyond [`LARGEST`] is a gap: it gets no
//! score and teaches nothing. So does one that is not later than the one before it.

mod bayes;
mod catalogue;
mod decompose;
mod ewma;
mod flat;
mod forecast;
mod iqr;
pub mod joint;
mod mad;
pub mod panel;
pub mod pelt;
mod profile;
pub mod rate;
mod seasonal;
pub mod sensitivity;
mod spectral;
mod subpca;
mod tail;
mod zscore;

mod fft;
mod linear;
mod tails;
mod window;

use fleetscope_model::Sample;
use serde::{Deserialize, Serialize};

pub use bayes::OnlineChange;
pub use catalogue::{Kind, Stream};
pub use decompose::Decomposed;
pub use ewma::Ewma;
pub use flat::FlatLine;
pub use forecast::ForecastBand;
pub use iqr::Iqr;
pub use joint::Joint;
pub use mad::Mad;
pub use pelt::Pelt;
pub use profile::MatrixProfile;
pub use rate::CounterRate;
pub use seasonal::Seasonal;
pub use spectral::SpectralResidual;
pub use subpca::SubPca;
pub use tail::{Fit, Tail};
pub use zscore::ZScore;

/// How a detector reads a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A whole window at once; what comes later may change what was said of a reading.
    Offline,
    /// One reading at a time; only what came before counts.
    Streaming,
    /// Either way, with the same scores.
    Both,
}

/// What a detector expected of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    /// The expected value.
    pub center: f64,
    /// The unit of the raw score, in the reading's unit: a raw score of 3 lies at least three of
    /// these from the centre.
    pub scale: f64,
}

/// What a detector says of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// How unusual: finite, from 0 to [`HIGHEST`].
    pub raw: f64,
    /// What was expected, where the detector forms an expectation of a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Expected>,
}

/// Raw scores end here; beyond, nobody compares.
pub const HIGHEST: f64 = 1e6;
/// Values beyond this are no readings: their squares, summed over a window, must stay finite.
pub const LARGEST: f64 = 1e100;

impl Score {
    /// A score of so much; what is not a number is 0.
    pub fn of(raw: f64) -> Self {
        Self {
            raw: if raw.is_nan() {
                0.0
            } else {
                raw.clamp(0.0, HIGHEST)
            },
            expected: None,
        }
    }

    /// The same, with what was expected.
    #[must_use]
    pub fn expecting(self, center: f64, scale: f64) -> Self {
        let known = center.is_finite() && scale.is_finite();
        Self {
            expected: known.then_some(Expected { center, scale }),
            ..self
        }
    }
}

/// Scores one reading at a time from what came before. Memory is bounded by the settings, never by
/// the number of readings; every implementor is its own state and can be saved with serde.
pub trait Streaming {
    /// The score of the next reading; none where it is a gap or too little is known yet.
    fn push(&mut self, sample: Sample) -> Option<Score>;
}

/// Scores a whole window.
pub trait Offline {
    /// A score for each sample, in the samples' order; none where it is a gap or too little is
    /// known.
    fn scores(&self, samples: &[Sample]) -> Vec<Option<Score>>;
}

/// The scores that a fresh stream gives a window: what `Offline` means for a detector that is both.
pub fn replay(mut stream: impl Streaming, samples: &[Sample]) -> Vec<Option<Score>> {
    samples.iter().map(|sample| stream.push(*sample)).collect()
}

/// Lets only readings through: in order of time, finite, not beyond [`LARGEST`].
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Order {
    last_ms: Option<i64>,
}

impl Order {
    /// The value of a reading, `None` for a gap.
    fn value(&mut self, sample: Sample) -> Option<f64> {
        if self.last_ms.is_some_and(|last| sample.at_ms <= last) {
            return None;
        }
        let usable = sample.value.is_finite() && sample.value.abs() <= LARGEST;
        if usable {
            self.last_ms = Some(sample.at_ms);
        }
        usable.then_some(sample.value)
    }
}

/// Smallest scale, as a share of the largest value around: below it differences are rounding of
/// whoever measured (a 32-bit float holds seven digits).
const ROUNDING: f64 = 1e-6;

/// The scale, but never so small that rounding looks like an event.
fn at_least_rounding(scale: f64, size: f64) -> f64 {
    scale.max(size.abs() * ROUNDING).max(f64::MIN_POSITIVE)
}
