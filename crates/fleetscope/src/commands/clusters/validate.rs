//! `fleetscope clusters validate`

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use fleetscope_client::Client;
use fleetscope_client::wire::{CheckCode, ClusterState, NeededRight, Validation};
use serde::Serialize;

use crate::cli::Output;
use crate::connection::{cluster_id, every_cluster};
use crate::exit::Failure;
use crate::output::{show, table, time};

#[derive(Debug, Args)]
pub(super) struct Validate {
    /// Their names or ids
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    clusters: Vec<String>,
    /// All clusters
    #[arg(long)]
    all: bool,
}

/// A validation with the cluster's name.
#[derive(Debug, Serialize)]
struct Named {
    cluster: String,
    #[serde(flatten)]
    validation: Validation,
}

pub(super) async fn run(
    client: &Client,
    output: Output,
    args: Validate,
) -> Result<ExitCode, Failure> {
    let clusters = if args.all {
        every_cluster(client).await?
    } else {
        let mut named = Vec::with_capacity(args.clusters.len());
        for name in args.clusters {
            named.push((cluster_id(client, &name).await?, name));
        }
        named
    };
    let mut done = Vec::with_capacity(clusters.len());
    for (id, cluster) in clusters {
        let validation = client.validate_cluster(id).await?;
        done.push(Named {
            cluster,
            validation,
        });
    }
    show(output, &done, |done| table_of(done))?;
    let good = done
        .iter()
        .flat_map(|named| &named.validation.checks)
        .all(|check| check.code == CheckCode::Ok);
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn table_of(done: &[Named]) -> String {
    let mut notes = String::new();
    let mut rows = Vec::new();
    for Named {
        cluster,
        validation,
    } in done
    {
        for check in &validation.checks {
            let latency = check.latency_ms.map(|ms| format!("{ms} ms"));
            rows.push([
                cluster.clone(),
                check.endpoint.clone(),
                code(check.code),
                latency.unwrap_or_default(),
                check.version.clone().unwrap_or_default(),
                check.certified_until.map(time).unwrap_or_default(),
            ]);
            if check.code != CheckCode::Ok {
                let _ = write!(notes, "\n{cluster}: {}", check.detail);
            }
            let Some(rights) = &check.rights else {
                continue;
            };
            if !rights.missing.is_empty() {
                let _ = write!(notes, "\n{cluster}: rights that are missing");
                for (ability, of) in missing(&rights.missing) {
                    let _ = write!(notes, "\n  for {ability}: {}", of.join("; "));
                }
            }
            if !rights.excess.is_empty() {
                let excess = rights.excess.join("; ");
                let _ = write!(
                    notes,
                    "\n{cluster}: the credential may more than is needed: {excess}"
                );
            }
        }
    }
    if rows.is_empty() {
        return "No endpoints to validate.".to_owned();
    }
    let headings = [
        "CLUSTER",
        "ENDPOINT",
        "RESULT",
        "LATENCY",
        "VERSION",
        "CERTIFICATE UNTIL",
    ];
    let table = table(headings, rows);
    if notes.is_empty() {
        table
    } else {
        format!("{table}\n{notes}")
    }
}

/// What each ability lacks, in a phrase for each set of verbs, group, name and namespace:
/// `get, list on apps/deployments, apps/statefulsets`, `create on pods/exec in openshift-ptp`.
fn missing(rights: &[NeededRight]) -> BTreeMap<&str, Vec<String>> {
    let mut verbs: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for right in rights {
        let place = (&*right.namespace, &*right.name);
        let key = (&*right.ability, place, &*right.group, &*right.resource);
        verbs.entry(key).or_default().push(&right.verb);
    }
    let mut resources: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for ((ability, place, group, resource), verbs) in verbs {
        let slash = if group.is_empty() { "" } else { "/" };
        let entry = resources.entry((ability, place, verbs.join(", ")));
        entry.or_default().push(format!("{group}{slash}{resource}"));
    }
    let mut lacking: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for ((ability, (namespace, name), verbs), resources) in resources {
        let mut text = format!("{verbs} on {}", resources.join(", "));
        if !name.is_empty() {
            let _ = write!(text, " \"{name}\"");
        }
        if !namespace.is_empty() {
            let _ = write!(text, " in {namespace}");
        }
        lacking.entry(ability).or_default().push(text);
    }
    lacking
}

/// The word of a code, as the API writes it.
fn code(code: CheckCode) -> String {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// The word of a state.
pub(super) const fn state(state: ClusterState) -> &'static str {
    match state {
        ClusterState::Unknown => "unknown",
        ClusterState::Healthy => "healthy",
        ClusterState::Degraded => "degraded",
        ClusterState::Unreachable => "unreachable",
    }
}
