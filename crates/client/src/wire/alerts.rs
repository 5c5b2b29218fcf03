//! Alerts, silences, and what Alertmanagers notify us of.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::analysis::Gap;

/// An alert that an Alertmanager holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Alert {
    /// The cluster's name.
    pub cluster: String,
    /// What it is known by.
    pub fingerprint: String,
    /// What it is about, with `cluster` added.
    pub labels: BTreeMap<String, String>,
    /// What is said of it.
    pub annotations: BTreeMap<String, String>,
    /// `active`, `suppressed` or `unprocessed`.
    pub state: String,
    /// The silences that keep it quiet.
    pub silenced_by: Vec<String>,
    /// The alerts that keep it quiet.
    pub inhibited_by: Vec<String>,
    /// Since when it fires.
    pub starts_at: Timestamp,
    /// When it ends by itself, if it is not sent again.
    pub ends_at: Timestamp,
    /// When it was last sent.
    pub updated_at: Timestamp,
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub generator_url: String,
    /// Who is told of it.
    pub receivers: Vec<String>,
}

/// Alerts of many clusters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertList {
    /// By cluster, the longest firing first.
    pub alerts: Vec<Alert>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// Alerts that are told of together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertGroup {
    /// The cluster's name.
    pub cluster: String,
    /// The labels by which its alerts are grouped.
    pub labels: BTreeMap<String, String>,
    /// Who is told of it.
    pub receiver: String,
    /// Its alerts, as far as you may see them.
    pub alerts: Vec<Alert>,
}

/// Groups of alerts of many clusters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertGroups {
    /// By cluster, as its Alertmanager has them.
    pub groups: Vec<AlertGroup>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

const fn yes() -> bool {
    true
}

/// A condition on a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Matcher {
    /// The label.
    #[schema(max_length = 1000, pattern = "^[a-zA-Z_][a-zA-Z0-9_]*$")]
    pub name: String,
    /// Its value, or a pattern (RE2) that the whole value matches.
    #[schema(max_length = 1000)]
    pub value: String,
    /// Whether the value is a pattern.
    #[serde(default)]
    pub is_regex: bool,
    /// Whether it must match; else it must not.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub is_equal: bool,
}

/// A silence that an Alertmanager holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Silence {
    /// The cluster's name.
    pub cluster: String,
    /// The cluster's id.
    pub cluster_id: Uuid,
    /// Its id.
    pub id: String,
    /// Which alerts it keeps quiet: those for which all of these hold.
    pub matchers: Vec<Matcher>,
    /// From when on.
    pub starts_at: Timestamp,
    /// Until when.
    pub ends_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// Why.
    pub comment: String,
    /// `active`, `pending` or `expired`.
    pub state: String,
}

/// Silences of many clusters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SilenceList {
    /// By cluster, those that keep something quiet first.
    pub silences: Vec<Silence>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// A silence to be made, in your name. Give its end or its length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSilence {
    /// The cluster's id.
    pub cluster: Uuid,
    /// Which alerts it keeps quiet.
    #[schema(min_items = 1, max_items = 32)]
    pub matchers: Vec<Matcher>,
    /// From when on; now where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Timestamp>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// For how long: `2h`.
    #[schema(example = "2h", max_length = 50)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// Why.
    #[schema(min_length = 1, max_length = 1000)]
    pub comment: String,
}

/// A notification of an Alertmanager: its webhook, version 4. Fields that are not named here are
/// passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlertNotification {
    /// `4`.
    #[schema(max_length = 20)]
    pub version: String,
    /// What its alerts are grouped by.
    #[schema(max_length = 16_384)]
    pub group_key: String,
    /// Alerts that were left out of it because there were too many.
    #[serde(default)]
    pub truncated_alerts: u64,
    /// Its alerts.
    #[schema(max_items = 10_000)]
    pub alerts: Vec<NotifiedAlert>,
}

/// An alert of a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotifiedAlert {
    /// Whether it fires.
    pub status: NotifiedStatus,
    /// What it is about.
    pub labels: BTreeMap<String, String>,
    /// Since when it fires, or did.
    pub starts_at: Timestamp,
    /// What it is known by.
    #[schema(min_length = 1, max_length = 64, pattern = "^[0-9a-f]+$")]
    pub fingerprint: String,
}

/// Whether an alert fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotifiedStatus {
    /// It does.
    Firing,
    /// It does no more.
    Resolved,
}

/// What a notification changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceivedAlerts {
    /// Alerts that began to fire.
    pub firing: u32,
    /// Alerts that fire no more.
    pub resolved: u32,
    /// Alerts that were known to be so.
    pub known: u32,
    /// Events that tell of it.
    pub events: u32,
}
