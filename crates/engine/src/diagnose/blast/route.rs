//! The strongest way from a cause to what it reaches, read off the causal graph.

use std::collections::BTreeMap;

use super::Path;
use crate::diagnose::case::Case;
use crate::diagnose::flow::Flow;
use crate::diagnose::influence::CausalEdge;
use crate::diagnose::things::Thing;
use crate::diagnose::weigh::Weighed;

/// How trouble that begins with one observation spreads: how far it gets, and what each was reached
/// from.
struct Spread {
    reach: Vec<f64>,
    from: Vec<usize>,
}

/// The ways from the roots of a candidate.
pub(super) struct Routes {
    spreads: Vec<Spread>,
    flows: BTreeMap<(usize, usize), Flow>,
}

impl Routes {
    pub(super) fn of(case: &Case<'_>, weighed: &Weighed<'_>) -> Self {
        let spreads = weighed.roots().map(|root| {
            let (reach, from) = case.graph.routes(root);
            Spread { reach, from }
        });
        let mut strongest: BTreeMap<(usize, usize), &CausalEdge> = BTreeMap::new();
        for link in case.graph.links() {
            let best = strongest.entry((link.cause, link.effect)).or_insert(link);
            if link.strength > best.strength {
                *best = link;
            }
        }
        Self {
            spreads: spreads.collect(),
            flows: strongest
                .into_iter()
                .map(|(ends, link)| (ends, link.flow))
                .collect(),
        }
    }

    /// The way to a thing; none where it is not reached.
    pub(super) fn to(&self, case: &Case<'_>, thing: Thing) -> Option<Path> {
        let observations = case.graph.observations(thing).iter();
        let ends = observations.flat_map(|end| self.spreads.iter().map(move |s| (s, *end)));
        let (spread, end) = ends
            .filter(|(spread, end)| spread.reach[*end] > 0.0)
            .reduce(|a, b| {
                if b.0.reach[b.1] > a.0.reach[a.1] {
                    b
                } else {
                    a
                }
            })?;
        let mut chain = vec![end];
        let mut at = end;
        while spread.from[at] != at && chain.len() <= spread.from.len() {
            at = spread.from[at];
            chain.push(at);
        }
        chain.reverse();
        Some(self.things(case, &chain))
    }

    /// From observations to the things that they are of, with those between that nothing measures.
    fn things(&self, case: &Case<'_>, chain: &[usize]) -> Path {
        let first = chain.first().map(|first| (case.seen[*first].thing, None));
        let mut path: Path = first.into_iter().collect();
        for pair in chain.windows(2) {
            let (from, to) = (case.seen[pair[0]].thing, case.seen[pair[1]].thing);
            let Some(flow) = self.flows.get(&(pair[0], pair[1])).filter(|_| from != to) else {
                continue;
            };
            if flow.from != from {
                let first = case.graph.into(flow.from).find(|first| first.from == from);
                path.push((flow.from, first.map(|first| first.way)));
            }
            path.push((to, Some(flow.way)));
        }
        straight(path)
    }
}

/// Without the detours on which trouble comes back to where it has been.
fn straight(path: Path) -> Path {
    let mut straight: Path = Vec::new();
    for (thing, way) in path {
        match straight.iter().position(|(before, _)| *before == thing) {
            Some(place) => straight.truncate(place + 1),
            None => straight.push((thing, way)),
        }
    }
    straight
}
