//! The things of the graph.

use std::collections::BTreeSet;

use fleetscope_model::{CausalGraph, CausalNode, CausalPart, Severity, Verdict};

use crate::diagnose::blast::farthest;
use crate::diagnose::case::Case;
use crate::diagnose::things::Thing;
use crate::diagnose::weigh::{REACHED, Weighed};

/// A candidate below this is no suspect.
const SUSPECT: f64 = 0.1;

/// Which of the members are shown: all, or the worst where there are too many.
pub(crate) fn shown(
    case: &Case<'_>,
    members: &BTreeSet<Thing>,
    others: &BTreeSet<Thing>,
) -> BTreeSet<Thing> {
    let mut all: Vec<Thing> = members.union(others).copied().collect();
    if all.len() > CausalGraph::MOST_NODES {
        all.sort_by_key(|thing| (std::cmp::Reverse(worst(case, *thing)), *thing));
        all.truncate(CausalGraph::MOST_NODES);
    }
    all.into_iter().collect()
}

fn worst(case: &Case<'_>, thing: Thing) -> Option<Severity> {
    let own = case.graph.observations(thing).iter();
    own.map(|index| case.seen[*index].anomaly.severity).max()
}

/// The nodes, earliest onset first.
pub(crate) fn nodes(
    case: &Case<'_>,
    concluded: (&[Weighed<'_>], &Verdict),
    causes: &BTreeSet<Thing>,
    shown: &BTreeSet<Thing>,
) -> Vec<CausalNode> {
    let mut nodes: Vec<CausalNode> = shown
        .iter()
        .filter_map(|thing| node(case, concluded, causes, *thing))
        .collect();
    nodes.sort_by(|a, b| (a.onset, &a.entity).cmp(&(b.onset, &b.entity)));
    nodes
}

fn node(
    case: &Case<'_>,
    concluded: (&[Weighed<'_>], &Verdict),
    causes: &BTreeSet<Thing>,
    thing: Thing,
) -> Option<CausalNode> {
    let own = case.graph.observations(thing);
    let first = &case.seen[*own.first()?];
    Some(CausalNode {
        entity: case.things.entity(thing).clone(),
        onset: first.onset.at,
        onset_within: first.onset.within,
        severity: worst(case, thing)?,
        part: if causes.contains(&thing) {
            CausalPart::Cause
        } else {
            part(case, concluded, thing)
        },
        evidence: case.evidence(own.iter().copied()),
    })
}

fn part(
    case: &Case<'_>,
    (weighed, verdict): (&[Weighed<'_>], &Verdict),
    thing: Thing,
) -> CausalPart {
    let place = weighed.iter().position(|w| w.thing == thing);
    let suspect = place.is_some_and(|place| weighed[place].confidence >= SUSPECT);
    let is_felt = case.symptoms().any(|(_, s)| s.thing == thing);
    let top = weighed.first();
    let reached = top.is_some_and(|top| farthest(case, top, thing) >= REACHED);
    match place {
        Some(0) if *verdict == Verdict::Cause => CausalPart::Cause,
        Some(_) if suspect => CausalPart::Suspect,
        _ if is_felt => CausalPart::Symptom,
        _ if reached => CausalPart::Affected,
        _ => CausalPart::Apart,
    }
}
