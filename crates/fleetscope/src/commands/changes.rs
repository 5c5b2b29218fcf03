//! `fleetscope changes`

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use fleetscope_client::wire::{Change, ChangeAnswer};
use uuid::Uuid;

use super::topology::Where;
use crate::cli::Connection;
use crate::connection::{client, cluster_names};
use crate::exit::Failure;
use crate::output::{entity, gaps, more, show, table, time};

/// A commit's id is known by so many digits.
const DIGITS: usize = 10;

/// List what was changed in many clusters, newest first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fleetscope changes --since 6h
  fleetscope changes --cluster shop --namespace payments -o json")]
pub(crate) struct Changes {
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    place: Where,
}

pub(crate) async fn run(args: Changes) -> Result<ExitCode, Failure> {
    let client = client(&args.connection)?;
    let scope = args.place.scope(&client).await?;
    let answer = client.changes(&scope).await?;
    let names = cluster_names(&client).await?;
    show(args.connection.output, &answer, |answer| {
        text(answer, &names)
    })?;
    Ok(super::whole(&answer.gaps))
}

/// A commit is told with its id.
fn what(change: &Change) -> String {
    match &change.revision {
        Some(id) if change.kind == "commit" => {
            let id: String = id.chars().take(DIGITS).collect();
            format!("{id}: {}", change.summary)
        }
        _ => change.summary.clone(),
    }
}

fn text(answer: &ChangeAnswer, names: &BTreeMap<Uuid, String>) -> String {
    let rows = answer.changes.iter().map(|change| {
        [
            time(change.at),
            names
                .get(&change.entity.cluster)
                .cloned()
                .unwrap_or_default(),
            change.kind.clone(),
            entity(&change.entity),
            what(change),
        ]
    });
    let list = if answer.changes.is_empty() {
        "No changes in that time.".to_owned()
    } else {
        table(["AT", "CLUSTER", "KIND", "WHAT", "CHANGE"], rows)
    };
    list + &gaps(&answer.gaps) + &more(answer.next_cursor.as_deref())
}
