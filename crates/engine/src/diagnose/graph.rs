//! The causal graph as it is told: what stands out and hangs together with what is felt, and which
//! trouble can have come from which, with sign, lag, strength and reason.
//!
//! How things hang together is the prior: an edge follows a flow of the topology ([`super::flow`]) and is
//! as strong as kinds, signs and times of both deviations allow ([`super::influence`]). Where both ends
//! have samples enough, their dependence apart from the trouble is tested ([`association`]). Things
//! that share what they run on or call, and are not connected themselves, get an edge only where they
//! move together beyond what they share.

pub(crate) mod association;
mod node;
mod reasons;
mod sentence;
mod series;

use std::collections::{BTreeMap, BTreeSet};

use fleetscope_model::{CausalGraph, CausalLink, EdgeKind, EvidenceId, Relation, Verdict};
use jiff::SignedDuration;

use self::association::{Associations, Found, Travels};
pub(crate) use self::reasons::reasons;
use super::case::{Case, cite};
use super::flow::{Flow, Way};
use super::influence::CausalEdge;
use super::rounded;
use super::things::Thing;
use super::weigh::Weighed;

/// Edges below this are not told: they make no incident of two troubles either.
const TOLD: f64 = 0.2;
/// Things that share one other are compared with each other, so many of each at most: the worst.
const MOST_SHARERS: usize = 8;
/// So many such pairs in all.
const MOST_PAIRS: usize = 300;

/// The graph of an incident and of those beside it, with the tests of its edges.
pub(crate) struct Told {
    /// As it is told.
    pub(crate) graph: CausalGraph,
    /// The tested edges, by cause and effect.
    pub(crate) tested: BTreeMap<(Thing, Thing), Found>,
}

/// What is told apart from the incident, and what its causes are, as far as they are known.
#[derive(Debug, Default)]
pub(crate) struct Others {
    /// Its things.
    pub(crate) members: BTreeSet<Thing>,
    /// Its causes.
    pub(crate) causes: BTreeSet<Thing>,
}

/// Makes it.
pub(crate) fn graph(
    case: &Case<'_>,
    weighed: &[Weighed<'_>],
    verdict: &Verdict,
    beside: &Others,
) -> Told {
    let shown = node::shown(case, &case.incident.members, &beside.members);
    let mut associations = Associations::of(case);
    let mut tested: BTreeMap<(Thing, Thing), Found> = BTreeMap::new();
    let mut edges = Vec::new();
    for edge in strongest(case, &shown) {
        let pair = (case.seen[edge.cause].thing, case.seen[edge.effect].thing);
        let found = associations.test(pair.0, pair.1, Travels::by(edge.flow.way));
        edges.push(link(case, &edge, found.as_ref()));
        if let Some(found) = found {
            tested.insert(pair, found);
        }
    }
    for pair in sharers(case, &shown) {
        let known = [pair, (pair.1, pair.0)];
        if known.iter().any(|pair| tested.contains_key(pair)) {
            continue;
        }
        if let Some(found) = associations.test(pair.0, pair.1, Travels::Trouble) {
            edges.extend(statistical(case, pair, &found));
        }
    }
    edges.sort_by(|a, b| {
        b.strength
            .total_cmp(&a.strength)
            .then_with(|| (&a.from, &a.to, a.relation).cmp(&(&b.from, &b.to, b.relation)))
    });
    edges.truncate(CausalGraph::MOST_EDGES);
    Told {
        graph: CausalGraph {
            nodes: node::nodes(case, (weighed, verdict), &beside.causes, &shown),
            edges,
        },
        tested,
    }
}

/// The strongest edge from each thing to each other that is worth telling.
fn strongest(case: &Case<'_>, shown: &BTreeSet<Thing>) -> Vec<CausalEdge> {
    let mut best: BTreeMap<(Thing, Thing), CausalEdge> = BTreeMap::new();
    for edge in case.graph.links().iter().filter(|e| e.strength >= TOLD) {
        let pair = (case.seen[edge.cause].thing, case.seen[edge.effect].thing);
        if !shown.contains(&pair.0) || !shown.contains(&pair.1) || pair.0 == pair.1 {
            continue;
        }
        let known = best.entry(pair).or_insert(*edge);
        if known.strength < edge.strength {
            *known = *edge;
        }
    }
    let mut edges: Vec<CausalEdge> = best.into_values().collect();
    edges.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    edges.truncate(CausalGraph::MOST_EDGES);
    edges
}

fn link(case: &Case<'_>, edge: &CausalEdge, found: Option<&Found>) -> CausalLink {
    let (cause, effect) = (&case.seen[edge.cause], &case.seen[edge.effect]);
    CausalLink {
        from: case.things.entity(cause.thing).clone(),
        to: case.things.entity(effect.thing).clone(),
        relation: relation(case, &edge.flow),
        same_sign: cause.up == effect.up,
        lag: effect.onset.at.duration_since(cause.onset.at),
        strength: rounded(edge.strength),
        reason: sentence::edge(case, edge, found),
        evidence: case.evidence([edge.cause, edge.effect]),
        association: found.map(|found| found.told(case)),
    }
}

/// An edge between two that share something, where they move together beyond that.
fn statistical(case: &Case<'_>, (a, b): (Thing, Thing), found: &Found) -> Option<CausalLink> {
    if !found.holds() {
        return None;
    }
    // Who moves first may move the other; at once it may be either.
    let (from, to) = if found.dependence.lag < 0 {
        (b, a)
    } else {
        (a, b)
    };
    let readings: [EvidenceId; 2] = found.readings(case);
    let lag = found.lag().abs();
    Some(CausalLink {
        from: case.things.entity(from).clone(),
        to: case.things.entity(to).clone(),
        relation: Relation::Statistical,
        same_sign: found.dependence.correlation > 0.0,
        lag,
        strength: rounded(found.partial_r2()),
        reason: sentence::statistical(case, (from, to), found),
        evidence: cite(&readings),
        association: Some(if from == a {
            found.told(case)
        } else {
            found.turned().told(case)
        }),
    })
}

/// Pairs of things that share what they run on, use or call.
fn sharers(case: &Case<'_>, shown: &BTreeSet<Thing>) -> Vec<(Thing, Thing)> {
    let mut of: BTreeMap<Thing, Vec<Thing>> = BTreeMap::new();
    for flow in case.graph.flows() {
        let shares = matches!(flow.way, Way::Call | Way::Host | Way::Device);
        if shares && shown.contains(&flow.to) {
            of.entry(flow.from).or_default().push(flow.to);
        }
    }
    let mut pairs = BTreeSet::new();
    for sharers in of.values_mut() {
        sharers.sort_by_key(|thing| {
            let first = case.graph.observations(*thing).first();
            (first.copied(), *thing)
        });
        sharers.dedup();
        sharers.truncate(MOST_SHARERS);
        for (i, a) in sharers.iter().enumerate() {
            pairs.extend(sharers[i + 1..].iter().map(|b| (*a.min(b), *a.max(b))));
        }
    }
    pairs.into_iter().take(MOST_PAIRS).collect()
}

fn relation(case: &Case<'_>, flow: &Flow) -> Relation {
    match flow.way {
        Way::Call | Way::Requests => Relation::Calls,
        Way::Host | Way::Load | Way::Part => Relation::RunsOn,
        Way::Device if owns(case, flow) => Relation::Owns,
        Way::Device | Way::Demand => Relation::Uses,
        Way::Kin => Relation::Clock,
        Way::Neighbour => Relation::Namespace,
    }
}

fn owns(case: &Case<'_>, flow: &Flow) -> bool {
    case.input.topology.edges.iter().any(|edge| {
        edge.kind == EdgeKind::Owns
            && case.things.find(&edge.to) == Some(flow.from)
            && case.things.find(&edge.from) == Some(flow.to)
    })
}

/// So many steps of so many milliseconds.
pub(crate) fn steps(count: i32, step_ms: i64) -> SignedDuration {
    SignedDuration::from_millis(i64::from(count).saturating_mul(step_ms))
}
