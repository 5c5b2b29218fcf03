//! Whole processes, started in a temporary folder on free ports.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what fails here fails the test, which is the purpose"
)]

mod admin;
mod door;
mod fixture;
mod floods;
mod health;
mod load;
mod shutdown;
mod split;
mod start;
mod tls;
