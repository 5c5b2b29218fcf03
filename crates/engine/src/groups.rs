//! Anomalies that move together are one event.
//!
//! Two anomalies belong together when their entities are the same or neighbours in the topology,
//! their times overlap, and their series rise and fall together around that time. Belonging is handed
//! on: an event is a connected set. The same anomalies give the same events, in whatever order they
//! come.

mod among;
mod tell;
mod together;

use std::collections::BTreeMap;

use fleetscope_model::{Anomaly, AnomalyEvent, EdgeKind, Entity, Sample, Tie, Topology};
use jiff::SignedDuration;

pub use among::among;

use self::tell::{event, worst_first};
use self::together::{Together, together};

/// An anomaly with the samples it was found in; without them only time and place count.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// The anomaly.
    pub anomaly: &'a Anomaly,
    /// Its series, oldest first; may be empty.
    pub samples: &'a [Sample],
}

/// Anomalies that end before another begins still overlap when no more lies between: two steps of the
/// usual minute, by which scrapes are apart anyway.
const SLACK: SignedDuration = SignedDuration::from_mins(2);

/// The events of these anomalies, worst first; members are told by their places in `members`.
///
/// Time grows with the pairs that are the same or neighbours, not with all pairs; of those that are tied
/// already no more are compared.
pub fn groups(members: &[Member<'_>], topology: &Topology) -> Vec<AnomalyEvent> {
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by(|a, b| earliest_first(&members[*a], &members[*b]));
    let ordered: Vec<&Member<'_>> = order.iter().map(|i| &members[*i]).collect();
    let mut ties = Ties::new(&ordered);
    ties.find(topology);
    let mut events: Vec<(AnomalyEvent, usize)> = ties
        .sets
        .parts()
        .into_iter()
        .map(|part| {
            let first = part[0];
            let held = part.iter().map(|i| (order[*i], ordered[*i].anomaly));
            let tied = ties.found_in(first).cloned().collect();
            (event(&held.collect::<Vec<_>>(), tied), first)
        })
        .collect();
    events.sort_by(|(a, i), (b, j)| worst_first(a, b).then(i.cmp(j)));
    events.into_iter().map(|(event, _)| event).collect()
}

/// A total order of anomalies by all that tells them apart; those that nothing tells apart are put in
/// order by their samples, which decide what they belong to.
fn earliest_first(one: &Member<'_>, other: &Member<'_>) -> std::cmp::Ordering {
    let (a, b) = (one.anomaly, other.anomaly);
    let key = |x: &Anomaly| (x.start, x.end, x.peak_at);
    let sample = |s: &Sample| (s.at_ms, s.value.to_bits());
    key(a)
        .cmp(&key(b))
        .then_with(|| a.entity.cmp(&b.entity))
        .then_with(|| a.signal.cmp(&b.signal))
        .then_with(|| a.labels.cmp(&b.labels))
        .then_with(|| a.evidence.0.cmp(&b.evidence.0))
        .then_with(|| a.peak.total_cmp(&b.peak))
        .then_with(|| a.score.total_cmp(&b.score))
        .then_with(|| a.why.cmp(&b.why))
        .then_with(|| {
            one.samples
                .iter()
                .map(sample)
                .cmp(other.samples.iter().map(sample))
        })
}

/// Which members, in their order, are tied, and by what.
struct Ties<'a> {
    members: &'a [&'a Member<'a>],
    sets: Sets,
    /// By the two entities; the first pair of members that was found tells.
    found: BTreeMap<(&'a Entity, &'a Entity), (Tie, usize)>,
}

impl<'a> Ties<'a> {
    fn new(members: &'a [&'a Member<'a>]) -> Self {
        Self {
            members,
            sets: Sets::new(members.len()),
            found: BTreeMap::new(),
        }
    }

    fn find(&mut self, topology: &Topology) {
        let mut of: BTreeMap<&'a Entity, Vec<usize>> = BTreeMap::new();
        for (i, member) in self.members.iter().enumerate() {
            of.entry(&member.anomaly.entity).or_default().push(i);
        }
        for (entity, places) in &of {
            for (i, a) in places.iter().enumerate() {
                for b in &places[i + 1..] {
                    self.tie((entity, entity), (*a, *b), None);
                }
            }
        }
        for edge in &topology.edges {
            let ends = (of.get_key_value(&edge.from), of.get_key_value(&edge.to));
            let (Some((from, left)), Some((to, right))) = ends else {
                continue;
            };
            for a in left {
                for b in right.iter().filter(|b| *b != a) {
                    self.tie((from, to), (*a, *b), Some(edge.kind));
                }
            }
        }
    }

    /// Ties two members of two entities, which may be the same, if they move together.
    fn tie(
        &mut self,
        entities: (&'a Entity, &'a Entity),
        (a, b): (usize, usize),
        kind: Option<EdgeKind>,
    ) {
        let same = self.sets.root(a) == self.sets.root(b);
        if same && self.found.contains_key(&entities) {
            return;
        }
        let (one, other) = (self.members[a], self.members[b]);
        if !overlap(one.anomaly, other.anomaly) {
            return;
        }
        let correlation = match together(one, other) {
            Together::Apart => return,
            Together::Unknown => None,
            Together::Moving(correlation) => Some(correlation),
        };
        self.sets.join(a, b);
        let tie = || Tie {
            from: entities.0.clone(),
            to: entities.1.clone(),
            kind,
            correlation,
        };
        self.found.entry(entities).or_insert_with(|| (tie(), a));
    }

    /// What was found in the set of a member, by the two entities.
    fn found_in(&self, first: usize) -> impl Iterator<Item = &Tie> {
        let within = move |(_, member): &&(Tie, usize)| self.sets.top(*member) == first;
        self.found.values().filter(within).map(|(tie, _)| tie)
    }
}

fn overlap(a: &Anomaly, b: &Anomaly) -> bool {
    let later = a.start.max(b.start);
    let earlier_end = a.end.min(b.end);
    later.duration_since(earlier_end) <= SLACK
}

/// Disjoint sets of places (Tarjan 1975), each known by its smallest place.
#[derive(Debug)]
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

    /// The same without shortening the way.
    fn top(&self, mut place: usize) -> usize {
        while self.0[place] != place {
            place = self.0[place];
        }
        place
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }

    /// The sets by their smallest places, each in order.
    fn parts(&self) -> Vec<Vec<usize>> {
        let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for place in 0..self.0.len() {
            parts.entry(self.top(place)).or_default().push(place);
        }
        parts.into_values().collect()
    }
}
