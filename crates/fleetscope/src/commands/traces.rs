//! `fleetscope traces`

mod dependencies;
mod search;
mod services;
mod show;
mod waterfall;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use fleetscope_client::{Client, TraceScope};
use jiff::{SignedDuration, Timestamp};

use crate::cli::Connection;
use crate::commands::back_from;
use crate::connection::{client, cluster_ids};
use crate::exit::Failure;

/// Search traces, draw one, list services and who calls whom.
#[derive(Debug, Args)]
pub(crate) struct Traces {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Search traces by service, operation, duration, status and attributes, or by TraceQL
    #[command(after_help = "\
Examples:
  fleetscope traces search --service checkout --status error --min-duration 300ms
  fleetscope traces search --attribute http.response.status_code=500 --range 15m
  fleetscope traces search --query '{ name = \"GET /cart\" } >> { status = error }' --cluster shop")]
    Search(search::Search),
    /// Draw a trace: its spans as a tree over time, its critical path, what failed
    #[command(after_help = "\
Examples:
  fleetscope traces show 66f0f1d8bf77e598c90fbad02d516d29
  fleetscope traces show 66f0f1d8bf77e598c90fbad02d516d29 -o json | jq '.spans[] | select(.status == \"error\")'")]
    Show(show::Show),
    /// List the services that were traced; of one its operations
    #[command(after_help = "\
Examples:
  fleetscope traces services --cluster shop
  fleetscope traces services --service checkout")]
    Services(services::Services),
    /// List who calls whom, how often, how long it takes, and how often it fails
    #[command(after_help = "\
Examples:
  fleetscope traces dependencies --cluster shop --range 30m")]
    Dependencies(dependencies::Dependencies),
}

/// Which clusters and which time.
#[derive(Debug, Args)]
struct Scope {
    /// A cluster's name or id; may be repeated; all where absent
    #[arg(long = "cluster", value_name = "CLUSTER")]
    clusters: Vec<String>,
    /// End of the range: RFC 3339; now where absent
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// Length of the range
    #[arg(long, value_name = "LENGTH", default_value = "1h")]
    range: SignedDuration,
}

impl Scope {
    async fn read(&self, client: &Client) -> Result<TraceScope, Failure> {
        let clusters = cluster_ids(client, &self.clusters).await?;
        let (start, end) = back_from(self.at, self.range)?;
        Ok(TraceScope {
            clusters,
            start: Some(start),
            end: Some(end),
        })
    }
}

pub(crate) async fn run(args: Traces) -> Result<ExitCode, Failure> {
    let client = client(&args.connection)?;
    let output = args.connection.output;
    match args.action {
        Action::Search(search) => search.run(&client, output).await,
        Action::Show(show) => show.run(&client, output).await,
        Action::Services(services) => services.run(&client, output).await,
        Action::Dependencies(dependencies) => dependencies.run(&client, output).await,
    }
}

/// Milliseconds as people read them.
fn length(ms: f64) -> String {
    match ms {
        ms if ms >= 10_000.0 => format!("{:.1} s", ms / 1_000.0),
        ms if ms >= 1_000.0 => format!("{:.2} s", ms / 1_000.0),
        ms if ms >= 100.0 => format!("{ms:.0} ms"),
        ms if ms >= 1.0 => format!("{ms:.1} ms"),
        ms if ms > 0.0 => format!("{:.0} µs", ms * 1_000.0),
        _ => "0".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_short() {
        let lengths = [0.0, 0.0123, 12.34, 748.75, 1_234.0, 61_000.0].map(length);
        assert_eq!(
            lengths,
            ["0", "12 µs", "12.3 ms", "749 ms", "1.23 s", "61.0 s"]
        );
    }
}
