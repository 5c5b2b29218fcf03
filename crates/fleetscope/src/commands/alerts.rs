//! `fleetscope alerts`

use std::process::ExitCode;

use clap::{Args, Subcommand};
use fleetscope_client::AlertScope;
use fleetscope_client::wire::{Alert, AlertGroup, AlertGroups, AlertList};

use crate::cli::Connection;
use crate::connection::{client, cluster_ids};
use crate::exit::Failure;
use crate::output::{gaps, plain, show, table, time};

/// List the alerts that Alertmanagers hold.
#[derive(Debug, Args)]
pub(crate) struct Alerts {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List alerts, the longest firing first
    #[command(after_help = "\
Examples:
  fleetscope alerts list --filter 'severity=\"critical\"'
  fleetscope alerts list --cluster shop --unsilenced -o json | jq -r '.alerts[].labels.alertname'")]
    List(Wanted),
    /// List alerts as they are told of together
    #[command(after_help = "\
Examples:
  fleetscope alerts groups --cluster shop")]
    Groups(Wanted),
}

#[derive(Debug, Args)]
struct Wanted {
    /// A condition on a label: NAME="VALUE", with one of = != =~ !~; may be repeated
    #[arg(long = "filter", value_name = "CONDITION")]
    filters: Vec<String>,
    /// Only alerts that no silence and no other alert keeps quiet
    #[arg(long)]
    unsilenced: bool,
    /// A cluster's name or id; may be repeated; all where absent
    #[arg(long = "cluster", value_name = "CLUSTER")]
    clusters: Vec<String>,
}

pub(crate) async fn run(args: Alerts) -> Result<ExitCode, Failure> {
    let client = client(&args.connection)?;
    let output = args.connection.output;
    let (Action::List(wanted) | Action::Groups(wanted)) = &args.action;
    let scope = AlertScope {
        clusters: cluster_ids(&client, &wanted.clusters).await?,
        filters: wanted.filters.clone(),
        without_silenced: wanted.unsilenced,
        without_inhibited: wanted.unsilenced,
    };
    let complete = match args.action {
        Action::List(_) => {
            let found = client.alerts(&scope).await?;
            show(output, &found, list)?;
            found.gaps.is_empty()
        }
        Action::Groups(_) => {
            let found = client.alert_groups(&scope).await?;
            show(output, &found, groups)?;
            found.gaps.is_empty()
        }
    };
    // An answer with gaps is incomplete; a script that does not look must still notice.
    Ok(ExitCode::from(u8::from(!complete)))
}

fn list(found: &AlertList) -> String {
    let list = if found.alerts.is_empty() {
        "No alerts.".to_owned()
    } else {
        alerts(&found.alerts)
    };
    list + &gaps(&found.gaps)
}

fn groups(found: &AlertGroups) -> String {
    let parts: Vec<String> = found.groups.iter().map(group).collect();
    let list = if parts.is_empty() {
        "No alerts.".to_owned()
    } else {
        parts.join("\n\n")
    };
    list + &gaps(&found.gaps)
}

fn group(group: &AlertGroup) -> String {
    let labels: Vec<String> = group.labels.iter().map(pair).collect();
    format!(
        "{} {{{}}} → {}\n{}",
        group.cluster,
        labels.join(","),
        plain(&group.receiver),
        alerts(&group.alerts)
    )
}

fn alerts(alerts: &[Alert]) -> String {
    let headings = ["CLUSTER", "SINCE", "STATE", "SEVERITY", "ALERT", "ABOUT"];
    table(headings, alerts.iter().map(row))
}

/// Labels with a place of their own, or that say nothing of what the alert is about.
const ELSEWHERE: [&str; 4] = ["alertname", "severity", "cluster", "prometheus"];

fn row(alert: &Alert) -> [String; 6] {
    let label = |name: &str| {
        alert
            .labels
            .get(name)
            .map_or_else(|| "-".to_owned(), |it| plain(it))
    };
    let about = alert
        .labels
        .iter()
        .filter(|(name, _)| !ELSEWHERE.contains(&name.as_str()));
    let about: Vec<String> = about.map(pair).collect();
    [
        alert.cluster.clone(),
        time(alert.starts_at),
        alert.state.clone(),
        label("severity"),
        label("alertname"),
        about.join(" "),
    ]
}

fn pair((name, value): (&String, &String)) -> String {
    format!("{name}={}", plain(value))
}
