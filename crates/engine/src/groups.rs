//! Anomalies that move together are one event.
//!
//! Two anomalies belong together when their entities are the same or neighbours in the topology,
//! their times overlap, and their series rise and fall together around that time. Belonging is handed
//! on: an event is a connected set. The same anomalies give the same events, in whatever order they
//! come.

use std::collections::{BTreeMap, BTreeSet};

use fleetscope_model::{Anomaly, Entity, Sample, Severity, TimeRange, Topology};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// An anomaly with the samples it was found in; without them only time and place count.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// The anomaly.
    pub anomaly: &'a Anomaly,
    /// Its series, oldest first; may be empty.
    pub samples: &'a [Sample],
}

/// Anomalies that belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnomalyEvent {
    /// First unusual sample of any member.
    pub start: Timestamp,
    /// Last unusual sample of any member.
    pub end: Timestamp,
    /// Whether any member goes on.
    pub ongoing: bool,
    /// The worst of the members.
    pub severity: Severity,
    /// The highest of the members'; none where none has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// The members, earliest first: the first is where it was first seen, which is no claim about the
    /// cause.
    pub members: Vec<Anomaly>,
    /// What holds them together, in a sentence.
    pub why: String,
}

/// Anomalies that end before another begins still overlap when no more lies between: two steps of the
/// usual minute, by which scrapes are apart anyway.
const SLACK: SignedDuration = SignedDuration::from_mins(2);
/// Rank correlation from which two series move together. By chance, 0.5 over thirty readings comes
/// once in two hundred pairs (t = 3.06 with 28 degrees of freedom).
const TOGETHER: f64 = 0.5;
/// How far around the two anomalies the series are compared: as far again as they last, but at least
/// this, so that the way in and out is seen.
const AROUND: SignedDuration = SignedDuration::from_mins(15);
/// Readings in common below which a correlation says nothing; then time and place decide.
const LEAST_COMMON: usize = 8;
/// Readings are at the same time when no farther apart than this: half of the usual minute.
const SAME_TIME_MS: i64 = 30_000;

/// The events of these anomalies, earliest first; one that belongs to no other is an event by itself.
///
/// Time grows with the pairs that are the same or neighbours, not with all pairs.
pub fn groups(members: &[Member<'_>], topology: &Topology) -> Vec<AnomalyEvent> {
    let mut members: Vec<&Member<'_>> = members.iter().collect();
    members.sort_by(|a, b| order(a.anomaly, b.anomaly));
    let mut sets = Sets::new(members.len());
    for (a, b) in near(&members, topology) {
        if overlap(members[a].anomaly, members[b].anomaly) && together(members[a], members[b]) {
            sets.join(a, b);
        }
    }
    let mut held: BTreeMap<usize, Vec<Anomaly>> = BTreeMap::new();
    for (i, member) in members.iter().enumerate() {
        let root = sets.root(i);
        held.entry(root).or_default().push(member.anomaly.clone());
    }
    held.into_values().map(event).collect()
}

/// A total order of anomalies by all that tells them apart.
fn order(a: &Anomaly, b: &Anomaly) -> std::cmp::Ordering {
    let key = |x: &Anomaly| (x.start, x.end, x.peak_at);
    key(a)
        .cmp(&key(b))
        .then_with(|| a.entity.cmp(&b.entity))
        .then_with(|| a.signal.cmp(&b.signal))
        .then_with(|| a.labels.cmp(&b.labels))
        .then_with(|| a.evidence.0.cmp(&b.evidence.0))
        .then_with(|| a.peak.total_cmp(&b.peak))
        .then_with(|| a.score.total_cmp(&b.score))
        .then_with(|| a.why.cmp(&b.why))
}

/// Pairs whose entities are the same or neighbours, each once, by the members' places.
fn near(members: &[&Member<'_>], topology: &Topology) -> BTreeSet<(usize, usize)> {
    let mut of: BTreeMap<&Entity, Vec<usize>> = BTreeMap::new();
    for (i, member) in members.iter().enumerate() {
        of.entry(&member.anomaly.entity).or_default().push(i);
    }
    let mut pairs = BTreeSet::new();
    let mut all = |left: &[usize], right: &[usize]| {
        for a in left {
            for b in right.iter().filter(|b| a != *b) {
                pairs.insert((*a.min(b), *a.max(b)));
            }
        }
    };
    for places in of.values() {
        all(places, places);
    }
    for edge in &topology.edges {
        if let (Some(from), Some(to)) = (of.get(&edge.from), of.get(&edge.to)) {
            all(from, to);
        }
    }
    pairs
}

fn overlap(a: &Anomaly, b: &Anomaly) -> bool {
    let later = a.start.max(b.start);
    let earlier_end = a.end.min(b.end);
    later.duration_since(earlier_end) <= SLACK
}

/// Whether the two series rise and fall together, either way round, around both anomalies.
fn together(a: &Member<'_>, b: &Member<'_>) -> bool {
    let common = common(a, b);
    if common.len() < LEAST_COMMON {
        return true;
    }
    let (left, right): (Vec<f64>, Vec<f64>) = common.into_iter().unzip();
    correlation(&ranks(&left), &ranks(&right)).abs() >= TOGETHER
}

/// Readings of both at the same times around both anomalies.
fn common(a: &Member<'_>, b: &Member<'_>) -> Vec<(f64, f64)> {
    let start = a.anomaly.start.min(b.anomaly.start);
    let end = a.anomaly.end.max(b.anomaly.end);
    let around = end.duration_since(start).max(AROUND);
    let range = TimeRange {
        start: start.saturating_sub(around).unwrap_or(start),
        end: end.saturating_add(around).unwrap_or(end),
    };
    let (from, to) = (range.start.as_millisecond(), range.end.as_millisecond());
    let mut other = b.samples.iter().peekable();
    let mut pairs = Vec::new();
    for sample in a.samples {
        if sample.at_ms < from || sample.at_ms > to || !sample.value.is_finite() {
            continue;
        }
        let early = sample.at_ms.saturating_sub(SAME_TIME_MS);
        while other.next_if(|o| o.at_ms < early).is_some() {}
        if let Some(o) = other.peek() {
            let same = o.at_ms.saturating_sub(sample.at_ms) <= SAME_TIME_MS;
            if same && o.value.is_finite() {
                pairs.push((sample.value, o.value));
            }
        }
    }
    pairs
}

/// Ranks, equal values sharing the middle one.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut places: Vec<usize> = (0..values.len()).collect();
    places.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut from = 0;
    while from < places.len() {
        let same = |p: &usize| values[*p].total_cmp(&values[places[from]]).is_eq();
        let count = places[from..].iter().take_while(|p| same(p)).count();
        let rank = from as f64 + (count as f64 - 1.0) / 2.0;
        for place in &places[from..from + count] {
            ranks[*place] = rank;
        }
        from += count;
    }
    ranks
}

/// Pearson's correlation; 0 where one of them does not move.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let count = a.len() as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / count, b.iter().sum::<f64>() / count);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        ab += (x - mean_a) * (y - mean_b);
        aa += (x - mean_a).powi(2);
        bb += (y - mean_b).powi(2);
    }
    if aa > 0.0 && bb > 0.0 {
        ab / (aa * bb).sqrt()
    } else {
        0.0
    }
}

/// The event of members in order, which are never none.
fn event(members: Vec<Anomaly>) -> AnomalyEvent {
    let first = &members[0];
    let start = first.start;
    let end = members.iter().map(|m| m.end).max().unwrap_or(first.end);
    let worst = members.iter().map(|m| m.severity).max();
    let why = why(&members);
    AnomalyEvent {
        start,
        end,
        ongoing: members.iter().any(|m| m.ongoing),
        severity: worst.unwrap_or(first.severity),
        probability: members
            .iter()
            .filter_map(|m| m.probability)
            .max_by(f64::total_cmp),
        why,
        members,
    }
}

fn why(members: &[Anomaly]) -> String {
    let first = &members[0];
    if members.len() == 1 {
        return first.why.clone();
    }
    let entities: BTreeSet<&Entity> = members.iter().map(|m| &m.entity).collect();
    let on = if entities.len() == 1 {
        format!("of {}", first.entity)
    } else {
        format!(
            "of {} that depend on each other",
            crate::phrase::count(entities.len(), "thing")
        )
    };
    format!(
        "{} signals {on} moved together; first seen: {} of {}",
        members.len(),
        first.signal,
        first.entity
    )
}

/// Disjoint sets of places (Tarjan 1975), each known by its smallest place.
struct Sets(Vec<usize>);

impl Sets {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn root(&mut self, mut place: usize) -> usize {
        while self.0[place] != place {
            self.0[place] = self.0[self.0[place]];
            place = self.0[place];
        }
        place
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }
}
