//! `fleetscope metrics`

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use fleetscope_client::SeriesScope;
use fleetscope_client::wire::{
    MetadataList, MetricLabelList, RuleAlertList, RuleList, SeriesList, TargetList,
};
use jiff::Timestamp;

use crate::cli::Connection;
use crate::commands::whole;
use crate::connection::{client, cluster_ids};
use crate::exit::Failure;
use crate::output::{gaps, show, table};

/// List what there is of metrics in many clusters.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fleetscope metrics series --match 'up{job=\"node\"}'
  fleetscope metrics values namespace --cluster shop
  fleetscope metrics alerts -o json")]
pub(crate) struct Metrics {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Labels of the series that match
    Series(Of),
    /// Names of labels
    Labels(Of),
    /// Values of a label
    Values {
        /// The label
        label: String,
        #[command(flatten)]
        of: Of,
    },
    /// What metrics are
    Metadata {
        /// One metric; all where absent
        metric: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Rules that record and alert
    Rules(Place),
    /// Alerts that rules have raised
    Alerts(Place),
    /// What is scraped
    Targets(Place),
}

/// Where.
#[derive(Debug, Args)]
struct Place {
    #[command(flatten)]
    connection: Connection,
    /// A cluster's name or id; may be repeated; all where absent
    #[arg(long = "cluster", value_name = "CLUSTER")]
    clusters: Vec<String>,
}

/// Where, and which series.
#[derive(Debug, Args)]
struct Of {
    #[command(flatten)]
    place: Place,
    /// A selector, of which one has to match; may be repeated
    #[arg(long = "match", value_name = "SELECTOR")]
    matches: Vec<String>,
    /// From when: RFC 3339
    #[arg(long, value_name = "TIME")]
    start: Option<Timestamp>,
    /// Until when: RFC 3339
    #[arg(long, value_name = "TIME")]
    end: Option<Timestamp>,
    /// At most so many of each cluster
    #[arg(long, value_name = "COUNT")]
    limit: Option<u32>,
}

pub(crate) async fn run(args: Metrics) -> Result<ExitCode, Failure> {
    match args.command {
        Command::Series(of) => {
            let (client, scope, output) = of.ready().await?;
            let found = client.metric_series(&scope).await?;
            show(output, &found, series)?;
            Ok(whole(&found.gaps))
        }
        Command::Labels(of) => {
            let (client, scope, output) = of.ready().await?;
            let found = client.metric_labels(&scope).await?;
            show(output, &found, labels)?;
            Ok(whole(&found.gaps))
        }
        Command::Values { label, of } => {
            let (client, scope, output) = of.ready().await?;
            let found = client.metric_label_values(&label, &scope).await?;
            show(output, &found, labels)?;
            Ok(whole(&found.gaps))
        }
        Command::Metadata { metric, place } => {
            let (client, ids) = place.ready().await?;
            let found = client.metric_metadata(&ids, metric.as_deref()).await?;
            show(place.connection.output, &found, metadata)?;
            Ok(whole(&found.gaps))
        }
        Command::Rules(place) => {
            let (client, ids) = place.ready().await?;
            let found = client.metric_rules(&ids).await?;
            show(place.connection.output, &found, rules)?;
            Ok(whole(&found.gaps))
        }
        Command::Alerts(place) => {
            let (client, ids) = place.ready().await?;
            let found = client.metric_alerts(&ids).await?;
            show(place.connection.output, &found, alerts)?;
            Ok(whole(&found.gaps))
        }
        Command::Targets(place) => {
            let (client, ids) = place.ready().await?;
            let found = client.metric_targets(&ids).await?;
            show(place.connection.output, &found, targets)?;
            Ok(whole(&found.gaps))
        }
    }
}

impl Place {
    async fn ready(&self) -> Result<(fleetscope_client::Client, Vec<uuid::Uuid>), Failure> {
        let client = client(&self.connection)?;
        let ids = cluster_ids(&client, &self.clusters).await?;
        Ok((client, ids))
    }
}

impl Of {
    async fn ready(
        self,
    ) -> Result<(fleetscope_client::Client, SeriesScope, crate::cli::Output), Failure> {
        let (client, clusters) = self.place.ready().await?;
        let scope = SeriesScope {
            clusters,
            matches: self.matches,
            start: self.start,
            end: self.end,
            limit: self.limit,
        };
        Ok((client, scope, self.place.connection.output))
    }
}

/// `name{label="value"}` without the cluster, which has a column of its own.
fn identity(labels: &BTreeMap<String, String>) -> [String; 2] {
    let name = labels.get("__name__").map_or("", String::as_str);
    let others = labels
        .iter()
        .filter(|(key, _)| *key != "__name__" && *key != "cluster")
        .map(|(key, value)| format!("{key}={value:?}"));
    let others: Vec<_> = others.collect();
    [
        labels.get("cluster").cloned().unwrap_or_default(),
        format!("{name}{{{}}}", others.join(",")),
    ]
}

fn series(found: &SeriesList) -> String {
    let rows = found.series.iter().map(identity);
    table(["CLUSTER", "SERIES"], rows) + &gaps(&found.gaps)
}

fn labels(found: &MetricLabelList) -> String {
    found.values.join("\n") + &gaps(&found.gaps)
}

fn metadata(found: &MetadataList) -> String {
    let rows = found
        .metrics
        .iter()
        .map(|one| [one.metric.clone(), one.kind.clone(), one.help.clone()]);
    table(["METRIC", "TYPE", "HELP"], rows) + &gaps(&found.gaps)
}

fn rules(found: &RuleList) -> String {
    let rows = found.groups.iter().flat_map(|group| {
        group.rules.iter().map(|rule| {
            [
                group.cluster.clone().unwrap_or_default(),
                group.name.clone(),
                rule.name.clone(),
                rule.state.clone().unwrap_or_else(|| rule.kind.clone()),
                rule.health.clone(),
            ]
        })
    });
    table(["CLUSTER", "GROUP", "RULE", "STATE", "HEALTH"], rows) + &gaps(&found.gaps)
}

fn alerts(found: &RuleAlertList) -> String {
    let rows = found.alerts.iter().map(|alert| {
        let [cluster, identity] = identity(&alert.labels);
        [
            cluster,
            alert.state.clone(),
            alert.active_at.clone(),
            identity,
        ]
    });
    table(["CLUSTER", "STATE", "SINCE", "ALERT"], rows) + &gaps(&found.gaps)
}

fn targets(found: &TargetList) -> String {
    let rows = found.targets.iter().map(|target| {
        [
            target.labels.get("cluster").cloned().unwrap_or_default(),
            target.scrape_pool.clone(),
            target.health.clone(),
            target.scrape_url.clone(),
            target.last_error.clone(),
        ]
    });
    table(["CLUSTER", "JOB", "HEALTH", "URL", "ERROR"], rows) + &gaps(&found.gaps)
}
