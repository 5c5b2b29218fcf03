//! `fleetscope events`

use std::process::ExitCode;

use clap::Args;
use fleetscope_client::wire::Event;
use futures::StreamExt;

use crate::cli::{Connection, Output};
use crate::connection::client;
use crate::exit::Failure;
use crate::output::{more, say, show, table, time};

/// List or follow what happens.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fleetscope events
  fleetscope events --follow -o json | jq -r .summary")]
pub(crate) struct Events {
    #[command(flatten)]
    connection: Connection,
    /// Only events after this place in the log
    #[arg(long, default_value_t = 0)]
    after: u64,
    /// At most this many
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// Go on with what happens, until interrupted
    #[arg(short, long)]
    follow: bool,
}

pub(crate) async fn run(args: Events) -> Result<ExitCode, Failure> {
    let client = client(&args.connection)?;
    let output = args.connection.output;
    if !args.follow {
        let page = client.events(args.after, args.limit).await?;
        show(output, &page, |page| {
            let rows = page.items.iter().map(row);
            table(["SEQ", "AT", "KIND", "BY", "SUMMARY"], rows) + &more(page.next_cursor.as_deref())
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut events = client.event_stream(args.after).await?;
    while let Some(event) = events.next().await {
        let event = event?;
        match output {
            Output::Json => say(serde_json::to_string(&event).unwrap_or_default())?,
            Output::Table => say(row(&event).join("  "))?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn row(event: &Event) -> [String; 5] {
    [
        event.seq.to_string(),
        time(event.at),
        event.kind.clone(),
        event.actor.clone(),
        event.summary.clone(),
    ]
}
