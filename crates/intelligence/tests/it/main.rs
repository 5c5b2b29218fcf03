//! The use cases and tasks over fake ports: what is stored, what is told, what survives.

#![expect(
    clippy::unwrap_used,
    reason = "a test that can't be set up has failed, also in its helpers"
)]

mod analyses;
mod fakes;
mod investigations;
mod recurrence;
mod replays;
mod reports;
mod sweep;
mod visible;
mod watches;
