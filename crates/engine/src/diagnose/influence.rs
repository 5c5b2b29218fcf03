//! Which trouble can have come from which: the causal graph of one incident.
//!
//! Its nodes are observations, not things: a thing that was restarted at noon and waits for another
//! at two is two stories. A link leads along a flow from one observation to another where times and
//! signs fit, possibly through a thing that nothing measures, or within one thing from what is wrong
//! with it to what is felt of it.

mod asked;
mod timing;

use std::collections::BTreeSet;

use fleetscope_model::ClusterId;

pub(crate) use self::timing::BLUR_MINUTES;
use self::timing::{means, timing};
use super::flow::{self, Flow, Way};
use super::load::Load;
use super::observe::{Observation, minutes_between};
use super::skew::Skew;
use super::things::{Thing, Things};

/// Trouble does not travel further than this.
const MOST_HOPS: usize = 8;
/// What passes through a thing that nothing measures is believed this much.
const UNMEASURED: f64 = 0.75;
/// Links and reach below this are none.
const NEGLIGIBLE: f64 = 0.05;

/// One link of the causal graph.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CausalEdge {
    /// The flow that it follows; the last one where it leads through a thing that nothing measures.
    pub(crate) flow: Flow,
    /// 0 to 1.
    pub(crate) strength: f64,
    /// The observation that is the cause.
    pub(crate) cause: usize,
    /// The observation that is the effect.
    pub(crate) effect: usize,
    /// Minutes from the onset of the cause to the onset of the effect.
    pub(crate) lag_minutes: f64,
}

/// The causal graph with all that can be read off it.
pub(crate) struct Influence<'a> {
    seen: &'a [Observation],
    flows: &'a [Flow],
    /// Observations of each thing.
    of: Vec<Vec<usize>>,
    /// Things of which nobody measures what others feel.
    hidden: Vec<bool>,
    /// Links between things, by flow.
    links: Vec<CausalEdge>,
    /// For each observation, where it leads and how strongly, within its thing too.
    onward: Vec<Vec<(usize, f64)>>,
    /// Where each thing is.
    cluster: Vec<ClusterId>,
    /// Who is asked for far more than usual.
    load: Load,
    /// Between which clusters order tells nothing.
    skew: Skew,
}

impl<'a> Influence<'a> {
    /// The graph of these observations.
    pub(crate) fn of(things: &Things, seen: &'a [Observation], flows: &'a [Flow]) -> Self {
        let mut of = vec![Vec::new(); things.len()];
        for (index, observation) in seen.iter().enumerate() {
            of[observation.thing].push(index);
        }
        let (links, onward) = (Vec::new(), vec![Vec::new(); seen.len()]);
        let load = Load::of(seen, &of);
        let skew = Skew::of(things, seen, flows, &load);
        let cluster = (0..things.len())
            .map(|thing| things.entity(thing).cluster)
            .collect();
        let hidden = (0..things.len())
            .map(|thing| !things.is_felt_measured(thing))
            .collect();
        let mut graph = Self {
            seen,
            flows,
            of,
            hidden,
            links,
            onward,
            cluster,
            load,
            skew,
        };
        graph.links = graph.direct();
        let dark = |thing: &Thing| graph.of[*thing].is_empty() && things.is_dark(*thing);
        let dark: Vec<Thing> = (0..things.len()).filter(dark).collect();
        graph.links.extend(
            dark.iter()
                .flat_map(|thing| graph.through(*thing))
                .collect::<Vec<_>>(),
        );
        for link in &graph.links {
            graph.onward[link.cause].push((link.effect, link.strength));
        }
        for own in &graph.of {
            for (a, b) in own.iter().flat_map(|a| own.iter().map(move |b| (*a, *b))) {
                let strained = graph
                    .load
                    .strains(b, &seen[b])
                    .filter(|(flood, _)| *flood == a);
                let strength = flow::within(&seen[a], &seen[b])
                    .max(strained.map_or(0.0, |(_, strength)| strength))
                    * means(&seen[a], &seen[b])
                    * timing(&seen[a], &seen[b]);
                if a != b && strength >= NEGLIGIBLE {
                    graph.onward[a].push((b, strength));
                }
            }
        }
        graph
    }

    /// The observations of a thing, oldest onset first.
    pub(crate) fn observations(&self, thing: Thing) -> &[usize] {
        &self.of[thing]
    }

    /// Whether the thing stands out at all.
    pub(crate) fn stands_out(&self, thing: Thing) -> bool {
        !self.of[thing].is_empty()
    }

    /// The flows into a thing.
    pub(crate) fn into(&self, thing: Thing) -> impl Iterator<Item = &Flow> {
        self.flows.iter().filter(move |flow| flow.to == thing)
    }

    /// Every flow.
    pub(crate) fn flows(&self) -> &[Flow] {
        self.flows
    }

    /// Links between observations of different things.
    pub(crate) fn links(&self) -> &[CausalEdge] {
        &self.links
    }

    /// The strongest link of each flow, strongest first.
    pub(crate) fn edges(&self) -> Vec<CausalEdge> {
        let mut best: Vec<CausalEdge> = Vec::new();
        for link in &self.links {
            match best.iter_mut().find(|edge| edge.flow == link.flow) {
                Some(edge) if edge.strength < link.strength => *edge = *link,
                Some(_) => {}
                None => best.push(*link),
            }
        }
        best.sort_by(|a, b| b.strength.total_cmp(&a.strength));
        best
    }

    /// How far trouble that begins with an observation reaches every other, 0 to 1, along the
    /// strongest path.
    pub(crate) fn reach(&self, source: usize) -> Vec<f64> {
        self.routes(source).0
    }

    /// The same, and from which observation each was reached: what was not, and the source, from
    /// itself.
    pub(crate) fn routes(&self, source: usize) -> (Vec<f64>, Vec<usize>) {
        let mut reach = vec![0.0; self.seen.len()];
        let mut origin: Vec<usize> = (0..self.seen.len()).collect();
        reach[source] = 1.0;
        let mut fresh = vec![source];
        for _ in 0..MOST_HOPS {
            let mut next = Vec::new();
            for from in std::mem::take(&mut fresh) {
                for (to, strength) in &self.onward[from] {
                    let further = reach[from] * strength;
                    if further >= NEGLIGIBLE && further > reach[*to] {
                        reach[*to] = further;
                        origin[*to] = from;
                        next.push(*to);
                    }
                }
            }
            next.sort_unstable();
            next.dedup();
            fresh = next;
        }
        (reach, origin)
    }

    /// Who is asked for far more than usual.
    pub(crate) fn load(&self) -> &Load {
        &self.load
    }

    /// Between which clusters order tells nothing.
    pub(crate) fn skew(&self) -> &Skew {
        &self.skew
    }

    /// How far an observation is explained by trouble elsewhere or by load, 0 to 1, and by what.
    pub(crate) fn explained(&self, effect: usize) -> (f64, Option<CausalEdge>) {
        let links = self.links.iter().filter(|link| link.effect == effect);
        let best = links
            .copied()
            .chain(self.strained(effect))
            .reduce(|a, b| if b.strength > a.strength { b } else { a });
        (best.map_or(0.0, |link| link.strength), best)
    }

    fn direct(&self) -> Vec<CausalEdge> {
        let mut links = Vec::new();
        for flow in self.flows {
            for cause in &self.of[flow.from] {
                for effect in &self.of[flow.to] {
                    let (from, to) = (&self.seen[*cause], &self.seen[*effect]);
                    let strength = flow::carries(flow.way, from, self.hidden[flow.from])
                        * flow::accounts_for(flow.way, to)
                        * self.in_proportion(flow.way, from, to);
                    let strength = strength.max(self.amplifies(flow, from, to));
                    links.extend(self.link(*flow, strength, *cause, *effect));
                }
            }
        }
        links
    }

    /// Links from what troubles a thing that nothing measures to what that thing would trouble.
    fn through(&self, dark: Thing) -> Vec<CausalEdge> {
        let main =
            |flow: &&Flow| matches!(flow.way, Way::Call | Way::Host | Way::Device | Way::Demand);
        let mut links = Vec::new();
        for last in self
            .flows
            .iter()
            .filter(|flow| flow.from == dark)
            .filter(main)
        {
            for first in self
                .into(dark)
                .filter(main)
                .filter(|first| first.from != last.to)
            {
                for cause in &self.of[first.from] {
                    for effect in &self.of[last.to] {
                        let strength = UNMEASURED
                            * flow::carries(first.way, &self.seen[*cause], self.hidden[first.from])
                            * flow::accounts_for(last.way, &self.seen[*effect]);
                        links.extend(self.link(*last, strength, *cause, *effect));
                    }
                }
            }
        }
        links
    }

    /// A small cause has no large effect: a workload that takes a little more does not fill its node,
    /// a node with room left slows nothing down, and a clock that follows another is not off in more
    /// ways than that.
    fn in_proportion(&self, way: Way, cause: &Observation, effect: &Observation) -> f64 {
        let ways = |thing: Thing| {
            let signals = self.of[thing]
                .iter()
                .map(|o| self.seen[*o].anomaly.signal.as_str());
            signals.collect::<BTreeSet<_>>().len() as f64
        };
        match way {
            Way::Load => (cause.weight() / effect.weight()).min(1.0) * means(cause, effect),
            Way::Host => cause.strain() * means(cause, effect),
            Way::Kin => (ways(cause.thing) / ways(effect.thing)).min(1.0).powi(2),
            _ => 1.0,
        }
    }

    fn link(&self, flow: Flow, strength: f64, cause: usize, effect: usize) -> Option<CausalEdge> {
        let (from, to) = (&self.seen[cause], &self.seen[effect]);
        let strength = strength * self.times_fit(from, to);
        let lag_minutes = minutes_between(from.onset.at, to.onset.at);
        let link = CausalEdge {
            flow,
            strength,
            cause,
            effect,
            lag_minutes,
        };
        (strength >= NEGLIGIBLE).then_some(link)
    }
}
