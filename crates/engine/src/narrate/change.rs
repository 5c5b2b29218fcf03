//! Which change did it, in words.

use fleetscope_model::{
    Attribution, Blame, Candidate, Change, ChangeKind, EntityKind, Reason, Stance, SuspectChange,
};

use super::scene::sentence;
use crate::phrase;

/// Told one by one; the findings hold the rest.
const FOR: usize = 4;
const AGAINST: usize = 2;
/// A message is told up to here.
const LONGEST: usize = 100;

/// Which change did it, or none; nothing where the story has said so already.
pub(crate) fn attributed(attribution: Option<&Attribution>, told: Option<&Candidate>) -> String {
    let Some(attribution) = attribution else {
        return String::new();
    };
    match (attribution.blame, attribution.suspects.first()) {
        (Blame::Change, Some(first)) if is_told(first, told) => String::new(),
        (Blame::Change, Some(first)) => blamed(first),
        (Blame::NoChange, _) => nobody(attribution),
        (Blame::Undecided, Some(_)) => undecided(attribution, told),
        (Blame::Change | Blame::Undecided, None) => String::new(),
    }
}

/// The commit or flag that a person would take back, by its name.
pub(crate) fn culprit(attribution: Option<&Attribution>) -> Option<&SuspectChange> {
    let attribution = attribution.filter(|a| a.blame == Blame::Change)?;
    let first = attribution.suspects.first()?;
    let by_name = first.commit.is_some() || first.change.kind == ChangeKind::Flag;
    by_name.then_some(first)
}

fn is_told(suspect: &SuspectChange, told: Option<&Candidate>) -> bool {
    let change = told.and_then(|candidate| candidate.change.as_ref());
    suspect.commit.is_none() && change == Some(&suspect.change)
}

/// `commit 47f38c2266 (“tidy the client”)`, `commit 47f38c2266 of workload a/b`,
/// `flag x: off to on`, `revision 7 of workload a/b`.
pub(crate) fn name(suspect: &SuspectChange) -> String {
    let change = &suspect.change;
    let summary: String = change.summary.chars().take(LONGEST).collect();
    match (&suspect.commit, change.kind, &change.revision) {
        (Some(_), ChangeKind::Commit, _) if is_of_something(change) => {
            format!("{} of {}", phrase::revision(change), change.entity)
        }
        (Some(id), ..) => {
            let id: String = id.chars().take(phrase::DIGITS).collect();
            format!("commit {id} (“{summary}”)")
        }
        (None, ChangeKind::Flag, _) => summary,
        (None, ChangeKind::Rollout, Some(revision)) => {
            format!("revision {revision} of {}", change.entity)
        }
        _ => format!("the change of {} ({summary})", change.entity),
    }
}

/// Whether a commit is told of what it runs in.
fn is_of_something(change: &Change) -> bool {
    change.entity.kind != EntityKind::Cluster
}

fn some(reasons: &[Reason], stance: Stance, most: usize) -> Vec<String> {
    let of_stance = reasons.iter().filter(|reason| reason.stance == stance);
    of_stance.take(most).map(sentence).collect()
}

fn blamed(first: &SuspectChange) -> String {
    let mut sentences = some(&first.reasons, Stance::For, FOR);
    let against = some(&first.reasons, Stance::Against, AGAINST);
    if !against.is_empty() {
        sentences.push(format!("Against it: {}", against.join(" ")));
    }
    let brought = match first.change.kind {
        ChangeKind::Commit if is_of_something(&first.change) => {
            format!(" It was {}.", first.change.summary)
        }
        _ => String::new(),
    };
    format!(
        "What was changed: {}, at {:.0} %.{brought} {}",
        name(first),
        first.confidence.0 * 100.0,
        sentences.join(" ")
    )
}

fn nobody(attribution: &Attribution) -> String {
    let reasons = some(&attribution.otherwise_reasons, Stance::For, FOR);
    if reasons.is_empty() {
        return String::new();
    }
    format!(
        "No change is to blame, at {:.0} %: {}",
        attribution.otherwise.0 * 100.0,
        reasons.join(" ")
    )
}

fn undecided(attribution: &Attribution, told: Option<&Candidate>) -> String {
    // A neighbour's rollout of which nothing is known is no news beside a cause that was found.
    let near = |s: &&SuspectChange| {
        let known = s.commit.is_some() || s.change.kind == ChangeKind::Flag;
        known || told.is_none_or(|candidate| candidate.entity == s.change.entity)
    };
    let likely = attribution
        .suspects
        .iter()
        .filter(|s| s.confidence.0 >= 0.1);
    let worth = likely.filter(near);
    let suspects: Vec<&SuspectChange> = worth.take(3).collect();
    if suspects.len() < 2 && suspects.iter().all(|suspect| is_told(suspect, told)) {
        return String::new();
    }
    let named: Vec<String> = suspects
        .iter()
        .map(|s| {
            let best = some(&s.reasons, Stance::For, 1);
            format!(
                "{} ({:.0} %): {}",
                name(s),
                s.confidence.0 * 100.0,
                best.join(" ")
            )
        })
        .collect();
    format!(
        "Which change did it, if any, is not settled: {} That none did is {:.0} % likely.",
        named.join(" "),
        attribution.otherwise.0 * 100.0
    )
}
