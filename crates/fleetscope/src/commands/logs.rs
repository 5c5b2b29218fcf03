//! `fleetscope logs`

mod catalogue;
mod lines;
mod patterns;
mod query;
mod selection;
mod tail;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::cli::Connection;
use crate::connection::client;
use crate::exit::Failure;
use catalogue::Catalogue;
use patterns::Patterns;
use query::Query;
use tail::Tail;

/// Read the logs of many clusters at once.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fleetscope logs query -n shop --contains timeout --since 30m
  fleetscope logs query '{namespace=\"shop\"} | json | duration_ms > 500' --cluster shop
  fleetscope logs query 'sum by (app) (rate({namespace=\"shop\"} |= \"error\" [5m]))' --instant
  fleetscope logs tail -n shop --contains error
  fleetscope logs patterns -n shop --since 6h --window 10m
  fleetscope logs labels
  fleetscope logs labels app -n shop
  fleetscope logs volume -n shop --by app")]
pub(crate) struct Logs {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show lines, oldest first, or the series that LogQL makes of them
    Query(Box<Query>),
    /// Follow lines as they are written, in the order of time, until interrupted
    Tail(Box<Tail>),
    /// Show what lines say again and again, and how often
    Patterns(Box<Patterns>),
    #[command(flatten)]
    Catalogue(Catalogue),
}

pub(crate) async fn run(args: Logs) -> Result<ExitCode, Failure> {
    let client = client(&args.connection)?;
    let output = args.connection.output;
    match args.action {
        Action::Query(args) => query::run(&client, *args, output).await,
        Action::Tail(args) => tail::run(&client, *args, output).await,
        Action::Patterns(args) => patterns::run(&client, *args, output).await,
        Action::Catalogue(action) => catalogue::run(&client, action, output).await,
    }
}
