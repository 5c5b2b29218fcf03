//! Statistics of series of numbers: fast, and the same to the bit on every machine.
//!
//! The loops are written so that a compiler makes vector instructions of them; every sum is taken in one
//! order, whatever the processor can do (the module `lanes`), so that speed costs no determinism.
//!
//! **Gaps**: a value that is not finite, or larger than [`LARGEST`], is a gap. Gaps count for nothing,
//! and an answer for a place where nothing can be said is NaN, or `None` where it is the whole answer.
//! Nothing here panics, whatever the values.

mod dependence;
mod innovations;
mod lanes;
mod loess;
mod moments;
mod mstl;
mod rolling;
mod rolling_blocks;
mod rolling_median;
mod rolling_rows;
mod seasonal;
mod select;
mod sketch;
mod stl;
mod streaming;
mod wide;

pub use dependence::{Dependence, both_tails, dependences, given};
pub use innovations::Innovations;
pub use lanes::sum;
pub use loess::{Degree, Loess};
pub use moments::{Moments, moments, z_scores, z_scores_in_place};
pub use mstl::{Mstl, SeveralSeasons};
pub use rolling::rolling_z;
pub use rolling_median::rolling_median;
pub use select::{Quartiles, mad, median, quantile, quartiles};
pub use sketch::Sketch;
pub use stl::{Decomposition, Robustness, Stl};
pub use streaming::{Score, Streaming};

/// Median absolute deviation to standard deviation, for Gaussian data (Rousseeuw and Croux 1993).
pub(crate) const MAD_TO_DEVIATION: f64 = 1.4826;

/// Values beyond this are no measurement: squares and sums of them would overflow.
pub const LARGEST: f64 = 1e100;

/// Whether the value is a measurement; else it is a gap.
#[inline]
pub(crate) fn known(value: f64) -> bool {
    value.abs() <= LARGEST
}
