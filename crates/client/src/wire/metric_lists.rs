//! What is known of metrics beside their values: series, labels, rules, targets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::analysis::Gap;

/// The labels of the series that match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeriesList {
    /// Labels of each series, with `cluster` added.
    pub series: Vec<BTreeMap<String, String>>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// Names of labels, or values of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MetricLabelList {
    /// Sorted, each once.
    pub values: Vec<String>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// What a metric is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MetricMetadata {
    /// The metric's name.
    pub metric: String,
    /// `counter`, `gauge`, `histogram`, `summary`, … as its targets say.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it tells.
    pub help: String,
    /// Its unit, mostly empty.
    pub unit: String,
}

/// What metrics are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MetadataList {
    /// By name; a metric of which targets say different things is there several times.
    pub metrics: Vec<MetricMetadata>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// An alert that a rule has raised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleAlert {
    /// Its labels, with `cluster` added.
    pub labels: BTreeMap<String, String>,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// `firing` or `pending`.
    pub state: String,
    /// Since when, as the server writes it.
    pub active_at: String,
    /// The value of the rule's expression, as text.
    pub value: String,
}

/// Alerts that rules have raised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RuleAlertList {
    /// By cluster.
    pub alerts: Vec<RuleAlert>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// A rule that records or alerts, as Prometheus writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// `recording` or `alerting`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The name of what it records, or of its alerts.
    pub name: String,
    /// Its expression.
    pub query: String,
    /// Labels that it adds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// `ok`, `err` or `unknown`.
    pub health: String,
    /// The last error, mostly empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub last_error: String,
    /// When it was last evaluated.
    pub last_evaluation: String,
    /// How long that took, in seconds.
    pub evaluation_time: f64,
    /// Of an alerting rule: `firing`, `pending` or `inactive`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Of an alerting rule: for how long its expression has to hold, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<f64>,
    /// Of an alerting rule: for how long it fires on when the expression no longer holds, in
    /// seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_firing_for: Option<f64>,
    /// Of an alerting rule: annotations of its alerts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
    /// Of an alerting rule: its alerts now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alerts: Option<Vec<RuleAlert>>,
}

/// A group of rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuleGroup {
    /// The cluster's name; absent where one cluster is asked in the shapes of Prometheus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The group's name.
    pub name: String,
    /// The file that it is from.
    pub file: String,
    /// How often it is evaluated, in seconds.
    pub interval: f64,
    /// How many series or alerts a rule may give; no bound where it is 0.
    #[serde(default)]
    pub limit: u64,
    /// Its rules.
    pub rules: Vec<Rule>,
}

/// Groups of rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuleList {
    /// By cluster, in the order of its server.
    pub groups: Vec<RuleGroup>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// Something that a Prometheus scrapes, as Prometheus writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// Its labels, with `cluster` added.
    pub labels: BTreeMap<String, String>,
    /// Labels before relabelling.
    pub discovered_labels: BTreeMap<String, String>,
    /// The job.
    pub scrape_pool: String,
    /// Where it is scraped.
    pub scrape_url: String,
    /// `up`, `down` or `unknown`.
    pub health: String,
    /// The last error, mostly empty.
    pub last_error: String,
    /// When it was last scraped.
    pub last_scrape: String,
    /// How long that took, in seconds.
    pub last_scrape_duration: f64,
}

/// What is scraped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TargetList {
    /// By cluster.
    pub targets: Vec<Target>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}
