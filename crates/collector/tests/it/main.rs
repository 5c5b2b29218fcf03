//! Tests of the collector against servers on loopback: recorded answers of real ones, and ones
//! that misbehave.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in tests a panic is the report, in what the tests share too"
)]

mod address;
mod alerts;
mod changes;
mod commits;
mod exec;
mod federation;
mod fleet;
mod hundred;
mod index;
mod interleaved;
mod kubernetes;
mod lists;
mod logs;
mod metrics;
mod misbehaviour;
mod recording;
mod room;
mod server;
mod sharing;
mod topology;
mod traces;
mod tracing;
mod watch;
