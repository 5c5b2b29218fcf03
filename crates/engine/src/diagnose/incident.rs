//! Is this an incident at all, and which of the anomalies belong to it?

use std::collections::BTreeSet;

use fleetscope_model::{ChangeKind, EntityKind, KubernetesEvent, Severity, SignalRole};
use jiff::SignedDuration;

use super::flow::{Flow, Way};
use super::influence::CausalEdge;
use super::observe::{Observation, in_minutes, minutes_between};
use super::things::{Thing, Things};
use crate::input::Input;

/// What is over sooner is a blip: a cold start, a fail-over, a scrape that hung. Rates over five
/// minutes stretch a start of three minutes to eight.
pub(crate) const BLIP: SignedDuration = SignedDuration::from_mins(10);
/// What goes on counts from so long on: three samples a minute apart.
const CONFIRMED: SignedDuration = SignedDuration::from_mins(2);
/// A change may unsettle what it touches for this long without anything being wrong.
const SETTLING: SignedDuration = SignedDuration::from_mins(10);
/// A device or clock that misbehaves in several ways for this long is an incident, felt or not.
const DEVICE_LASTS: SignedDuration = SignedDuration::from_mins(10);
/// A node on which work waits for what is used up is an incident after this long, felt or not: as
/// long as the node-exporter mixin waits (`NodeSystemSaturation`), for batches fill nodes too.
const NODE_LASTS: SignedDuration = SignedDuration::from_mins(15);
/// What is used from here on is used up (the node-exporter mixin, `NodeCPUHighUsage`).
const USED_UP: f64 = 0.9;
/// Links from this strength on make one incident of two things' troubles.
const CONNECTED: f64 = 0.2;
/// Work is held up by what strains its ground from links of this strength on.
const STALLED: f64 = 0.3;
/// Together the symptoms must weigh this much: one clear one, or two slight ones.
const LEAST_WEIGHT: f64 = 0.7;

/// What is wrong.
#[derive(Debug)]
pub(crate) struct Incident {
    /// The observations that a cause must explain, as indexes.
    pub(crate) symptoms: Vec<usize>,
    /// Every thing that is connected with them and stands out.
    pub(crate) members: BTreeSet<Thing>,
    /// Share of all symptoms, by weight, that these are.
    pub(crate) share: f64,
    /// Symptoms that have nothing to do with these, as far as is known.
    pub(crate) elsewhere: Vec<usize>,
}

/// The incident in the window, or why there is none.
pub(crate) fn incident(
    input: &Input,
    things: &Things,
    seen: &[Observation],
    flows: &[Flow],
    links: &[CausalEdge],
) -> Result<Incident, String> {
    let mut symptoms: Vec<usize> = (0..seen.len())
        .filter(|i| lasts(input, things, seen, flows, *i))
        .collect();
    let weigh = |symptoms: &[usize]| symptoms.iter().map(|i| seen[*i].weight()).sum::<f64>();
    if weigh(&symptoms) < LEAST_WEIGHT {
        symptoms.extend(silent_failures(input, things, seen, links));
        symptoms.sort_unstable();
        symptoms.dedup();
    }
    let weight = weigh(&symptoms);
    if weight < LEAST_WEIGHT {
        return Err(why_none(seen, weight));
    }
    let groups = groups(seen, links);
    let urgency = |i: &usize| urgency(input, &seen[*i]);
    let main = groups
        .into_iter()
        .map(|group| {
            let inside = symptoms.iter().filter(|i| group.contains(&seen[**i].thing));
            (inside.map(urgency).sum::<f64>(), group)
        })
        .reduce(|a, b| if b.0 > a.0 { b } else { a })
        .map(|(_, group)| group)
        .unwrap_or_default();
    let (inside, elsewhere): (Vec<usize>, Vec<usize>) = symptoms
        .into_iter()
        .partition(|i| main.contains(&seen[*i].thing));
    let share = weigh(&inside) / weight;
    Ok(Incident {
        symptoms: inside,
        members: main,
        share,
        elsewhere,
    })
}

/// How soon somebody should look at it: what alarmed counts twice.
fn urgency(input: &Input, o: &Observation) -> f64 {
    let alarmed = input.alarms.iter().any(|a| a.entity == o.anomaly.entity);
    o.weight() * if alarmed { 2.0 } else { 1.0 }
}

impl Incident {
    /// One of some symptoms, by itself, with those that are left aside; none where they weigh too
    /// little.
    pub(crate) fn alone(
        seen: &[Observation],
        (symptoms, elsewhere): (Vec<usize>, Vec<usize>),
        members: BTreeSet<Thing>,
    ) -> Option<Self> {
        let weight: f64 = symptoms.iter().map(|i| seen[*i].weight()).sum();
        (weight >= LEAST_WEIGHT).then_some(Self {
            symptoms,
            members,
            share: 1.0,
            elsewhere,
        })
    }
}

/// Whether the observation is a symptom that is neither a blip nor the unrest after a change.
fn lasts(
    input: &Input,
    things: &Things,
    seen: &[Observation],
    flows: &[Flow],
    index: usize,
) -> bool {
    let o = &seen[index];
    if !o.symptom || !o.is_bad() {
        return false;
    }
    if !o.anomaly.ongoing {
        return o.lasted() >= BLIP || recurs(seen, o);
    }
    let may_settle = o.lasted() < SETTLING && o.role() != SignalRole::Errors;
    o.lasted() >= CONFIRMED && !(may_settle && unsettled(input, things, flows, o))
}

/// Whether the same signal stood out several times in the window, more than a blip in all.
fn recurs(seen: &[Observation], o: &Observation) -> bool {
    let same = seen.iter().filter(|other| {
        other.thing == o.thing
            && other.anomaly.signal == o.anomaly.signal
            && other.anomaly.labels == o.anomaly.labels
            && other.up == o.up
    });
    let (times, total) = same.fold((0, SignedDuration::ZERO), |(times, total), other| {
        (times + 1, total.saturating_add(other.lasted()))
    });
    times >= 2 && total >= BLIP
}

/// Whether the thing, or something it directly depends on, was changed shortly before.
fn unsettled(input: &Input, things: &Things, flows: &[Flow], o: &Observation) -> bool {
    let near = |thing: Thing| {
        thing == o.thing
            || flows
                .iter()
                .any(|f| f.from == thing && f.to == o.thing && f.way == Way::Call)
    };
    input.changes.iter().any(|cited| {
        let change = &cited.change;
        let before = minutes_between(change.at, o.onset.at);
        let recent = before <= in_minutes(SETTLING) && before >= -in_minutes(o.onset.within) - 1.0;
        recent && change.kind != ChangeKind::Config && things.find(&change.entity).is_some_and(near)
    })
}

/// What is wrong even where no user has felt it yet: devices and clocks that misbehave in several
/// ways, growth that has already killed something, work that stalls because what it needs is taken,
/// a node on which work queues for what is used up. A busy node alone is not.
fn silent_failures(
    input: &Input,
    things: &Things,
    seen: &[Observation],
    links: &[CausalEdge],
) -> Vec<usize> {
    let lasting = |o: &Observation| o.is_bad() && o.anomaly.ongoing && o.lasted() >= DEVICE_LASTS;
    let wrong = |index: &usize| {
        let o = &seen[*index];
        let breaks = o.anomaly.severity >= Severity::High
            && (fails_in_several_ways(things, seen, o)
                || has_killed(input, things, o)
                || queues_on_a_full_node(things, seen, o));
        lasting(o) && (breaks || stalls(seen, links, *index))
    };
    (0..seen.len()).filter(wrong).collect()
}

fn fails_in_several_ways(things: &Things, seen: &[Observation], o: &Observation) -> bool {
    let device = matches!(
        things.entity(o.thing).kind,
        EntityKind::Gpu | EntityKind::PtpClock | EntityKind::Interface
    );
    let other = |p: &Observation| {
        p.thing == o.thing
            && p.anomaly.signal != o.anomaly.signal
            && p.is_bad()
            && p.anomaly.severity >= Severity::High
            && p.anomaly.ongoing
    };
    device && o.is_more() && seen.iter().any(other)
}

/// Whether work has queued on a node for long, as two measures say, while something of it is used up:
/// utilisation and saturation together (Gregg's USE method, 2012).
fn queues_on_a_full_node(things: &Things, seen: &[Observation], o: &Observation) -> bool {
    let with = |fits: &dyn Fn(&Observation) -> bool| {
        seen.iter().any(|p| {
            let counts = p.is_bad() && p.is_more() && p.anomaly.ongoing;
            p.thing == o.thing && counts && p.lasted() >= NODE_LASTS && fits(p)
        })
    };
    let queues = |p: &Observation| p.role() == SignalRole::Saturation;
    things.entity(o.thing).kind == EntityKind::Node
        && queues(o)
        && with(&|p| p.is_utilisation() && p.anomaly.peak >= USED_UP)
        && with(&|p| queues(p) && p.anomaly.signal != o.anomaly.signal)
        && o.lasted() >= NODE_LASTS
}

fn has_killed(input: &Input, things: &Things, o: &Observation) -> bool {
    let of_it = |event: &KubernetesEvent| {
        event.severity == "Warning"
            && event.last_at >= o.onset.at
            && things.find(&event.entity) == Some(o.thing)
    };
    o.grows() && input.events.iter().any(|cited| of_it(&cited.event))
}

/// Whether it does less than usual while something that it depends on is far more strained than
/// usual.
fn stalls(seen: &[Observation], links: &[CausalEdge], index: usize) -> bool {
    let o = &seen[index];
    let strained = |cause: &Observation| {
        matches!(cause.role(), SignalRole::Saturation | SignalRole::Resource)
            && cause.thing != o.thing
            && cause.is_more()
            && cause.anomaly.ongoing
            && cause.anomaly.severity >= Severity::High
    };
    let taken = |link: &&CausalEdge| link.effect == index && link.strength >= STALLED;
    let is_work = matches!(
        o.role(),
        SignalRole::Gpu | SignalRole::Traffic | SignalRole::Nic
    );
    is_work
        && !o.is_more()
        && o.anomaly.severity >= Severity::Medium
        && links
            .iter()
            .filter(taken)
            .any(|link| strained(&seen[link.cause]))
}

/// Things that stand out, grouped by whether trouble could have passed between them.
pub(crate) fn groups(seen: &[Observation], links: &[CausalEdge]) -> Vec<BTreeSet<Thing>> {
    let mut groups: Vec<BTreeSet<Thing>> = Vec::new();
    let standing: BTreeSet<Thing> = seen.iter().map(|o| o.thing).collect();
    let pair = |link: &CausalEdge| [seen[link.cause].thing, seen[link.effect].thing];
    let strong = links.iter().filter(|link| link.strength >= CONNECTED);
    let sets = strong.map(|link| BTreeSet::from(pair(link)));
    for mut set in standing
        .iter()
        .map(|thing| BTreeSet::from([*thing]))
        .chain(sets)
    {
        let (touching, rest): (Vec<_>, Vec<_>) = groups
            .into_iter()
            .partition(|group| !group.is_disjoint(&set));
        set.extend(touching.into_iter().flatten());
        groups = rest;
        groups.push(set);
    }
    groups.sort();
    groups
}

fn why_none(seen: &[Observation], weight: f64) -> String {
    let symptoms = seen.iter().filter(|o| o.symptom).count();
    if seen.is_empty() {
        "Nothing stood out.".to_owned()
    } else if symptoms == 0 {
        "Nothing that users feel stood out, and nothing else that is broken by itself.".to_owned()
    } else if weight > 0.0 {
        "What users feel moved only slightly, and in one place only.".to_owned()
    } else {
        "What users feel stood out only for a short time, or has not lasted longer than a change \
         takes to settle."
            .to_owned()
    }
}
