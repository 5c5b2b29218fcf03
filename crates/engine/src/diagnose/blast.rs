//! Forward from a cause: who is affected, and who is at risk.
//!
//! *Affected* is what stands out and is reached in the causal graph, so that times, signs and
//! strengths fit; each with the strongest way from the cause to it. *At risk* is what depends on the
//! cause or on what is affected, by calls, by its node or by its devices, and does not stand out.
//! A cause that takes more of its node than before endangers what runs there too, and one that is
//! asked more than before what it asks.

mod risk;
mod route;

use fleetscope_model::{BlastRadius, Entity, Felt, Hop, Impact};

use self::route::Routes;
use super::case::Case;
use super::flow::{Flow, Way, carries};
use super::observe::Observation;
use super::things::{Thing, Things};
use super::weigh::{REACHED, Weighed};

/// Signals of a thing that are told.
const MOST_SIGNALS: usize = 5;
/// A trouble that carries this far along a way can be expected to take it.
const TAKES: f64 = 0.75;

/// A thing and how it is reached: the first is the cause, which nothing leads to.
pub(crate) type Path = Vec<(Thing, Option<Way>)>;

/// A thing that is affected.
pub(crate) struct Affected {
    /// Which.
    pub(crate) thing: Thing,
    /// From the cause to it.
    pub(crate) path: Path,
    /// What of it stands out.
    pub(crate) signals: Vec<Felt>,
}

/// How far a candidate reaches into a thing, 0 to 1.
pub(crate) fn farthest(case: &Case<'_>, weighed: &Weighed<'_>, thing: Thing) -> f64 {
    let its = case.graph.observations(thing).iter();
    its.map(|index| weighed.reach[*index]).fold(0.0, f64::max)
}

/// What of the incident a candidate reaches, and how far, farthest-reaching first.
pub(crate) fn reached(case: &Case<'_>, weighed: &Weighed<'_>) -> Vec<(f64, Thing)> {
    let mut reached: Vec<(f64, Thing)> = case
        .incident
        .members
        .iter()
        .filter(|thing| **thing != weighed.thing)
        .map(|thing| (farthest(case, weighed, *thing), *thing))
        .filter(|(reach, _)| *reach >= REACHED)
        .collect();
    reached.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    reached
}

/// The same as entities.
pub(crate) fn reaches(case: &Case<'_>, weighed: &Weighed<'_>) -> Vec<Entity> {
    let reached = reached(case, weighed).into_iter();
    let entities = reached.map(|(_, thing)| case.things.entity(thing).clone());
    entities.collect()
}

/// Who is affected by a candidate, and who is at risk by it.
pub(crate) fn blast(case: &Case<'_>, weighed: &Weighed<'_>, flows: &[Flow]) -> BlastRadius {
    let routes = Routes::of(case, weighed);
    let affected = reached(case, weighed)
        .into_iter()
        .filter_map(|(_, thing)| {
            Some(Affected {
                thing,
                path: routes.to(case, thing)?,
                signals: felt(case, weighed, thing),
            })
        })
        .collect();
    let own: Vec<&Observation> = case
        .graph
        .observations(weighed.thing)
        .iter()
        .map(|index| &case.seen[*index])
        .collect();
    let hidden = !case.things.is_felt_measured(weighed.thing);
    // What uses up a share of its own limit was granted that much of its node.
    let granted = |way: Way, o: &Observation| way == Way::Load && o.is_utilisation();
    let takes = |way: Way| {
        own.iter()
            .any(|o| carries(way, o, hidden) >= TAKES && !granted(way, o))
    };
    let calm = |thing: Thing| !case.graph.stands_out(thing);
    assemble(case.things, weighed.thing, affected, flows, (&takes, &calm))
}

/// What of a thing stands out and is reached, what goes on first.
fn felt(case: &Case<'_>, weighed: &Weighed<'_>, thing: Thing) -> Vec<Felt> {
    let its = case.graph.observations(thing).iter();
    let reached = its.filter(|index| weighed.reach[**index] >= REACHED);
    let signals = reached.map(|index| {
        let o = &case.seen[*index];
        Felt {
            signal: o.anomaly.signal.clone(),
            since: o.onset.at,
            ongoing: o.anomaly.ongoing,
            evidence: o.evidence().clone(),
        }
    });
    few(signals.collect())
}

/// A few of the signals, one of each name, what goes on first.
pub(crate) fn few(mut signals: Vec<Felt>) -> Vec<Felt> {
    signals.sort_by(|a, b| {
        let key = |felt: &Felt| (!felt.ongoing, felt.since);
        let by_time = key(a).cmp(&key(b));
        by_time
            .then_with(|| a.signal.cmp(&b.signal))
            .then_with(|| a.evidence.cmp(&b.evidence))
    });
    let mut told: Vec<Felt> = Vec::new();
    for felt in signals {
        let is_new = told.iter().all(|other| other.signal != felt.signal);
        if is_new && told.len() < MOST_SIGNALS {
            told.push(felt);
        }
    }
    told
}

/// The radius around what is affected. `takes` says which ways beside those of dependence the
/// trouble of the cause takes, `calm` what does not stand out.
pub(crate) fn assemble(
    things: &Things,
    cause: Thing,
    mut affected: Vec<Affected>,
    flows: &[Flow],
    (takes, calm): (&dyn Fn(Way) -> bool, &dyn Fn(Thing) -> bool),
) -> BlastRadius {
    affected.sort_by_key(|one| (one.path.len(), one.thing));
    let mut sources: Vec<Path> = vec![vec![(cause, None)]];
    sources.extend(affected.iter().map(|one| one.path.clone()));
    let at_risk = risk::at_risk(things, flows, &sources, takes)
        .into_iter()
        .filter(|path| path.last().is_some_and(|(thing, _)| calm(*thing)));
    let at_risk: Vec<(Path, Vec<Felt>)> = at_risk.map(|path| (path, Vec::new())).collect();
    let affected: Vec<(Path, Vec<Felt>)> = affected
        .into_iter()
        .map(|one| (one.path, one.signals))
        .collect();
    BlastRadius {
        more_affected: beyond(affected.len()),
        more_at_risk: beyond(at_risk.len()),
        affected: impacts(things, affected),
        at_risk: impacts(things, at_risk),
    }
}

fn beyond(count: usize) -> u32 {
    u32::try_from(count.saturating_sub(BlastRadius::MOST)).unwrap_or(u32::MAX)
}

fn impacts(things: &Things, reached: Vec<(Path, Vec<Felt>)>) -> Vec<Impact> {
    let told = reached.into_iter().take(BlastRadius::MOST);
    let impacts = told.filter_map(|(path, signals)| {
        let (thing, _) = path.last()?;
        Some(Impact {
            entity: things.entity(*thing).clone(),
            path: path
                .iter()
                .map(|(thing, way)| Hop {
                    entity: things.entity(*thing).clone(),
                    via: way.map_or("", Way::title).to_owned(),
                })
                .collect(),
            signals,
        })
    });
    impacts.collect()
}
