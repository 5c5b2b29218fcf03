//! `fleetscope logs labels`, `series`, `volume`, `stats` and `fields`

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Subcommand;
use fleetscope_client::Client;
use fleetscope_client::wire::{DetectedFields, LabelList, LogStatsAnswer, LogStreams, LogVolumes};

use super::lines::plain;
use super::query::instead;
use super::selection::{Place, Selection};
use crate::cli::Output;
use crate::commands::whole;
use crate::exit::Failure;
use crate::output::{gaps, show, table};

/// What there is to ask about.
#[derive(Debug, Subcommand)]
pub(super) enum Catalogue {
    /// List names of labels, or the values of one
    Labels {
        /// The label whose values are listed; the names where absent
        name: Option<String>,
        /// Namespace
        #[arg(short, long, value_name = "NAME")]
        namespace: Option<String>,
        /// Only of streams with this label, as app=cart or app=~cart.*; may be repeated
        #[arg(short, long = "label", value_name = "LABEL")]
        labels: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
    /// List streams by their labels
    Series(Selection),
    /// Show how much was written, by labels
    Volume {
        #[command(flatten)]
        selection: Selection,
        /// Count by this label; may be repeated; by those of the selector where absent
        #[arg(long, value_name = "LABEL")]
        by: Vec<String>,
    },
    /// Show how much a query would have to read
    Stats(Selection),
    /// List the fields that lines hold
    Fields(Selection),
}

pub(super) async fn run(
    client: &Client,
    action: Catalogue,
    output: Output,
) -> Result<ExitCode, Failure> {
    match action {
        Catalogue::Labels {
            name,
            namespace,
            labels,
            place,
        } => {
            let selection = Selection {
                logql: None,
                namespace,
                labels,
                place,
            };
            let about = selection.about(client).await?;
            let found = match &name {
                Some(name) => client.log_label_values(name, &about).await?,
                None => client.log_labels(&about).await?,
            };
            show(output, &found, names)?;
            Ok(whole(&found.gaps))
        }
        Catalogue::Series(selection) => {
            let about = selection.about(client).await?;
            let found = client.log_streams(&about).await?;
            show(output, &found, streams)?;
            Ok(whole(&found.gaps))
        }
        Catalogue::Volume { selection, by } => {
            let about = selection.about(client).await?;
            let found = client.log_volume(&about, &by).await?;
            show(output, &found, volumes)?;
            Ok(whole(&found.gaps))
        }
        Catalogue::Stats(selection) => {
            let about = selection.about(client).await?;
            let found = client.log_stats(&about).await?;
            show(output, &found, stats)?;
            Ok(whole(&found.gaps))
        }
        Catalogue::Fields(selection) => {
            let about = selection.about(client).await?;
            let found = client.log_fields(&about).await?;
            show(output, &found, fields)?;
            Ok(whole(&found.gaps))
        }
    }
}

fn names(found: &LabelList) -> String {
    let list = if found.items.is_empty() {
        "None.".to_owned()
    } else {
        let items: Vec<_> = found.items.iter().map(|item| plain(item)).collect();
        items.join("\n")
    };
    list + &instead(&found.substitutes) + &gaps(&found.gaps)
}

/// `{app="cart", namespace="shop"}`, and the cluster apart.
fn identity(labels: &BTreeMap<String, String>) -> (String, String) {
    let cluster = labels.get("cluster").cloned().unwrap_or_default();
    let others = labels.iter().filter(|(name, _)| *name != "cluster");
    let others: Vec<_> = others
        .map(|(name, value)| format!("{name}={:?}", plain(value)))
        .collect();
    (cluster, format!("{{{}}}", others.join(", ")))
}

fn streams(found: &LogStreams) -> String {
    let rows = found.items.iter().map(|stream| {
        let (cluster, labels) = identity(&stream.labels);
        [cluster, labels]
    });
    listed(found.items.is_empty(), || {
        table(["CLUSTER", "STREAM"], rows)
    }) + &instead(&found.substitutes)
        + &gaps(&found.gaps)
}

fn volumes(found: &LogVolumes) -> String {
    let rows = found.items.iter().map(|volume| {
        let (cluster, labels) = identity(&volume.labels);
        [cluster, size(volume.bytes), labels]
    });
    let list = listed(found.items.is_empty(), || {
        table(["CLUSTER", "VOLUME", "STREAMS"], rows)
    });
    list + &gaps(&found.gaps)
}

fn stats(found: &LogStatsAnswer) -> String {
    let rows = found.items.iter().map(|one| {
        [
            one.cluster_name.clone(),
            one.streams.to_string(),
            one.chunks.to_string(),
            one.entries.to_string(),
            size(one.bytes),
        ]
    });
    let list = listed(found.items.is_empty(), || {
        table(["CLUSTER", "STREAMS", "CHUNKS", "LINES", "SIZE"], rows)
    });
    list + &gaps(&found.gaps)
}

fn fields(found: &DetectedFields) -> String {
    let rows = found.items.iter().map(|field| {
        let parsers = if field.parsers.is_empty() {
            "(metadata)".to_owned()
        } else {
            field.parsers.join(", ")
        };
        [
            plain(&field.name),
            field.kind.clone(),
            field.cardinality.to_string(),
            parsers,
            field.clusters.join(", "),
        ]
    });
    let list = listed(found.items.is_empty(), || {
        table(["FIELD", "TYPE", "VALUES", "BY", "CLUSTERS"], rows)
    });
    list + &instead(&found.substitutes) + &gaps(&found.gaps)
}

fn listed(empty: bool, list: impl FnOnce() -> String) -> String {
    if empty { "None.".to_owned() } else { list() }
}

/// Bytes as people write them.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{bytes} B")
    } else {
        format!("{value:.1} {}", UNITS[unit])
    }
}
