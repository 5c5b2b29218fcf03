//! What speaks for a candidate, and what against it, each with its evidence.

mod doubts;
mod witnesses;

use fleetscope_model::{EvidenceId, Reason, Stance};

use super::case::{Case, cite};
use super::mechanism::deviation;
use super::observe::{in_minutes, minutes_between};
use super::support::Peers;
use super::things::Thing;
use super::weigh::{REACHED, Weighed};
use crate::phrase;

/// Deviations that are told one by one.
const TOLD: usize = 3;
/// From this on a deviation counts as explained by something else.
pub(super) const EXPLAINED: f64 = 0.5;

/// Every reason, those for it first.
pub(crate) fn reasons(case: &Case<'_>, candidate: &Weighed<'_>) -> Vec<Reason> {
    let mut reasons = deviations(case, candidate);
    reasons.extend(change(case, candidate));
    reasons.extend(order(case, candidate));
    reasons.extend(coverage(case, candidate));
    reasons.extend(structure(case, candidate));
    reasons.extend(witnesses::witnesses(case, candidate));
    reasons.extend(doubts::explained_away(case, candidate));
    reasons.extend(doubts::alike(case, candidate));
    reasons.extend(doubts::clocks(case, candidate));
    reasons.extend(doubts::doubts(case, candidate));
    reasons.retain(|reason| !reason.evidence.is_empty());
    reasons.sort_by_key(|reason| reason.stance);
    reasons
}

pub(crate) fn reason(stance: Stance, text: String, evidence: Vec<EvidenceId>) -> Reason {
    Reason {
        stance,
        text,
        evidence,
    }
}

fn deviations(case: &Case<'_>, candidate: &Weighed<'_>) -> Vec<Reason> {
    let own = candidate
        .own
        .iter()
        .filter(|own| own.explained < EXPLAINED && own.value > 0.0);
    own.take(TOLD)
        .map(|own| {
            let o = &case.seen[own.observation];
            let since = phrase::clock(o.onset.at);
            let text = format!("Its {}, since {since}.", deviation(o));
            reason(Stance::For, text, case.evidence([own.observation]))
        })
        .collect()
}

fn order(case: &Case<'_>, candidate: &Weighed<'_>) -> Option<Reason> {
    let (index, first) = case
        .symptoms()
        .filter(|(_, s)| s.thing != candidate.thing)
        .filter(|(_, s)| {
            let theirs = case.things.entity(s.thing).cluster;
            let skew = case.graph.skew();
            !skew.between(theirs, case.things.entity(candidate.thing).cluster)
        })
        .min_by_key(|(_, s)| (s.latest(), s.onset.at))?;
    let unsure = in_minutes(candidate.within.saturating_add(first.onset.within));
    let lead = minutes_between(candidate.onset, first.onset.at);
    let own = candidate.own.first()?.observation;
    let evidence = case.evidence([own, index]);
    let whose = case.things.entity(first.thing);
    let distance = phrase::span(first.onset.at.duration_since(candidate.onset));
    if lead > unsure {
        let text = format!("It began {distance} before the first symptom elsewhere, at {whose}.");
        Some(reason(Stance::For, text, evidence))
    } else if candidate.early < 0.7 {
        let text = format!("It began only {distance} after the first symptom, at {whose}.");
        Some(reason(Stance::Against, text, evidence))
    } else {
        None
    }
}

fn coverage(case: &Case<'_>, candidate: &Weighed<'_>) -> Vec<Reason> {
    let (reached, missed): (Vec<usize>, Vec<usize>) = case
        .incident
        .symptoms
        .iter()
        .partition(|index| candidate.reach[**index] >= REACHED);
    let all = case.incident.symptoms.len();
    let mut reasons = Vec::new();
    if !reached.is_empty() {
        let of = phrase::entities(
            distinct(case, &reached)
                .iter()
                .map(|t| case.things.entity(*t)),
        );
        let symptoms = phrase::count(all, "symptom");
        let text = format!(
            "Its trouble reaches {} of {symptoms}: those of {of}.",
            reached.len()
        );
        reasons.push(reason(Stance::For, text, case.evidence(reached)));
    }
    if !missed.is_empty() {
        let of = phrase::entities(
            distinct(case, &missed)
                .iter()
                .map(|t| case.things.entity(*t)),
        );
        let text = format!("It does not explain the symptoms of {of}.");
        reasons.push(reason(Stance::Against, text, case.evidence(missed)));
    }
    reasons
}

fn distinct(case: &Case<'_>, observations: &[usize]) -> Vec<Thing> {
    let mut things: Vec<Thing> = observations.iter().map(|o| case.seen[*o].thing).collect();
    things.sort_unstable();
    things.dedup();
    things
}

fn change(case: &Case<'_>, candidate: &Weighed<'_>) -> Option<Reason> {
    if let Some(near) = &candidate.support.change {
        let change = &near.cited.change;
        let distance = phrase::span(candidate.onset.duration_since(change.at));
        let when = if near.minutes_before.abs() < 1.0 {
            "just as its trouble began".to_owned()
        } else if near.minutes_before > 0.0 {
            format!("{distance} before its trouble began")
        } else {
            format!("{distance} after its trouble seems to have begun")
        };
        let text = format!(
            "It was changed {when}: {}.",
            change.summary.trim_end_matches('.')
        );
        return Some(reason(Stance::For, text, vec![near.cited.evidence.clone()]));
    }
    if !case.things.serves(candidate.thing) {
        return None;
    }
    let elsewhere: Vec<&EvidenceId> = case
        .input
        .changes
        .iter()
        .filter(|cited| case.input.window.contains(cited.change.at))
        .map(|cited| &cited.evidence)
        .collect();
    (!elsewhere.is_empty()).then(|| {
        let text = "No change of it was seen before its trouble began.".to_owned();
        reason(Stance::Against, text, cite(elsewhere))
    })
}

fn structure(case: &Case<'_>, candidate: &Weighed<'_>) -> Vec<Reason> {
    let support = &candidate.support;
    let name = |thing: &Thing| case.things.entity(*thing);
    let mut reasons = Vec::new();
    if support.sharers.len() >= 2 {
        let who = phrase::entities(support.sharers.iter().map(name));
        let text = format!("It is what {who} share, and all of them are in trouble.");
        let theirs = support
            .sharers
            .iter()
            .flat_map(|t| case.graph.observations(*t))
            .copied();
        reasons.push(reason(Stance::For, text, case.evidence(theirs)));
    }
    if let Some((
        observation,
        Peers {
            others: others @ 2..,
            alike,
        },
    )) = support.peers
    {
        let signal = &case.seen[observation].anomaly.signal;
        let evidence = case.evidence([observation]);
        if alike * 4 <= others {
            let text = format!(
                "Of the {} measured by {signal}, {} out.",
                others + 1,
                stand(alike + 1)
            );
            reasons.push(reason(Stance::For, text, evidence));
        } else if alike * 5 >= others * 3 && others >= 3 {
            let text = format!("{alike} of its {others} peers stand out in {signal} too.");
            reasons.push(reason(Stance::Against, text, evidence));
        }
    }
    if !support.sound.is_empty() {
        let what = phrase::entities(support.sound.iter().map(name));
        let text = format!("Nothing that it depends on stands out: {what}.");
        let theirs = support.sound.iter().flat_map(|t| case.things.readings(*t));
        reasons.push(reason(Stance::For, text, cite(theirs)));
    }
    reasons
}

fn stand(count: usize) -> String {
    if count == 1 {
        "it alone stands".to_owned()
    } else {
        format!("only {count} stand")
    }
}
