//! `fleetscope traces show`

use std::process::ExitCode;

use clap::Args;
use fleetscope_client::Client;

use super::waterfall;
use crate::cli::Output;
use crate::commands::whole;
use crate::connection::cluster_ids;
use crate::exit::Failure;
use crate::output::{Style, show};

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The trace's id: up to 32 hexadecimal digits
    trace: String,
    /// A cluster's name or id; may be repeated; all where absent
    #[arg(long = "cluster", value_name = "CLUSTER")]
    clusters: Vec<String>,
    /// At most this many spans; `-o json` has all that the server gives
    #[arg(long, default_value_t = 200)]
    limit: usize,
}

impl Show {
    pub(super) async fn run(self, client: &Client, output: Output) -> Result<ExitCode, Failure> {
        let digits = self.trace.bytes().all(|b| b.is_ascii_hexdigit());
        if !digits || !(1..=32).contains(&self.trace.len()) {
            let message = format!(
                "'{}' is no id of a trace: write its hexadecimal digits",
                self.trace
            );
            return Err(Failure::Usage(message));
        }
        let clusters = cluster_ids(client, &self.clusters).await?;
        let trace = client.trace(&self.trace, &clusters).await?;
        show(output, &trace, |trace| {
            waterfall::draw(trace, self.limit, Style::of_stdout())
        })?;
        Ok(whole(&trace.gaps))
    }
}
