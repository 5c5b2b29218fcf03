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
mod discovery;
mod following;
mod gaps;
mod guarded;
mod investigating;
mod line;
mod logs;
mod notifications;
mod parts;
mod prometheus_mount;
mod real_alertmanager;
mod real_prometheus;
mod registering;
mod replaying;
mod rights;
mod secrets;
mod structure;
mod traces;
mod tracing;
mod union;
mod validation;
