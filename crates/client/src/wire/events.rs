//! The event log.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something that happened in Fleetscope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// Its place in the log: grows, without reuse.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened: `investigation.opened`, `anomaly.detected`, `cluster.created`…
    #[schema(example = "investigation.opened")]
    pub kind: String,
    /// The id of what it happened to.
    pub subject: String,
    /// Who did it.
    pub actor: String,
    /// One line for people.
    pub summary: String,
}
