//! Narration: the findings in plain words.
//!
//! Short paragraphs in a fixed order: what is wrong and since when, why, how it spreads, what speaks
//! against, how sure that is, where to look next. Every claim cites the ids of its evidence in
//! brackets. Nothing is said that the findings do not hold.

mod beside;
mod cause;
mod change;
mod open;
mod recurrence;
mod scene;
mod spread;

use std::collections::BTreeMap;

use fleetscope_model::{ClusterId, Findings, Verdict};

pub use self::recurrence::recurrence;
use self::scene::Scene;

/// The findings in plain words, a paragraph an item; every claim cites evidence ids in brackets.
///
/// `clusters` are the names of the clusters that were looked at; one without a name is left
/// unnamed. Never empty.
pub fn narrate(findings: &Findings, clusters: &BTreeMap<ClusterId, String>) -> Vec<String> {
    let scene = Scene { findings, clusters };
    let paragraphs = match (&findings.verdict, findings.candidates.first()) {
        (Verdict::Cause, Some(top)) => cause::found(&scene, top),
        (Verdict::NothingWrong, _) => open::nothing_wrong(&scene),
        (Verdict::InsufficientEvidence { next_look }, _) => open::abstention(&scene, next_look),
        (Verdict::Cause, None) => open::abstention(&scene, ""),
    };
    paragraphs
        .into_iter()
        .chain(beside::also(&scene))
        .filter(|paragraph| !paragraph.is_empty())
        .collect()
}
