//! `fleetscope eval`

mod alike;
mod anomalies;
mod causes;
mod incidents;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::exit::Failure;

/// Measure how good the engine is: on simulated incidents, and on public data.
#[derive(Debug, Args)]
pub(crate) struct Eval {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Run every fault under many seeds through the whole line, and print a table
    #[command(after_help = "\
Each run simulates a fleet, starts a whole server, and moves a clock by hand through it, so that \
forty minutes take seconds. Example:
  fleetscope eval incidents --seeds 1000-1019")]
    Incidents(incidents::Incidents),
    /// Find what is unusual in the series of public data sets, and print a table
    #[command(after_help = "\
The answers are complete before a label is opened. Example:
  fleetscope eval anomalies --data ../shared/data --task nab")]
    Anomalies(anomalies::Anomalies),
    /// Find the causes of the incidents of public data sets, and print a table
    #[command(after_help = "\
The answers are complete before a label is opened. Example:
  fleetscope eval causes --data ../shared/data --task petshop")]
    Causes(causes::Causes),
}

pub(crate) async fn run(args: Eval) -> Result<ExitCode, Failure> {
    match args.what {
        What::Incidents(args) => incidents::run(args).await,
        What::Anomalies(args) => anomalies::run(&args),
        What::Causes(args) => causes::run(&args),
    }
}
