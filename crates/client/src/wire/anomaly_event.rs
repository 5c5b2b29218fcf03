//! Anomalies that belong together.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::analysis::{Entity, Severity};

/// Anomalies of one analysis that move together, told as one. An anomaly that belongs to no other is
/// an event by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
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
    /// The highest of the members'; absent where none has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// What the members are about, in the order in which it was first unusual.
    pub entities: Vec<Entity>,
    /// The ids of the clusters that these live in.
    pub clusters: Vec<Uuid>,
    /// The members: places in `anomalies`, counted from 0, the earliest first.
    pub members: Vec<u32>,
    /// What holds the members together.
    pub ties: Vec<AnomalyTie>,
    /// Why they belong together; for a single member, why it is unusual.
    pub why: String,
}

/// Why anomalies of two entities, or of one, are told as one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AnomalyTie {
    /// One of the two.
    pub from: Entity,
    /// The other; the same for two signals of one entity.
    pub to: Entity,
    /// How `from` depends on `to`: `calls`, `runs_on`, `owns`, `uses` or `part_of`; absent where
    /// they are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Rank correlation of two of their series around the anomalies, -1 to 1; absent where too few
    /// readings were at the same times to tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<f64>,
}
