//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use fleetscope_model::Role;
use url::Url;

use crate::{commands, exit};

/// Watches a fleet of Kubernetes clusters, finds what is unusual, and says why, with the evidence.
#[derive(Debug, Parser)]
#[command(name = "fleetscope", version, after_help = exit::HELP, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What there is to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server: all roles in one process, nothing else to install
    Serve(Serve),
    /// Check or show the configuration that `serve` would run with
    Config(commands::config::Config),
    /// Register, list, show, validate and remove clusters
    Clusters(commands::clusters::Clusters),
    /// Write, list and remove the credentials of clusters
    Credentials(commands::credentials::Credentials),
    /// List, rotate and make the keys that credentials are sealed under
    Keys(commands::keys::Keys),
    /// Print the roles that Fleetscope needs on a cluster
    Rbac(commands::rbac::Rbac),
    /// Evaluate PromQL on many clusters at once
    Query(commands::query::Query),
    /// List series, labels, rules, alerts and targets of many clusters
    Metrics(commands::metrics::Metrics),
    /// Read, search and follow the logs of many clusters at once
    Logs(commands::logs::Logs),
    /// Show how things hang together: who calls whom, what runs where, what uses what
    Topology(commands::topology::Topology),
    /// List what was changed in many clusters, newest first
    Changes(commands::changes::Changes),
    /// Search traces, draw one, list services and who calls whom
    Traces(commands::traces::Traces),
    /// List the alerts that Alertmanagers hold
    Alerts(commands::alerts::Alerts),
    /// List, make and end silences of alerts
    Silences(commands::silences::Silences),
    /// Look for anomalies, or for the root cause of what goes wrong
    Analysis(commands::analysis::Analysis),
    /// Go through an exported investigation again, without a server
    Replay(commands::replay::Replay),
    /// Write, list, read and remove reports
    Reports(commands::reports::Reports),
    /// List or follow what happens
    Events(commands::events::Events),
    /// Make, list and revoke API tokens
    Tokens(commands::tokens::Tokens),
    /// List who did what
    Audit(commands::audit::Audit),
    /// Run a simulated fleet that speaks the real protocols
    Sim(commands::sim::Sim),
    /// See it work: a simulated fleet, one fault, and the incident explained
    Demo(commands::demo::Demo),
    /// Measure how often the right cause is found, over many simulated incidents
    Eval(commands::eval::Eval),
}

/// Flags of `serve` and of `config`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fleetscope serve
  fleetscope serve --listen 127.0.0.1:8080 --data-dir ./data
  fleetscope serve --config /etc/fleetscope/fleetscope.toml --roles gateway

At the first start an admin token is shown once: keep it. Every setting has a default; the \
strongest of file, environment (FLEETSCOPE_SECTION__KEY) and flags wins: see `fleetscope config show`.")]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// Where settings come from.
#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// Configuration file (TOML); else the one that `FLEETSCOPE_CONFIG` names
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Public address of the API
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// Address of /healthz, /readyz and /metrics
    #[arg(long, value_name = "ADDR")]
    pub(crate) admin_listen: Option<SocketAddr>,
    /// Address on which other roles serve a gateway in another process
    #[arg(long, value_name = "ADDR")]
    pub(crate) inner_listen: Option<SocketAddr>,
    /// Which roles this process takes on: gateway, registry, collector, streaming, intelligence
    #[arg(long, value_name = "ROLES", value_delimiter = ',')]
    pub(crate) roles: Option<Vec<Role>>,
    /// Where the database and reports are kept
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// What is logged, as `info` or `fleetscope_collector=debug,info`
    #[arg(long, value_name = "FILTER")]
    pub(crate) log: Option<String>,
}

/// Which server a command talks to, and as whom.
#[derive(Debug, Args)]
pub(crate) struct Connection {
    /// The server's address
    #[arg(
        long,
        env = "FLEETSCOPE_URL",
        default_value = "http://127.0.0.1:8080",
        global = true
    )]
    pub(crate) server: Url,
    /// File that holds the token; else the variable `FLEETSCOPE_TOKEN` does
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) token_file: Option<PathBuf>,
    /// The token (only as a variable: arguments are visible to every process)
    #[arg(
        long = "token",
        env = "FLEETSCOPE_TOKEN",
        hide = true,
        hide_env_values = true,
        global = true
    )]
    pub(crate) token: Option<String>,
    /// How to print: a table for people, JSON for scripts
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        default_value = "table",
        global = true
    )]
    pub(crate) output: Output,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// Columns, for people
    Table,
    /// JSON as the API gives it, for scripts
    Json,
}

/// Reads the command line; prints help and ends with 2 where it is wrong.
pub(crate) fn parse() -> Command {
    Cli::parse().command
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
