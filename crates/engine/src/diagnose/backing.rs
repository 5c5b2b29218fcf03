//! What speaks for a candidate beside its deviations, and how much.

use fleetscope_model::SignalRole;
use jiff::{SignedDuration, Timestamp};

use super::case::Case;
use super::flow::Way;
use super::influence::BLUR_MINUTES;
use super::observe::{Observation, in_minutes, minutes_between};
use super::support::{self, NearChange, Peers};
use super::things::Thing;
use super::weigh::{Own, REACHED};
use crate::detect::is_calm;

/// Support beyond this adds nothing: it is not independent.
const MOST: f64 = 5.0;

/// What speaks for a candidate beside its deviations.
#[derive(Debug)]
pub(crate) struct Support<'a> {
    /// The most telling change of it near its onset.
    pub(crate) change: Option<NearChange<'a>>,
    /// Things in trouble that directly share it.
    pub(crate) sharers: Vec<Thing>,
    /// A deviation of its own that is not just felt, and how many of its peers share it.
    pub(crate) peers: Option<(usize, Peers)>,
    /// What it depends on, where all of that is measured and sound.
    pub(crate) sound: Vec<Thing>,
    /// A symptom of the same kind that began at the same time and that nothing known connects with it,
    /// where nothing of its own says that it is to blame.
    pub(crate) alike: Option<usize>,
    /// Warnings about it.
    pub(crate) warnings: usize,
    /// New log patterns of it, and whether they are the first of all.
    pub(crate) patterns: usize,
    /// Whether its log said something new before any other's.
    pub(crate) first_to_log: bool,
    /// Its failing traces.
    pub(crate) failing: u32,
}

/// Looks for everything that speaks for a thing whose own trouble began at an onset, known within
/// so much.
pub(crate) fn gather<'a>(
    case: &Case<'a>,
    thing: Thing,
    (own, reach): (&[Own], &[f64]),
    (onset, within): (Timestamp, SignedDuration),
) -> Support<'a> {
    let (input, things) = (case.input, case.things);
    let patterns = support::new_patterns(input, things, thing, onset);
    let first_pattern = patterns.first().map(|pattern| pattern.first_at);
    let others_first = case
        .incident
        .members
        .iter()
        .filter(|other| **other != thing)
        .filter_map(|other| {
            support::new_patterns(input, things, *other, onset)
                .first()
                .map(|p| p.first_at)
        })
        .min();
    let mut support = Support {
        alike: None,
        change: support::changes(input, things, thing, onset, within)
            .first()
            .copied(),
        sharers: sharers(case, thing, reach),
        peers: peers(case, own),
        sound: sound(case, thing, own),
        warnings: support::warnings(input, things, thing, onset).len(),
        patterns: patterns.len(),
        first_to_log: first_pattern.is_some_and(|at| others_first.is_none_or(|other| at <= other)),
        failing: support::failing_traces(input, things, thing)
            .iter()
            .map(|t| t.failing)
            .sum(),
    };
    let witnessed = support.warnings + support.patterns + support.failing as usize > 0;
    support.alike = own
        .first()
        .filter(|_| !witnessed)
        .and_then(|own| alike(case, own.observation, reach));
    if support.alike.is_some() {
        support.sound.clear();
    }
    support
}

/// The peers of the one of its roots that fewest of them share. What is felt travels, so sharing it
/// says nothing.
fn peers(case: &Case<'_>, own: &[Own]) -> Option<(usize, Peers)> {
    let best = own.first()?.story();
    own.iter()
        .filter(|own| own.story() >= best / 2.0)
        .filter(|own| !is_felt(&case.seen[own.observation]))
        .map(|own| {
            let o = &case.seen[own.observation];
            (own.observation, case.crowd.peers(case.things, case.seen, o))
        })
        .min_by_key(|(_, peers)| (peers.alike * 1000 / peers.others.max(1), peers.alike))
}

const fn is_felt(o: &Observation) -> bool {
    matches!(o.role(), SignalRole::Latency | SignalRole::Errors)
}

/// Things in trouble that are directly reached from this one.
fn sharers(case: &Case<'_>, thing: Thing, reach: &[f64]) -> Vec<Thing> {
    let mut sharers: Vec<Thing> = case
        .graph
        .links()
        .iter()
        .filter(|link| link.flow.from == thing && link.strength >= 0.5)
        .filter(|link| matches!(link.flow.way, Way::Call | Way::Host | Way::Device))
        .filter(|link| reach[link.effect] >= REACHED)
        .map(|link| link.flow.to)
        .collect();
    sharers.sort_unstable();
    sharers.dedup();
    sharers
}

/// What a thing depends on, where its trouble is only slowness or failures and everything it
/// depends on is measured and does not stand out; otherwise nothing.
fn sound(case: &Case<'_>, thing: Thing, own: &[Own]) -> Vec<Thing> {
    let felt_only = own
        .first()
        .is_some_and(|own| is_felt(&case.seen[own.observation]));
    if !felt_only {
        return Vec::new();
    }
    let mut upstream: Vec<Thing> = case
        .graph
        .into(thing)
        .filter(|flow| {
            matches!(
                flow.way,
                Way::Call | Way::Host | Way::Device | Way::Neighbour
            )
        })
        .map(|flow| flow.from)
        .collect();
    upstream.sort_unstable();
    upstream.dedup();
    if upstream.iter().all(|t| is_sound(case, *t)) {
        upstream
    } else {
        Vec::new()
    }
}

/// A symptom of the same kind in the same place that it does not reach though it began at the same time,
/// for what is only slow or failing: then something that nobody knows of may connect the two, and
/// that what is known to be below is sound says little.
fn alike(case: &Case<'_>, own: usize, reach: &[f64]) -> Option<usize> {
    let o = &case.seen[own];
    let here = case.things.entity(o.thing);
    let together = |index: &&usize| {
        let other = &case.seen[**index];
        let there = case.things.entity(other.thing);
        let distance = minutes_between(o.onset.at, other.onset.at).abs();
        let unsure = in_minutes(o.onset.within.saturating_add(other.onset.within));
        other.role() == o.role()
            && other.thing != o.thing
            && (&there.cluster, &there.namespace) == (&here.cluster, &here.namespace)
            && distance <= unsure + BLUR_MINUTES
    };
    if !is_felt(o) {
        return None;
    }
    let missed = case
        .incident
        .symptoms
        .iter()
        .filter(|s| reach[**s] < REACHED);
    let mut others = case.incident.elsewhere.iter().chain(missed);
    others.find(together).copied()
}

/// Whether a thing is measured and nothing of it shows even the beginning of trouble.
fn is_sound(case: &Case<'_>, thing: Thing) -> bool {
    if !case.things.is_measured(thing) || case.graph.stands_out(thing) {
        return false;
    }
    let its = case
        .input
        .signals
        .iter()
        .filter(|s| case.things.find(&s.entity) == Some(thing));
    its.filter(|s| !s.series.samples.is_empty() && s.role != SignalRole::Traffic)
        .all(|signal| is_calm(signal, case.input.window))
}

/// The factors of what speaks for a candidate, multiplied.
pub(crate) fn factor(support: &Support<'_>) -> f64 {
    let change = support.change.as_ref().map_or(1.0, |near| {
        1.0 + 3.0 * near.nearness * support::tells(near.cited.change.kind)
    });
    let sharers = 1.0 + 0.5 * support.sharers.len().saturating_sub(1).min(3) as f64;
    let peers = match support.peers {
        Some((
            _,
            Peers {
                others: others @ 2..,
                alike,
            },
        )) if alike * 4 <= others => 1.5,
        Some((
            _,
            Peers {
                others: others @ 3..,
                alike,
            },
        )) if alike * 5 >= others * 3 => 0.7,
        _ => 1.0,
    };
    let sound = if support.sound.is_empty() { 1.0 } else { 2.2 };
    let warnings = if support.warnings > 0 { 1.5 } else { 1.0 };
    let log = match (support.first_to_log, support.patterns) {
        (true, _) => 1.5,
        (false, 1..) => 1.1,
        _ => 1.0,
    };
    let traces = if support.failing > 0 { 1.3 } else { 1.0 };
    (change * sharers * peers * sound * warnings * log * traces).min(MOST)
}
