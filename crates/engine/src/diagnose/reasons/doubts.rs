//! What speaks against a candidate beside its lateness and what it does not explain.

use fleetscope_model::{Reason, Stance};

use super::{EXPLAINED, reason};
use crate::diagnose::case::Case;
use crate::diagnose::mechanism::deviation;
use crate::diagnose::things::Thing;
use crate::diagnose::weigh::Weighed;
use crate::phrase;

/// Deviations of it that can have come from elsewhere.
pub(super) fn explained_away(case: &Case<'_>, candidate: &Weighed<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut by: Vec<Thing> = Vec::new();
    for own in &candidate.own {
        let Some(edge) = own.by.filter(|_| own.explained >= EXPLAINED) else {
            continue;
        };
        let cause = &case.seen[edge.cause];
        if by.contains(&cause.thing) || by.len() == 2 {
            continue;
        }
        by.push(cause.thing);
        let what = &case.seen[own.observation].anomaly.signal;
        let text = if cause.thing == candidate.thing {
            format!("Its {what} can come from its load: {}.", deviation(cause))
        } else {
            let whose = case.things.entity(cause.thing);
            format!("Its {what} can come from {whose}: {}.", deviation(cause))
        };
        let evidence = case.evidence([own.observation, edge.cause]);
        reasons.push(reason(Stance::Against, text, evidence));
    }
    reasons
}

/// That something else began at the same time, and nothing known connects the two.
pub(super) fn alike(case: &Case<'_>, candidate: &Weighed<'_>) -> Option<Reason> {
    let other = candidate.support.alike?;
    let own = candidate.own.first()?.observation;
    let text = format!(
        "{} of {} is wrong since the same time, and nothing known connects the two: something that both \
         depend on may not be known.",
        case.seen[other].anomaly.signal,
        case.things.entity(case.seen[other].thing),
    );
    Some(reason(Stance::Against, text, case.evidence([own, other])))
}

/// That the order of what happened in two clusters tells nothing of it.
pub(super) fn clocks(case: &Case<'_>, candidate: &Weighed<'_>) -> Option<Reason> {
    let here = case.things.entity(candidate.thing).cluster;
    let own = candidate.own.first()?.observation;
    let (index, symptom) = case.symptoms().find(|(_, s)| {
        let theirs = case.things.entity(s.thing).cluster;
        case.graph.skew().between(here, theirs)
    })?;
    let text = format!(
        "When it began says nothing beside {}: between these clusters callers seem to be troubled \
         before what they call, so that their clocks differ.",
        case.things.entity(symptom.thing),
    );
    Some(reason(Stance::Against, text, case.evidence([own, index])))
}

/// Gaps in the view on it, and trouble that is over.
pub(super) fn doubts(case: &Case<'_>, candidate: &Weighed<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let Some(own) = candidate.own.first() else {
        return reasons;
    };
    let entity = case.things.entity(candidate.thing);
    let mut gaps: Vec<_> = case
        .input
        .gaps
        .iter()
        .filter(|gap| gap.cluster == entity.cluster)
        .collect();
    gaps.sort();
    if let (Some(gap), true) = (gaps.first(), candidate.sight < 1.0) {
        let what = gap.source.title();
        let more = if gaps.len() > 1 {
            format!(" and {} more", gaps.len() - 1)
        } else {
            String::new()
        };
        let text = format!(
            "Not everything could be read there: {what}{more} ({}).",
            gap.detail
        );
        reasons.push(reason(
            Stance::Against,
            text,
            case.evidence([own.observation]),
        ));
    }
    let o = &case.seen[own.observation];
    if !o.anomaly.ongoing {
        let end = phrase::clock(o.anomaly.end);
        let text = format!("Its {} was back to normal after {end}.", o.anomaly.signal);
        reasons.push(reason(
            Stance::Against,
            text,
            case.evidence([own.observation]),
        ));
    }
    reasons
}
