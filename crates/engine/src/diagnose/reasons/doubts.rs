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
        let text = format!(
            "Its {} can come from {}: {}.",
            case.seen[own.observation].anomaly.signal,
            case.things.entity(cause.thing),
            deviation(cause),
        );
        let evidence = case.evidence([own.observation, edge.cause]);
        reasons.push(reason(Stance::Against, text, evidence));
    }
    reasons
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
