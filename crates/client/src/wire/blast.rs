//! Whom a cause affects, and whom it can still affect.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::analysis::Entity;

/// How far trouble has got from the first cause, and how far it can get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BlastRadius {
    /// What stands out and is reached by the trouble of the cause, nearest first.
    #[schema(max_items = 100)]
    pub affected: Vec<Impact>,
    /// What depends on the cause, or on what is affected, and does not stand out, nearest first.
    #[schema(max_items = 100)]
    pub at_risk: Vec<Impact>,
    /// How many more are affected and not told of.
    pub more_affected: u32,
    /// How many more are at risk and not told of.
    pub more_at_risk: u32,
}

/// One thing that trouble has reached, or can reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Impact {
    /// What.
    pub entity: Entity,
    /// Hops from the cause; absent where the way leads through what you may not see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance: Option<u32>,
    /// The way from the cause, which comes first, to the thing itself; empty where it leads through
    /// what you may not see.
    pub path: Vec<Hop>,
    /// What of it stands out, what goes on first; empty where it is at risk.
    #[schema(max_items = 5)]
    pub signals: Vec<FeltSignal>,
}

/// One thing on the way of trouble.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hop {
    /// What.
    pub entity: Entity,
    /// What the thing before has to do with it, as a verb: `is called by`, `hosts`; absent for the
    /// first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
}

/// One signal by which trouble is felt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FeltSignal {
    /// What is measured: `request latency p95`.
    pub signal: String,
    /// Since when it stands out.
    pub since: Timestamp,
    /// Whether it does to the end of the window.
    pub ongoing: bool,
    /// Id of the evidence.
    pub evidence: String,
}
