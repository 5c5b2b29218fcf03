//! The doors, with small routers standing in for the roles behind them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what fails here fails the test, which is the purpose"
)]

mod bounds;
mod callers;
mod doors;
mod fixture;
mod forwarding;
mod header_matrix;
mod health;
mod origins;
mod path_matrix;
mod rates;
mod raw;
mod recheck;
mod streams;
mod upgrades;
