//! Narration.

use std::collections::BTreeMap;

use fleetscope_model::{ClusterId, Findings};

/// The findings in plain words, a paragraph an item; every claim cites evidence ids in brackets.
pub fn narrate(_findings: &Findings, _clusters: &BTreeMap<ClusterId, String>) -> Vec<String> {
    Vec::new()
}
