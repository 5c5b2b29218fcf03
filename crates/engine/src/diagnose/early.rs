//! The conclusion where an alarm is right and samples are too coarse to say how long trouble lasts: the
//! ranking answers alone.

use std::collections::BTreeSet;

use fleetscope_model::{BlastRadius, Candidate, Confidence, Entity, Felt, Verdict};
use jiff::{SignedDuration, Timestamp};

use super::blast::{Affected, Path, assemble, few};
use super::flow::{Flow, Way};
use super::rank::Ranking;
use super::rank::shift::Shift;
use super::rounded;
use super::things::{Thing, Things};
use super::verdict::MOST_CANDIDATES;
use crate::input::Input;
use crate::phrase;

/// A thing whose strength is at least this part of the candidate's is told to be reached.
const REACHED: f64 = 0.35;
/// Robust deviations within which nothing stands out (three-sigma rule).
const NOISE: f64 = 3.0;

/// The verdict, and the candidates, likeliest first.
pub(crate) fn conclude(
    input: &Input,
    things: &Things,
    ranking: &Ranking<'_>,
) -> (Verdict, Vec<Candidate>) {
    let order = ranking.order();
    let candidates: Vec<Candidate> = order
        .iter()
        .take(MOST_CANDIDATES)
        .map(|thing| candidate(input, things, ranking, *thing))
        .collect();
    let enough = candidates
        .first()
        .is_some_and(|first| first.confidence.0 >= Confidence::ENOUGH);
    let verdict = if enough {
        Verdict::Cause
    } else {
        Verdict::InsufficientEvidence {
            next_look: next_look(input, things, ranking, &order),
        }
    };
    (verdict, candidates)
}

fn candidate(input: &Input, things: &Things, ranking: &Ranking<'_>, thing: Thing) -> Candidate {
    let since = Timestamp::from_millisecond(ranking.shifts.from_ms).unwrap_or(input.window.start);
    Candidate {
        entity: things.entity(thing).clone(),
        change: None,
        mechanism: worst(ranking, thing).map_or_else(
            || "more of its requests end early or fail".to_owned(),
            moved,
        ),
        onset: since,
        onset_within: step(ranking, thing),
        confidence: Confidence(rounded(ranking.confidence(thing))),
        explained: rounded(ranking.explains(thing)),
        reaches: reaches(things, ranking, thing),
        reasons: ranking.reasons(input, things, thing),
    }
}

fn worst<'a, 'b>(ranking: &'b Ranking<'a>, thing: Thing) -> Option<&'b Shift<'a>> {
    let moved = ranking.shifts.about(thing).filter(|s| s.deviations > 0.0);
    moved.max_by(|a, b| a.deviations.total_cmp(&b.deviations))
}

fn moved(shift: &Shift<'_>) -> String {
    let quantity = |value: f64| phrase::quantity(value, &shift.signal.unit);
    let side = if shift.side > 0.0 { "rose" } else { "fell" };
    let (now, usual) = (quantity(shift.now), quantity(shift.usual));
    format!("{} {side} to {now} (usually {usual})", shift.signal.name)
}

/// Distance of the samples that tell of it.
fn step(ranking: &Ranking<'_>, thing: Thing) -> SignedDuration {
    let samples = worst(ranking, thing).map(|s| s.signal.series.samples.as_slice());
    match samples {
        Some([.., a, b]) => SignedDuration::from_millis(b.at_ms - a.at_ms),
        _ => SignedDuration::from_mins(1),
    }
}

/// What depends on it and stands out too, nearest first.
fn reaches(things: &Things, ranking: &Ranking<'_>, thing: Thing) -> Vec<Entity> {
    let paths = spread(ranking, thing).into_iter().skip(1);
    let ends = paths.filter_map(|path| path.last().copied());
    ends.map(|(thing, _)| things.entity(thing).clone())
        .collect()
}

/// The shortest way to itself and to what depends on it and stands out too, nearest first.
fn spread(ranking: &Ranking<'_>, thing: Thing) -> Vec<Path> {
    let least = REACHED * ranking.shifts.strength(thing);
    let mut known = BTreeSet::from([thing]);
    let mut paths: Vec<Path> = vec![vec![(thing, None)]];
    let mut next = 0;
    while let Some(path) = paths.get(next).cloned() {
        let end = path.last().map_or(thing, |(end, _)| *end);
        for caller in &ranking.calls.callers[end] {
            let strength = ranking.shifts.strength(*caller);
            if strength > 0.0 && strength >= least && known.insert(*caller) {
                let mut further = path.clone();
                further.push((*caller, Some(Way::Call)));
                paths.push(further);
            }
        }
        next += 1;
    }
    paths
}

/// Who is affected by the first of the ranking, and who is at risk by it.
pub(crate) fn blast(things: &Things, ranking: &Ranking<'_>, flows: &[Flow]) -> Option<BlastRadius> {
    let cause = *ranking.order().first()?;
    let affected = spread(ranking, cause).into_iter().skip(1);
    let affected = affected.filter_map(|path| {
        let (thing, _) = *path.last()?;
        let signals = felt(ranking, thing);
        let felt = !signals.is_empty();
        felt.then_some(Affected {
            thing,
            path,
            signals,
        })
    });
    let calm = |thing: Thing| felt(ranking, thing).is_empty();
    let affected = affected.collect();
    Some(assemble(
        things,
        cause,
        affected,
        flows,
        (&|_| false, &calm),
    ))
}

fn felt(ranking: &Ranking<'_>, thing: Thing) -> Vec<Felt> {
    let since = Timestamp::from_millisecond(ranking.shifts.from_ms).unwrap_or_default();
    let moved = ranking.shifts.about(thing).filter(|s| s.deviations > NOISE);
    let signals = moved.map(|shift| Felt {
        signal: shift.signal.name.clone(),
        since,
        // The shift compares the end of the window with what was before.
        ongoing: true,
        evidence: shift.signal.evidence.clone(),
    });
    few(signals.collect())
}

fn next_look(input: &Input, things: &Things, ranking: &Ranking<'_>, order: &[Thing]) -> String {
    let since = phrase::clock(input.window.start);
    match order {
        [first, second, ..] => {
            let named = |thing: Thing| {
                let signal = worst(ranking, thing).map_or("the log", |s| s.signal.name.as_str());
                format!("{signal} of {}", things.entity(thing))
            };
            format!(
                "Compare {} with {} at a finer resolution from {since} on: the cause is the one that \
                 moved first.",
                named(*first),
                named(*second),
            )
        }
        [only] => format!(
            "Read a few slow or failing traces of {} from {since} on.",
            things.entity(*only)
        ),
        [] => format!("Read the metrics of what the alarm depends on from {since} on."),
    }
}
