//! Whether the same has gone wrong before.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::entity::Entity;
use crate::ids::InvestigationId;

/// What kind of trouble findings tell of, without its time, its cluster and its instances: weighted
/// features of which two can be compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// How the features were made; those of different versions can't be compared.
    pub version: u32,
    /// Features and their weights, which are finite and above zero.
    pub features: BTreeMap<String, f64>,
}

/// The fingerprint of an investigation as it is kept for those that come later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptFingerprint {
    /// Whose it is.
    pub investigation: InvestigationId,
    /// When that was opened.
    pub created_at: Timestamp,
    /// To when it looked: what began before that it may have looked at itself.
    pub until: Timestamp,
    /// The fingerprint.
    pub fingerprint: Fingerprint,
}

/// An earlier investigation of the same trouble.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recurrence {
    /// Which.
    pub investigation: InvestigationId,
    /// How alike the two are, 0 to 1.
    pub similarity: f64,
    /// What the earlier one says to whoever reads this: none until it was looked at with the
    /// reader's rights. Never kept.
    #[serde(skip)]
    pub told: Option<Earlier>,
}

/// What an earlier investigation says.
#[derive(Debug, Clone, PartialEq)]
pub struct Earlier {
    /// When it was opened.
    pub created_at: Timestamp,
    /// Where the cause lay, where one was named.
    pub cause: Option<Entity>,
    /// What was wrong there.
    pub mechanism: Option<String>,
    /// How it ended: `the symptoms have ended`.
    pub ended: String,
}
