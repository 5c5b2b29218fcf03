//! Whether what was found is what was injected.

use std::fmt;

use fleetscope_client::wire::{Candidate, Investigation, Verdict};
use fleetscope_sim::{EntityName, Truth};

/// From this confidence on a wrong answer is a confident one: what the narrator calls high.
const CONFIDENT: f64 = 0.8;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// The first cause is the injected one; or nothing was injected and nothing found.
    Right,
    /// Something was found to be wrong, and no cause was claimed.
    Abstained,
    /// Something was injected and nothing was noticed in time.
    Missed,
    /// Another cause was claimed, or one where nothing was wrong.
    Wrong,
    /// The same, with high confidence.
    ConfidentlyWrong,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Right => "right",
            Self::Abstained => "abstained",
            Self::Missed => "missed",
            Self::Wrong => "wrong",
            Self::ConfidentlyWrong => "confidently wrong",
        })
    }
}

/// The investigation that counts: of those that watches opened, the latest that claims a cause;
/// else the latest that finds something wrong; else none.
pub(crate) fn deciding(investigations: &[Investigation]) -> Option<&Investigation> {
    let by_watch = || {
        investigations
            .iter()
            .filter(|found| found.origin == "watch")
    };
    let claiming = |verdict| by_watch().find(move |found| found.verdict == Some(verdict));
    claiming(Verdict::Cause).or_else(|| claiming(Verdict::InsufficientEvidence))
}

/// How the run ended.
pub(crate) fn judge(truth: Option<&Truth>, found: Option<&Investigation>) -> Outcome {
    let Some(found) = found else {
        return if truth.is_some() {
            Outcome::Missed
        } else {
            Outcome::Right
        };
    };
    let claim = found
        .causes
        .first()
        .filter(|_| found.verdict == Some(Verdict::Cause));
    let wrong = |claim: &Candidate| {
        if claim.confidence >= CONFIDENT {
            Outcome::ConfidentlyWrong
        } else {
            Outcome::Wrong
        }
    };
    match (truth, claim) {
        (Some(_), None) => Outcome::Abstained,
        // Nothing was wrong: raising an alarm is an error, however carefully it is worded.
        (None, None) => Outcome::Wrong,
        (Some(truth), Some(claim)) if is_meant(truth, claim, found) => Outcome::Right,
        (_, Some(claim)) => wrong(claim),
    }
}

fn is_meant(truth: &Truth, claim: &Candidate, found: &Investigation) -> bool {
    let cluster = found.clusters.get(&claim.entity.cluster);
    let is = |meant: &EntityName| {
        meant.kind.replace('-', "_") == claim.entity.kind
            && meant.name == claim.entity.name
            && (meant.namespace.is_none()
                || claim.entity.namespace.is_none()
                || meant.namespace == claim.entity.namespace)
    };
    cluster.is_some_and(|cluster| *cluster == truth.cluster)
        && std::iter::once(&truth.entity).chain(&truth.also).any(is)
}
