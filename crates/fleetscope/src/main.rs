//! The one binary. Everything is in the commands: see `cli.rs` for what there is.

use std::process::ExitCode;

mod cli;
mod commands;
mod connection;
mod demo;
mod exit;
mod output;

fn main() -> ExitCode {
    commands::run(cli::parse()).unwrap_or_else(exit::report)
}
