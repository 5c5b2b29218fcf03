//! The whole application, from outside: its API in both shapes, real servers, the line from a
//! fault to a report, and the command line.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at what it did not expect"
)]

mod access;
mod api;
mod bad_input;
mod command_line;
mod credentials;
mod gaps;
mod line;
mod prometheus_mount;
mod real_prometheus;
mod rights;
mod secrets;
mod traces;
mod union;
mod validation;
