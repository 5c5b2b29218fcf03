//! Anomalies that belong together.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::analysis::Severity;
use crate::entity::{EdgeKind, Entity};
use crate::ids::ClusterId;

/// Anomalies of one analysis that move together, told as one. An anomaly that belongs to no other is
/// an event by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnomalyEvent {
    /// First unusual sample of any member.
    pub start: Timestamp,
    /// Last unusual sample of any member.
    pub end: Timestamp,
    /// Whether any member goes on.
    pub ongoing: bool,
    /// When the worst of the members was farthest from its band.
    pub peak_at: Timestamp,
    /// That of the worst of the members.
    pub severity: Severity,
    /// The highest of the members'; none where none has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// What the members are about, each once, in the order in which it was first unusual, which is no
    /// claim about the cause.
    pub entities: Vec<Entity>,
    /// The clusters that the entities live in, sorted.
    pub clusters: Vec<ClusterId>,
    /// The members by their places in the analysis' anomalies, the earliest first.
    pub members: Vec<usize>,
    /// What holds the members together.
    pub ties: Vec<Tie>,
    /// Why they belong together, in a sentence; for a single member, why it is unusual.
    pub why: String,
}

/// Why anomalies of two entities, or of one, are told as one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tie {
    /// One of the two.
    pub from: Entity,
    /// The other; the same for two signals of one entity.
    pub to: Entity,
    /// How `from` depends on `to`; none where they are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<EdgeKind>,
    /// Rank correlation of two of their series around the anomalies, −1 to 1; none where too few
    /// readings were at the same times to tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<f64>,
}
