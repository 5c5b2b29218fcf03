//! From weighed candidates to a conclusion, or to the one look that would settle it.

use fleetscope_model::{Candidate, Change, Confidence, Gap, Source, Verdict};

use super::blast::reaches;
use super::case::Case;
use super::mechanism::mechanism;
use super::reasons::reasons;
use super::rounded;
use super::things::Thing;
use super::weigh::{REACHED, Weighed, is_made, share};
use crate::phrase;

/// At most so many candidates are told.
pub(crate) const MOST_CANDIDATES: usize = 10;
/// Two candidates are rivals where the second is at least this likely, compared with the first.
const RIVAL: f64 = 0.5;
/// A change is told with the candidate from this nearness on.
const TOLD: f64 = 0.25;

/// The candidate as it is told.
pub(crate) fn candidate(case: &Case<'_>, weighed: &Weighed<'_>) -> Candidate {
    Candidate {
        entity: case.things.entity(weighed.thing).clone(),
        change: made(weighed).cloned(),
        mechanism: mechanism(case, weighed),
        onset: weighed.onset,
        onset_within: weighed.within,
        confidence: Confidence(rounded(weighed.confidence)),
        explained: rounded(explained(case, weighed)),
        reaches: reaches(case, weighed),
        reasons: reasons(case, weighed),
    }
}

/// Share of the symptoms that it reaches.
fn explained(case: &Case<'_>, weighed: &Weighed<'_>) -> f64 {
    share(case, |symptom| {
        f64::from(u8::from(weighed.reach[symptom] >= REACHED))
    })
}

/// Whether the candidate can be called the cause, as its confidence is told.
pub(crate) fn is_enough(candidate: &Weighed<'_>) -> bool {
    rounded(candidate.confidence) >= Confidence::ENOUGH
}

/// What is concluded from the candidates, likeliest first.
pub(crate) fn verdict(case: &Case<'_>, weighed: &[Weighed<'_>]) -> Verdict {
    let Some(top) = weighed.first() else {
        let symptoms: Vec<Thing> = case.symptoms().map(|(_, s)| s.thing).collect();
        return Verdict::InsufficientEvidence {
            next_look: look_at_symptoms(case, &symptoms),
        };
    };
    if is_enough(top) {
        return Verdict::Cause;
    }
    let rival = weighed
        .get(1)
        .filter(|second| second.confidence >= RIVAL * top.confidence);
    let next_look = blind_spot(case, top)
        .map(look_into_gap)
        .or_else(|| asked_too_often(case, top))
        .or_else(|| unmeasured(case, top).map(|thing| look_upstream(case, top, thing)))
        .or_else(|| rival.and_then(|second| tell_apart(case, top, second)))
        .unwrap_or_else(|| look_at_symptoms(case, &[top.thing]));
    Verdict::InsufficientEvidence { next_look }
}

/// The gap that covers the candidate and would settle it: metrics before changes before the rest.
fn blind_spot<'a>(case: &Case<'a>, top: &Weighed<'_>) -> Option<&'a Gap> {
    // Without the gap it would have been enough.
    if top.sight >= 1.0 || top.confidence / top.sight < Confidence::ENOUGH {
        return None;
    }
    let cluster = case.things.entity(top.thing).cluster;
    let here = case.input.gaps.iter().filter(|gap| gap.cluster == cluster);
    let rank = |source: Source| match source {
        Source::Prometheus => 0,
        Source::Kubernetes => 1,
        _ => 2,
    };
    here.min_by(|a, b| rank(a.source).cmp(&rank(b.source)).then_with(|| a.cmp(b)))
}

fn look_into_gap(gap: &Gap) -> String {
    format!(
        "Make the {} of cluster {} readable and look again: {}",
        gap.source.title(),
        gap.cluster_name,
        gap.detail
    )
}

/// A thing that the candidate or another symptom depends on and that nothing measures: the one that
/// most symptoms share.
fn unmeasured(case: &Case<'_>, top: &Weighed<'_>) -> Option<Thing> {
    let mut below: Vec<Thing> = case.symptoms().map(|(_, s)| s.thing).collect();
    below.push(top.thing);
    below.sort_unstable();
    below.dedup();
    let dark = |thing: Thing| {
        !case.things.is_measured(thing)
            && !case.graph.stands_out(thing)
            && case.things.serves(thing)
    };
    let mut shared: Vec<(usize, Thing)> = Vec::new();
    for thing in below {
        for flow in case
            .graph
            .into(thing)
            .filter(|f| f.way == super::flow::Way::Call)
        {
            match shared.iter_mut().find(|s| s.1 == flow.from) {
                Some(known) => known.0 += 1,
                None if dark(flow.from) => shared.push((1, flow.from)),
                None => {}
            }
        }
    }
    shared.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    shared.first().map(|(_, thing)| *thing)
}

fn look_upstream(case: &Case<'_>, top: &Weighed<'_>, thing: Thing) -> String {
    let (what, top_entity) = (case.things.entity(thing), case.things.entity(top.thing));
    format!(
        "Look at {what}, which nothing measures and {top_entity} or another of the symptoms depends \
         on: its own latency, errors and resources around {}.",
        phrase::clock(top.onset)
    )
}

/// Where a thing is asked for far more than those who call it are.
fn asked_too_often(case: &Case<'_>, top: &Weighed<'_>) -> Option<String> {
    if !case.graph.is_amplified(top.thing) {
        return None;
    }
    let callers = case.graph.callers(top.thing);
    let who = phrase::entities(callers.iter().map(|thing| case.things.entity(*thing)));
    Some(format!(
        "Compare how many requests {who} send to {} for each that they get, from {} on: it gets {:.1} \
         times as many as usual, and none of them does; the one that sends more is the cause.",
        case.things.entity(top.thing),
        phrase::clock(top.onset),
        case.graph.load().times(top.thing),
    ))
}

fn tell_apart(case: &Case<'_>, top: &Weighed<'_>, second: &Weighed<'_>) -> Option<String> {
    let (a, b) = (top.own.first()?, second.own.first()?);
    let (a, b) = (
        &case.seen[a.observation].anomaly,
        &case.seen[b.observation].anomaly,
    );
    let (one, other) = (
        case.things.entity(top.thing),
        case.things.entity(second.thing),
    );
    if let (Some(a), Some(b)) = (made(top), made(second)) {
        return Some(format!(
            "Take one of two changes back, {} of {one} or {} of {other}, and see which symptoms end: \
             it may be the one, the other, or both.",
            name(a),
            name(b),
        ));
    }
    Some(format!(
        "Compare {} of {one} with {} of {other} at the finest resolution from {} on: the cause is \
         the one that moved first.",
        a.signal,
        b.signal,
        phrase::clock(top.onset.min(second.onset)),
    ))
}

/// The change that would be told with the candidate.
fn made<'a>(weighed: &Weighed<'a>) -> Option<&'a Change> {
    let near = weighed.support.change.as_ref()?;
    let change = &near.cited.change;
    (near.nearness >= TOLD && is_made(change.kind)).then_some(change)
}

fn name(change: &Change) -> String {
    match &change.revision {
        Some(revision) => format!("revision {revision}"),
        None => format!("the change at {}", phrase::clock(change.at)),
    }
}

fn look_at_symptoms(case: &Case<'_>, things: &[Thing]) -> String {
    let mut things = things.to_vec();
    things.sort_unstable();
    things.dedup();
    let who = phrase::entities(things.iter().map(|thing| case.things.entity(*thing)));
    if !things.iter().any(|thing| case.things.serves(*thing)) {
        return format!(
            "Look at {who} itself around {}: its log, its sensors, and whether what uses it recovers \
             when it is taken out.",
            phrase::clock(case.input.window.end),
        );
    }
    format!(
        "Read a few slow or failing traces of {who} between {} and {}: the span that takes the time \
         or fails first names what to look at.",
        phrase::clock(case.input.window.start),
        phrase::clock(case.input.window.end),
    )
}
