//! Whom a cause affects, and whom it can still affect.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::entity::Entity;
use crate::ids::EvidenceId;

/// How far trouble has got from a cause, and how far it can get.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlastRadius {
    /// What stands out and is reached by the trouble of the cause, nearest first; at most
    /// [`Self::MOST`].
    pub affected: Vec<Impact>,
    /// What depends on the cause, or on what is affected, and does not stand out, nearest first; at
    /// most [`Self::MOST`].
    pub at_risk: Vec<Impact>,
    /// How many more are affected and not told of.
    #[serde(default)]
    pub more_affected: u32,
    /// How many more are at risk and not told of.
    #[serde(default)]
    pub more_at_risk: u32,
}

impl BlastRadius {
    /// So many of each kind are told of.
    pub const MOST: usize = 100;
}

/// One thing that trouble has reached, or can reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impact {
    /// What.
    pub entity: Entity,
    /// The way from the cause, which comes first, to the thing itself, which comes last. Empty where
    /// the way may not be told.
    pub path: Vec<Hop>,
    /// What of it stands out, what goes on first; empty where it is at risk. A few at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<Felt>,
}

impl Impact {
    /// Hops from the cause; none where the way may not be told.
    pub fn distance(&self) -> Option<usize> {
        self.path.len().checked_sub(1)
    }

    /// Whether trouble of it goes on.
    pub fn goes_on(&self) -> bool {
        self.signals.iter().any(|signal| signal.ongoing)
    }
}

/// One thing on the way of trouble.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// What.
    pub entity: Entity,
    /// What the thing before has to do with it, as a verb: `is called by`, `hosts`; empty for the
    /// first.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub via: String,
}

/// One signal by which trouble is felt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Felt {
    /// What is measured: `request latency p95`.
    pub signal: String,
    /// Since when it stands out.
    pub since: Timestamp,
    /// Whether it does to the end of the window.
    pub ongoing: bool,
    /// The reading.
    pub evidence: EvidenceId,
}
