//! Alerts and silences, as Alertmanager means them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::ClusterId;
use crate::query::Selection;
use crate::series::Labels;

/// What becomes of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertState {
    /// It is told of.
    Active,
    /// A silence or another alert keeps it quiet.
    Suppressed,
    /// It has just come.
    Unprocessed,
}

impl AlertState {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suppressed => "suppressed",
            Self::Unprocessed => "unprocessed",
        }
    }
}

/// An alert that an Alertmanager holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Where it was read.
    pub cluster: ClusterId,
    /// What it is known by: a hash of its labels.
    pub fingerprint: String,
    /// What it is about.
    pub labels: Labels,
    /// What is said of it.
    pub annotations: Labels,
    /// What becomes of it.
    pub state: AlertState,
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
    /// Where it comes from; empty where that is not said.
    pub generator_url: String,
    /// Who is told of it.
    pub receivers: Vec<String>,
}

/// Alerts that are told of together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertGroup {
    /// Where it was read.
    pub cluster: ClusterId,
    /// The labels that its alerts have in common, by which they are grouped.
    pub labels: Labels,
    /// Who is told of it.
    pub receiver: String,
    /// Its alerts.
    pub alerts: Vec<Alert>,
}

/// A condition on a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matcher {
    /// The label.
    pub name: String,
    /// Its value, or a pattern (RE2) that the whole value matches.
    pub value: String,
    /// Whether the value is a pattern.
    pub is_regex: bool,
    /// Whether it must match, or must not.
    pub is_equal: bool,
}

/// Whether a silence keeps anything quiet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SilenceState {
    /// It does.
    Active,
    /// It will.
    Pending,
    /// It did.
    Expired,
}

impl SilenceState {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Expired => "expired",
        }
    }
}

/// A silence that an Alertmanager holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// Where it was read.
    pub cluster: ClusterId,
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
    /// Whether it keeps anything quiet.
    pub state: SilenceState,
}

/// A silence to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSilence {
    /// Which alerts it keeps quiet.
    pub matchers: Vec<Matcher>,
    /// From when on.
    pub starts_at: Timestamp,
    /// Until when.
    pub ends_at: Timestamp,
    /// Why.
    pub comment: String,
}

/// A question for alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertQuery {
    /// Which clusters.
    pub clusters: Selection,
    /// Conditions on labels, all of which hold.
    pub matchers: Vec<Matcher>,
    /// With those that a silence keeps quiet.
    pub silenced: bool,
    /// With those that another alert keeps quiet.
    pub inhibited: bool,
}

/// Whether an alert fires, as a notification says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Firing {
    /// It does.
    Firing,
    /// It does no more.
    Resolved,
}

/// An alert that an Alertmanager told us of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedAlert {
    /// What it is known by.
    pub fingerprint: String,
    /// What it is about.
    pub labels: Labels,
    /// Whether it fires.
    pub firing: Firing,
    /// Since when it fires, or did.
    pub starts_at: Timestamp,
}

/// What a notification changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Received {
    /// Alerts that began to fire.
    pub firing: u32,
    /// Alerts that fire no more.
    pub resolved: u32,
    /// Alerts that were known to be so.
    pub known: u32,
    /// Events that tell of it. Beyond a number in each minute nothing is told but that there is
    /// more.
    pub events: u32,
}
