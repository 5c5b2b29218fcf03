//! Watches: what is evaluated on a schedule, and what its series mean.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::analysis::Sensitivity;
use crate::entity::EntityKind;
use crate::ids::WatchId;

/// What kind of signal a series is: the four golden signals of the SRE book, and what lies below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalRole {
    /// How long requests take.
    Latency,
    /// How many requests there are.
    Traffic,
    /// How many of them fail.
    Errors,
    /// How full or queued something is: pressure, throttling, connections.
    Saturation,
    /// How much of a resource is used: CPU, memory, disk, network.
    Resource,
    /// Whether something runs as it should: restarts, missing replicas.
    Availability,
    /// Time synchronisation.
    Clock,
    /// Network interfaces and virtual functions.
    Nic,
    /// GPUs.
    Gpu,
}

/// What of a machine a signal is about, where it is about one thing only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// Processor time.
    Cpu,
    /// Main memory.
    Memory,
    /// Disks and what is read from them.
    Disk,
}

/// Which direction of a deviation is bad news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Only more than usual.
    Up,
    /// Only less than usual.
    Down,
    /// Either.
    Both,
}

/// How the labels of a watch's series name an entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// What the series are about.
    pub kind: EntityKind,
    /// The label that holds the namespace, where there is one.
    pub namespace_label: Option<String>,
    /// The labels whose values, joined by `/`, are the name; see [`crate::Entity`] for the forms.
    pub name_labels: Vec<String>,
}

/// A query evaluated on a schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// Unique name.
    pub id: WatchId,
    /// What it measures, for people: `request latency p95`.
    pub title: String,
    /// `PromQL`; each resulting series is judged on its own.
    pub query: String,
    /// Unit of the values.
    pub unit: String,
    /// What its series are about.
    pub subject: Subject,
    /// What kind of signal they are.
    pub role: SignalRole,
    /// Which resource they are about, if one.
    #[serde(default)]
    pub resource: Option<Resource>,
    /// Which deviations count.
    pub direction: Direction,
    /// The smallest absolute deviation that matters to anybody, in `unit`; guards against calling
    /// a change from 0.1 ms to 0.2 ms an incident.
    pub least_deviation: f64,
    /// How readily.
    pub sensitivity: Sensitivity,
    /// Whether users feel it: only such an anomaly opens an investigation by itself.
    pub symptom: bool,
    /// How much history the judgement rests on.
    pub lookback: SignedDuration,
    /// Resolution.
    pub step: SignedDuration,
}
