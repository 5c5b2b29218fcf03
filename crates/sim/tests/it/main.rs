//! The integration tests of the simulated fleet, in one binary.

mod faults;
mod fleet;
mod kubernetes;
mod loki;
mod prometheus;
mod promql;
mod tempo;
mod world;
