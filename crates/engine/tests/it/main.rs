//! The engine from outside: series and readings in, anomalies and findings out.

#![expect(
    clippy::unwrap_used,
    reason = "a fixture that cannot be built should fail its test at once"
)]

mod attribution;
mod blast;
mod build;
mod confusions;
mod detect;
mod detectors;
mod ensemble;
mod failures;
mod graph;
mod judge;
mod odds;
mod properties;
mod ranking;
mod recurrence;
mod replay;
mod scenarios;
mod stats;
mod town;
mod trouble;
