//! How good the engine is on public data: reads corpora of series and incidents, lets the engine
//! answer, and scores the answers as the corpora's own protocols do.
//!
//! Whoever answers sees inputs only. Labels are opened by the scorer, after the answers are
//! complete, and every figure has its bootstrap interval.

pub mod anomalies;
pub mod bootstrap;
pub mod causes;
mod error;

pub use bootstrap::{Interval, interval};
pub use error::Error;
