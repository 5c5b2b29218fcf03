//! Structure and changes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::analysis::{Entity, Gap};
use super::investigation::Change;

/// One thing's relation to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TopologyEdge {
    /// The dependent, or the whole.
    pub from: Entity,
    /// `calls`, `runs_on`, `owns`, `uses` or `part_of`.
    pub kind: String,
    /// What it depends on, or its part.
    pub to: Entity,
}

/// How things hang together in many clusters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TopologyAnswer {
    /// Sorted, without repeats.
    pub edges: Vec<TopologyEdge>,
    /// What could not be read; an answer with gaps is incomplete and says so.
    pub gaps: Vec<Gap>,
    /// Give this as `cursor` to get the next part; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// What was changed in many clusters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChangeAnswer {
    /// Newest first.
    pub changes: Vec<Change>,
    /// What could not be read; an answer with gaps is incomplete and says so.
    pub gaps: Vec<Gap>,
    /// Give this as `cursor` to get the next part; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
