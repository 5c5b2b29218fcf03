//! `fleetscope audit`

use std::process::ExitCode;

use clap::{Args, Subcommand};
use fleetscope_client::wire::{AuditDecision, AuditEntry, Page};
use fleetscope_client::{Client, Paging};
use jiff::Timestamp;

use crate::cli::Connection;
use crate::connection::client;
use crate::exit::Failure;
use crate::output::{show, table, time};

/// Entries that are asked for at once: the most that the server gives.
const AT_ONCE: u32 = 500;

/// List who did what: changes, refused requests, and reads where the server writes them down.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List entries, newest first
    #[command(after_help = "\
Examples:
  fleetscope audit list --actor token:ci
  fleetscope audit list --since 2026-03-01T10:00:00Z -o json | jq -r '.items[].path'")]
    List(List),
}

#[derive(Debug, Args)]
struct List {
    /// Only entries from then on: RFC 3339
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Only entries of this caller, by its whole name
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// At most this many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

pub(crate) async fn run(args: Audit) -> Result<ExitCode, Failure> {
    let client = client(&args.connection)?;
    let Action::List(list) = args.action;
    let found = list.find(&client).await?;
    show(args.connection.output, &found, |page| {
        let rows = page.items.iter().map(row);
        let headings = ["AT", "BY", "ROLE", "DECISION", "STATUS", "REQUEST", "COUNT"];
        table(headings, rows) + page.next_cursor.as_deref().map_or("", |_| MORE)
    })?;
    Ok(ExitCode::SUCCESS)
}

const MORE: &str = "\n\nThere is more: a larger --limit shows it";

impl List {
    /// What is asked for. `next_cursor` is there where the log goes on with what may be asked for.
    async fn find(&self, client: &Client) -> Result<Page<AuditEntry>, Failure> {
        let mut found = Vec::new();
        let mut cursor = None;
        loop {
            let limit = Some(self.at_once());
            let page = client.audit(&Paging { cursor, limit }).await?;
            for entry in page.items {
                if self.since.is_some_and(|since| entry.at < since) {
                    return Ok(part(found, None));
                }
                if self.actor.is_some() && self.actor != entry.caller {
                    continue;
                }
                if found.len() == self.limit as usize {
                    let more = Some(entry.seq.to_string());
                    return Ok(part(found, more));
                }
                found.push(entry);
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(part(found, None));
            }
        }
    }

    /// One more than is wanted shows whether there is more; a filter may leave little of a part.
    fn at_once(&self) -> u32 {
        match self.actor {
            None => self.limit.saturating_add(1).min(AT_ONCE),
            Some(_) => AT_ONCE,
        }
    }
}

fn part(items: Vec<AuditEntry>, next_cursor: Option<String>) -> Page<AuditEntry> {
    Page { items, next_cursor }
}

fn row(entry: &AuditEntry) -> [String; 7] {
    let or_nobody = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let decision = match entry.decision {
        AuditDecision::Allowed => "allowed",
        AuditDecision::Unauthenticated => "unauthenticated",
        AuditDecision::Denied => "denied",
        AuditDecision::Limited => "limited",
    };
    [
        time(entry.at),
        or_nobody(&entry.caller),
        or_nobody(&entry.role),
        decision.to_owned(),
        entry.status.to_string(),
        format!("{} {}", entry.method, entry.path),
        entry.count.to_string(),
    ]
}
