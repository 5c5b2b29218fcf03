//! How likely each thing is to be the cause.
//!
//! Every thing that stands out and is connected with the symptoms is a candidate. Its likelihood is a
//! product of what a cause must have,
//!
//! ```text
//! likelihood = share^1.5 × own × early × support        (support at most 5)
//! ```
//!
//! - `own`: a deviation of its own: not explained by trouble elsewhere, bad, of a kind that is a root;
//! - `share`: how much of the symptoms, by weight, that deviation reaches in the causal graph;
//! - `early`: how soon it began, compared with the other candidates;
//! - `support`: factors for a change of it shortly before, for several things that share it, for
//!   standing alone among its peers, for sound dependencies, for warnings, log lines, failing traces
//!   ([`super::backing`]).
//!
//! The confidence is its part of all likelihoods, a cause that nobody measures included,
//!
//! ```text
//! confidence = likelihood / (Σ likelihoods + 0.1) × sight × (0.8 + 0.2 × connected) × lone
//! ```
//!
//! where `sight` is what the gaps leave of the view on it, and `connected` the share of the symptoms
//! that have to do with each other at all; `lone` is less than 1 where the same happened elsewhere at the
//! same time and nothing known connects the two. So one strong candidate without rival gets
//! about 0.9, two equal ones 0.48 each (and the verdict is to abstain), and a lone service that is
//! slow for no reason that was seen 0.5. The constants are judgements, held by the scenarios in the
//! tests; their order of magnitude is what matters.

use fleetscope_model::{ChangeKind, GapKind, SignalRole, Source};
use jiff::{SignedDuration, Timestamp};

use super::backing::{self, Support};
use super::case::Case;
use super::influence::CausalEdge;
use super::observe::{Observation, earlier, minutes_between};
use super::things::Thing;

/// Likelihood of a cause that nothing measures.
pub(crate) const UNKNOWN: f64 = 0.1;
/// What is left of the belief in what is only slow or failing, where the same happened beside it at the
/// same time and nothing known connects the two: the likeliest is a connection that is not known.
const IN_A_WAVE: f64 = 0.6;
/// How fast belief falls with lateness, in minutes.
const LATE_MINUTES: f64 = 8.0;
/// Nobody is ever surer than this.
const SUREST: f64 = 0.97;
/// However late its onset seems, this much is left: onsets err.
const LATEST: f64 = 0.2;
/// What trouble elsewhere explains this far is no trouble of the thing's own.
const EXPLAINED: f64 = 0.5;
/// A symptom counts as reached from this on.
pub(crate) const REACHED: f64 = 0.35;

/// A deviation of a candidate, and how far it is its own.
#[derive(Debug, Clone)]
pub(crate) struct Own {
    /// Index of the observation.
    pub(crate) observation: usize,
    /// What makes it a root, 0 to 1.
    pub(crate) value: f64,
    /// How far trouble elsewhere explains it, 0 to 1.
    pub(crate) explained: f64,
    /// That trouble.
    pub(crate) by: Option<CausalEdge>,
    /// How far it reaches every observation.
    reach: Vec<f64>,
    /// Share of the symptoms by weight and reach.
    share: f64,
}

impl Own {
    /// How likely the story is that begins with it, but for what speaks for the thing as a whole.
    pub(crate) fn story(&self) -> f64 {
        self.value * self.share.powf(1.5)
    }
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
    /// How far its own trouble reaches every observation.
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

impl Weighed<'_> {
    /// The observations that its story may begin with: those of half the likelihood of the best.
    pub(crate) fn roots(&self) -> impl Iterator<Item = usize> {
        let best = self.own.first().map_or(0.0, Own::story);
        let roots = self.own.iter().filter(move |own| own.story() >= best / 2.0);
        roots.map(|own| own.observation)
    }
}

/// Weighs every candidate; likeliest first.
pub(crate) fn weigh<'a>(case: &Case<'a>) -> Vec<Weighed<'a>> {
    let mut all: Vec<Weighed<'a>> = case
        .incident
        .members
        .iter()
        .filter_map(|thing| candidate(case, *thing))
        .collect();
    let firsts: Vec<Option<Timestamp>> = all.iter().map(|c| first(case, &all, c)).collect();
    for (candidate, first) in all.iter_mut().zip(firsts) {
        candidate.early = first.map_or(1.0, |first| early(candidate, first));
        candidate.likelihood = candidate.own.first().map_or(0.0, Own::story)
            * candidate.early
            * backing::factor(&candidate.support);
    }
    let sum: f64 = all.iter().map(|c| c.likelihood).sum::<f64>() + UNKNOWN;
    let connected = 0.8 + 0.2 * case.incident.share;
    for candidate in &mut all {
        let part = (candidate.likelihood / sum).min(SUREST);
        let lone = candidate.support.alike.map_or(1.0, |_| IN_A_WAVE);
        candidate.confidence = part * candidate.sight * connected * lone;
    }
    all.retain(|c| c.likelihood > 0.0);
    all.sort_by(|a, b| {
        b.confidence
            .total_cmp(&a.confidence)
            .then(a.thing.cmp(&b.thing))
    });
    all
}

/// When the first candidate began that reaches something, by a clock that can be compared with that
/// of this one.
fn first(case: &Case<'_>, all: &[Weighed<'_>], than: &Weighed<'_>) -> Option<Timestamp> {
    let cluster = |c: &Weighed<'_>| case.things.entity(c.thing).cluster;
    all.iter()
        .filter(|c| c.share >= 0.3)
        .filter(|c| !case.graph.skew().between(cluster(c), cluster(than)))
        .map(|c| c.latest)
        .min()
}

fn candidate<'a>(case: &Case<'a>, thing: Thing) -> Option<Weighed<'a>> {
    let own = own(case, thing);
    let best = own.first()?;
    let is_root = |own: &&Own| own.story() >= best.story() / 2.0;
    // It began with the first of its own troubles that goes on, also where another tells more.
    let begins = |own: &&Own| {
        let o = &case.seen[own.observation];
        let goes_on = o.is_bad() && o.anomaly.ongoing && own.explained < EXPLAINED;
        goes_on || is_root(own)
    };
    let first = own
        .iter()
        .filter(begins)
        .map(|own| &case.seen[own.observation])
        .min_by_key(|o| (o.latest(), o.onset.at))?;
    let farthest = |index: usize| {
        own.iter()
            .filter(is_root)
            .map(|own| own.reach[index])
            .fold(0.0, f64::max)
    };
    let reach: Vec<f64> = (0..case.seen.len()).map(farthest).collect();
    let (onset, within) = (first.onset.at, first.onset.within);
    let support = backing::gather(case, thing, (&own, &reach), (onset, within));
    Some(Weighed {
        thing,
        onset,
        within,
        latest: first.latest(),
        share: best.share,
        reach,
        early: 1.0,
        support,
        likelihood: 0.0,
        sight: sight(case, thing),
        confidence: 0.0,
        own,
    })
}

/// Share of the symptoms, by the weight of each, that is reached. Several symptoms of one thing are
/// one trouble.
pub(crate) fn share(case: &Case<'_>, reached: impl Fn(usize) -> f64) -> f64 {
    let (mut sum, mut all) = (0.0, 0.0);
    for (index, symptom) in case.symptoms() {
        let of_it = || {
            case.symptoms()
                .filter(|(_, other)| other.thing == symptom.thing)
        };
        let worst = of_it().map(|(_, other)| other.weight()).fold(0.0, f64::max);
        let weight = worst / of_it().count() as f64;
        sum += weight * reached(index);
        all += weight;
    }
    if all > 0.0 { sum / all } else { 0.0 }
}

/// The deviations of a thing, the likeliest beginning of the story first.
fn own(case: &Case<'_>, thing: Thing) -> Vec<Own> {
    let mut all: Vec<Own> = case
        .graph
        .observations(thing)
        .iter()
        .map(|index| {
            let o = &case.seen[*index];
            let (explained, by) = case.graph.explained(*index);
            let reach = case.graph.reach(*index);
            Own {
                observation: *index,
                value: (1.0 - explained).powf(1.5) * root(o) * o.weight(),
                explained,
                by,
                share: share(case, |symptom| reach[symptom]),
                reach,
            }
        })
        .collect();
    all.sort_by(|a, b| {
        let by_story = b.story().total_cmp(&a.story());
        by_story.then(a.observation.cmp(&b.observation))
    });
    all
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
    !matches!(kind, ChangeKind::Restart | ChangeKind::Commit)
}
