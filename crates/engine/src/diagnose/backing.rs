//! What speaks for a candidate beside its deviations, and how much.

use fleetscope_model::SignalRole;
use jiff::{SignedDuration, Timestamp};

use super::case::Case;
use super::flow::Way;
use super::support::{self, NearChange, Peers};
use super::things::Thing;
use super::weigh::Own;
use crate::detect::is_calm;

/// Support beyond this adds nothing: it is not independent.
const MOST: f64 = 6.0;

/// What speaks for a candidate beside its deviations.
#[derive(Debug)]
pub(crate) struct Support<'a> {
    /// The most telling change of it near its onset.
    pub(crate) change: Option<NearChange<'a>>,
    /// Things in trouble that directly share it.
    pub(crate) sharers: Vec<Thing>,
    /// Peers of its own worst deviation.
    pub(crate) peers: Peers,
    /// What it depends on, where all of that is measured and sound.
    pub(crate) sound: Vec<Thing>,
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
    own: &[Own],
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
    let peers = own.first().map_or(
        Peers {
            others: 0,
            alike: 0,
        },
        |own| {
            case.crowd
                .peers(things, case.seen, &case.seen[own.observation])
        },
    );
    Support {
        change: support::changes(input, things, thing, onset, within)
            .first()
            .copied(),
        sharers: sharers(case, thing),
        peers,
        sound: sound(case, thing, own),
        warnings: support::warnings(input, things, thing, onset).len(),
        patterns: patterns.len(),
        first_to_log: first_pattern.is_some_and(|at| others_first.is_none_or(|other| at <= other)),
        failing: support::failing_traces(input, things, thing)
            .iter()
            .map(|t| t.failing)
            .sum(),
    }
}

/// Things in trouble that are directly reached from this one.
fn sharers(case: &Case<'_>, thing: Thing) -> Vec<Thing> {
    let mut sharers: Vec<Thing> = case
        .graph
        .edges()
        .iter()
        .filter(|edge| edge.flow.from == thing && edge.strength >= 0.5)
        .filter(|edge| matches!(edge.flow.way, Way::Call | Way::Host | Way::Device))
        .map(|edge| edge.flow.to)
        .collect();
    sharers.sort_unstable();
    sharers.dedup();
    sharers
}

/// What a thing depends on, where its trouble is only slowness or failures and everything it
/// depends on is measured and does not stand out; otherwise nothing.
fn sound(case: &Case<'_>, thing: Thing, own: &[Own]) -> Vec<Thing> {
    let felt_only = own.first().is_some_and(|own| {
        let role = case.seen[own.observation].role();
        matches!(role, SignalRole::Latency | SignalRole::Errors)
    });
    if !felt_only {
        return Vec::new();
    }
    let mut upstream: Vec<Thing> = case
        .graph
        .into(thing)
        .filter(|flow| matches!(flow.way, Way::Call | Way::Host | Way::Device))
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
    let Peers { others, alike } = support.peers;
    let peers = match (others, alike) {
        (2.., alike) if alike * 4 <= others => 1.5,
        (3.., alike) if alike * 5 >= others * 3 => 0.7,
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
