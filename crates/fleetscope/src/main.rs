//! The one binary. Everything is in the commands: see `cli.rs` for what there is.

use std::process::ExitCode;

mod cli;
mod commands;
mod connection;
mod demo;
mod exit;
mod output;

/// Memory that is given back is wiped first. Credentials pass through buffers of HTTP, TLS and JSON
/// that no code of ours owns; what is in them must not outlive them. See ADR 9 for what it costs.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    commands::run(cli::parse()).unwrap_or_else(exit::report)
}
