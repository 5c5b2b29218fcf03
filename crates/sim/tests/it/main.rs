//! The integration tests of the simulated fleet, in one binary.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod faults;
mod fleet;
mod hub;
mod kubernetes;
mod loki;
mod prometheus;
mod promql;
mod shape;
mod tempo;
mod world;
