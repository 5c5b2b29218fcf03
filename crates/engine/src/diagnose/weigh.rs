//! How likely each thing is to be the cause.
//!
//! Every thing that stands out and is connected with the symptoms is a candidate. Its likelihood is a
//! product of what a cause must have,
//!
//! ```text
//! likelihood = share^1.5 × own × early × support        (support at most 6)
//! ```
//!
//! - `share`: how much of the symptoms, by weight, its trouble reaches in the causal graph;
//! - `own`: its worst deviation of its own: not explained by trouble elsewhere, of a kind that is a
//!   root, bad, and not later than the symptoms;
//! - `early`: how soon it began, compared with the other candidates;
//! - `support`: factors for a change of it shortly before, for several things that share it, for
//!   standing alone among its peers, for sound dependencies, for warnings, log lines, failing traces
//!   ([`super::backing`]).
//!
//! The confidence is its part of all likelihoods, a cause that nobody measures included,
//!
//! ```text
//! confidence = likelihood / (Σ likelihoods + 0.1) × sight × (0.8 + 0.2 × connected)
//! ```
//!
//! where `sight` is what the gaps leave of the view on it, and `connected` the share of the symptoms
//! that have to do with each other at all. So one strong candidate without rival gets
//! about 0.9, two equal ones 0.48 each (and the verdict is to abstain), and a lone service that is
//! slow for no reason that was seen 0.5. The constants are judgements, held by the scenarios in the
//! tests; their order of magnitude is what matters.

use fleetscope_model::{ChangeKind, EntityKind, GapKind, SignalRole, Source};
use jiff::{SignedDuration, Timestamp};

use super::backing::{self, Support};
use super::case::Case;
use super::influence::CausalEdge;
use super::observe::{Observation, earlier, minutes_between};
use super::things::Thing;

/// Likelihood of a cause that nothing measures.
const UNKNOWN: f64 = 0.1;
/// How fast belief falls with lateness, in minutes.
const LATE_MINUTES: f64 = 8.0;
/// Nobody is ever surer than this.
const SUREST: f64 = 0.97;
/// However late its onset seems, this much is left: onsets err.
const LATEST: f64 = 0.2;
/// A symptom counts as reached from this on.
pub(crate) const REACHED: f64 = 0.35;

/// A deviation of a candidate, and how far it is its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Own {
    /// Index of the observation.
    pub(crate) observation: usize,
    /// What makes it a root, 0 to 1.
    pub(crate) value: f64,
    /// How far trouble elsewhere explains it, 0 to 1.
    pub(crate) explained: f64,
    /// That trouble.
    pub(crate) by: Option<CausalEdge>,
}

/// A candidate, weighed.
#[derive(Debug)]
pub(crate) struct Weighed<'a> {
    /// Which thing.
    pub(crate) thing: Thing,
    /// When its own trouble began.
    pub(crate) onset: Timestamp,
    /// How exactly that is known.
    pub(crate) within: SignedDuration,
    /// The latest that it can have begun.
    latest: Timestamp,
    /// Its deviations, the most its own first.
    pub(crate) own: Vec<Own>,
    /// How far its trouble reaches every thing.
    pub(crate) reach: Vec<f64>,
    /// Share of the symptoms by weight and reach.
    pub(crate) share: f64,
    /// How soon it began, 0.2 to 1.
    pub(crate) early: f64,
    /// What else speaks for it.
    pub(crate) support: Support<'a>,
    /// All that multiplied.
    pub(crate) likelihood: f64,
    /// What the gaps leave of the view on it, 0 to 1.
    pub(crate) sight: f64,
    /// Probability that it is the cause.
    pub(crate) confidence: f64,
}

/// Weighs every candidate; likeliest first.
pub(crate) fn weigh<'a>(case: &Case<'a>) -> Vec<Weighed<'a>> {
    let mut all: Vec<Weighed<'a>> = case
        .incident
        .members
        .iter()
        .filter_map(|thing| candidate(case, *thing))
        .collect();
    let first = all
        .iter()
        .filter(|c| c.share >= 0.3)
        .map(|c| c.latest)
        .min();
    for candidate in &mut all {
        candidate.early = first.map_or(1.0, |first| early(candidate, first));
        candidate.likelihood = candidate.share.powf(1.5)
            * candidate.own.first().map_or(0.0, |own| own.value)
            * candidate.early
            * backing::factor(&candidate.support);
    }
    let sum: f64 = all.iter().map(|c| c.likelihood).sum::<f64>() + UNKNOWN;
    let connected = 0.8 + 0.2 * case.incident.share;
    for candidate in &mut all {
        let part = (candidate.likelihood / sum).min(SUREST);
        candidate.confidence = part * candidate.sight * connected;
    }
    all.retain(|c| c.likelihood > 0.0);
    all.sort_by(|a, b| {
        b.confidence
            .total_cmp(&a.confidence)
            .then(a.thing.cmp(&b.thing))
    });
    all
}

fn candidate<'a>(case: &Case<'a>, thing: Thing) -> Option<Weighed<'a>> {
    let reach = case.graph.reach(thing);
    let share = share(case, &reach);
    let own = own(case, thing, &reach);
    let best = own.first()?.value;
    let first = own
        .iter()
        .filter(|own| own.value >= best / 2.0)
        .map(|own| &case.seen[own.observation])
        .min_by_key(|o| (o.latest(), o.onset.at))?;
    let (onset, within) = (first.onset.at, first.onset.within);
    let support = backing::gather(case, thing, &own, (onset, within));
    Some(Weighed {
        thing,
        onset,
        within,
        latest: first.latest(),
        own,
        reach,
        share,
        early: 1.0,
        support,
        likelihood: 0.0,
        sight: sight(case, thing),
        confidence: 0.0,
    })
}

fn share(case: &Case<'_>, reach: &[f64]) -> f64 {
    let (mut sum, mut all) = (0.0, 0.0);
    for (_, symptom) in case.symptoms() {
        sum += symptom.weight() * reach[symptom.thing];
        all += symptom.weight();
    }
    if all > 0.0 { sum / all } else { 0.0 }
}

/// The deviations of a thing, the most its own first.
fn own(case: &Case<'_>, thing: Thing, reach: &[f64]) -> Vec<Own> {
    let reached = case.symptoms().filter(|(_, s)| reach[s.thing] >= REACHED);
    let first = reached.map(|(_, s)| s).min_by_key(|s| s.latest());
    let mut all: Vec<Own> = case
        .graph
        .observations(thing)
        .iter()
        .map(|index| {
            let o = &case.seen[*index];
            let (explained, by) = case.graph.explained(*index);
            let late = first.map_or(0.0, |s| lateness(o, s));
            let unexplained = (1.0 - explained).powf(1.5);
            let value = unexplained * root(o) * o.weight() * (-late / LATE_MINUTES).exp();
            Own {
                observation: *index,
                value,
                explained,
                by,
            }
        })
        .collect();
    all.sort_by(|a, b| {
        b.value
            .total_cmp(&a.value)
            .then(a.observation.cmp(&b.observation))
    });
    all
}

/// Minutes by which a deviation surely began after a symptom.
fn lateness(o: &Observation, symptom: &Observation) -> f64 {
    (minutes_between(symptom.latest(), o.earliest()) - 1.0).max(0.0)
}

/// How much a deviation of this kind is a root, 0 to 1. A resource, a device or a clock out of its
/// bounds is one; slowness and failures are what roots look like from outside, and need support.
const fn root(o: &Observation) -> f64 {
    match (o.role(), o.is_bad()) {
        (SignalRole::Latency | SignalRole::Errors, true) => 0.12,
        (SignalRole::Traffic, _) => {
            if o.up {
                0.1
            } else {
                0.02
            }
        }
        (SignalRole::Latency | SignalRole::Errors, false) => 0.02,
        (SignalRole::Availability, true) => 0.6,
        // Less use than usual is more often waiting than breaking; a clock is off either way.
        (SignalRole::Clock, _) => 1.0,
        (_, true) if o.is_more() => 1.0,
        _ => 0.3,
    }
}

fn early(candidate: &Weighed<'_>, first: Timestamp) -> f64 {
    let late = minutes_between(first, earlier(candidate.onset, candidate.within)).max(0.0);
    (-late / LATE_MINUTES).exp().max(LATEST)
}

/// What the gaps leave of the view on a thing. Metrics matter most: without some of them a cause may
/// be out of sight; then changes; logs and traces only support.
fn sight(case: &Case<'_>, thing: Thing) -> f64 {
    let entity = case.things.entity(thing);
    let mut gaps: Vec<_> = case
        .input
        .gaps
        .iter()
        .map(|gap| {
            (
                gap.source,
                gap.cluster == entity.cluster,
                gap.kind == GapKind::NotConfigured,
            )
        })
        .collect();
    gaps.sort_unstable();
    gaps.dedup();
    let left = |(source, here, absent): &(Source, bool, bool)| match (source, here, absent) {
        (Source::Prometheus, true, false) => 0.7,
        (Source::Prometheus, true, true) | (Source::Kubernetes, true, _) => 0.85,
        (Source::Loki | Source::Tempo, true, false) => 0.95,
        (Source::Prometheus, false, false) => 0.97,
        _ => 1.0,
    };
    gaps.iter().map(left).product()
}

/// Whether a change is one that a person made and could take back.
pub(crate) const fn is_made(kind: ChangeKind) -> bool {
    !matches!(kind, ChangeKind::Restart)
}

/// Whether the thing is one that serves others' requests or carries them.
pub(crate) const fn serves(kind: EntityKind) -> bool {
    matches!(
        kind,
        EntityKind::Workload | EntityKind::Service | EntityKind::Pod
    )
}
