//! Which change brought trouble about, or none.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::investigation::{Confidence, Reason};

/// Which change brought the trouble of an investigation about, or none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attribution {
    /// What is concluded.
    pub blame: Blame,
    /// The changes that could have done it, likeliest first; at most five.
    pub suspects: Vec<SuspectChange>,
    /// How likely it is that no change did.
    pub otherwise: Confidence,
    /// What speaks for that, and what against.
    pub otherwise_reasons: Vec<Reason>,
}

impl Attribution {
    /// The likeliest change, where it is likelier than that no change did it, whether or not that
    /// is enough to say so.
    pub fn likeliest(&self) -> Option<&SuspectChange> {
        let first = self.suspects.first()?;
        (first.confidence.0 > self.otherwise.0).then_some(first)
    }
}

/// What an attribution concludes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blame {
    /// The first suspect did it.
    Change,
    /// No change did it: something else explains the trouble better.
    NoChange,
    /// The evidence does not tell.
    Undecided,
}

/// A change that could have brought the trouble about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SuspectChange {
    /// The change.
    pub change: Change,
    /// The commit's id, where it is one or brought one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Since when it runs, as far as is known.
    pub live_at: Timestamp,
    /// How likely it is that it did it.
    pub confidence: Confidence,
    /// Why, and why not.
    pub reasons: Vec<Reason>,
}
