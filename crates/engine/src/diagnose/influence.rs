//! Which trouble can have come from which: the causal graph of one incident.
//!
//! An edge of the graph is a flow between two things that both stand out, with a lag that fits and a
//! strength; trouble may also pass through a thing that nothing measures.

use super::flow::{self, Flow, Way};
use super::observe::{Observation, minutes_between};
use super::things::{Thing, Things};

/// Trouble does not travel further than this.
const MOST_HOPS: usize = 6;
/// What passes through a thing that nothing measures is believed this much.
const UNMEASURED: f64 = 0.75;
/// Reach below this is none.
const NEGLIGIBLE: f64 = 0.05;
/// How fast belief falls, in minutes, where the effect seems to come before the cause: by more
/// than the uncertainty of both onsets, which is mostly a few minutes of smoothing.
const BACKWARDS_MINUTES: f64 = 4.0;
/// Rates and quantiles over five minutes blur every onset by about this many minutes beyond what
/// the samples show.
const BLUR_MINUTES: f64 = 1.5;
/// An effect begins at most this many minutes after its cause has ended.
const AFTERMATH_MINUTES: f64 = 15.0;

/// One edge of the causal graph.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CausalEdge {
    /// The flow that it follows.
    pub(crate) flow: Flow,
    /// 0 to 1.
    pub(crate) strength: f64,
    /// The observation of the cause that carries it.
    pub(crate) cause: usize,
    /// The observation of the effect that it accounts for best.
    pub(crate) effect: usize,
    /// Minutes from the onset of the cause to the onset of the effect.
    pub(crate) lag_minutes: f64,
}

/// The causal graph with all that can be read off it.
pub(crate) struct Influence<'a> {
    things: &'a Things,
    seen: &'a [Observation],
    flows: &'a [Flow],
    /// The edge along each flow, where there is one.
    edges: Vec<Option<CausalEdge>>,
    /// Observations of each thing.
    of: Vec<Vec<usize>>,
}

impl<'a> Influence<'a> {
    /// The graph of these observations.
    pub(crate) fn of(things: &'a Things, seen: &'a [Observation], flows: &'a [Flow]) -> Self {
        let mut of = vec![Vec::new(); things.len()];
        for (index, observation) in seen.iter().enumerate() {
            of[observation.thing].push(index);
        }
        let mut graph = Self {
            things,
            seen,
            flows,
            edges: Vec::new(),
            of,
        };
        graph.edges = flows.iter().map(|flow| graph.edge(flow)).collect();
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

    /// The edges between things that both stand out, strongest first.
    pub(crate) fn edges(&self) -> Vec<CausalEdge> {
        let mut edges: Vec<CausalEdge> = self.edges.iter().flatten().copied().collect();
        edges.sort_by(|a, b| b.strength.total_cmp(&a.strength));
        edges
    }

    /// How far trouble at `source` reaches every thing, 0 to 1, along the strongest path.
    pub(crate) fn reach(&self, source: Thing) -> Vec<f64> {
        let mut reach = vec![0.0; self.things.len()];
        reach[source] = 1.0;
        for _ in 0..MOST_HOPS {
            let before = reach.clone();
            for (flow, edge) in self.flows.iter().zip(&self.edges) {
                if before[flow.from] < NEGLIGIBLE || flow.to == source {
                    continue;
                }
                let step = edge.map_or_else(|| self.blind_step(source, flow), |e| e.strength);
                let further = before[flow.from] * step;
                if further >= NEGLIGIBLE && further > reach[flow.to] {
                    reach[flow.to] = further;
                }
            }
            if reach == before {
                break;
            }
        }
        reach
    }

    /// How far an observation is explained by trouble elsewhere, 0 to 1, and by what.
    pub(crate) fn explained(&self, effect: usize) -> (f64, Option<CausalEdge>) {
        let thing = self.seen[effect].thing;
        let mut best: (f64, Option<CausalEdge>) = (0.0, None);
        let mut consider = |strength: f64, flow: &Flow, cause: usize| {
            if strength > best.0 {
                best = (strength, Some(self.causal(*flow, strength, cause, effect)));
            }
        };
        for flow in self.into(thing) {
            for cause in &self.of[flow.from] {
                consider(self.link(flow.way, *cause, effect), flow, *cause);
            }
            if self.is_dark(flow.from) {
                for (cause, strength) in self.through(flow, effect) {
                    consider(strength, flow, cause);
                }
            }
        }
        best
    }

    /// Causes that could have come through a thing that nothing measures.
    fn through(&self, last: &Flow, effect: usize) -> Vec<(usize, f64)> {
        let onto = &self.seen[effect];
        let accounts = UNMEASURED * flow::accounts_for(last.way, onto);
        let mut found = Vec::new();
        for flow in self.into(last.from).filter(|flow| flow.from != onto.thing) {
            for cause in &self.of[flow.from] {
                let from = &self.seen[*cause];
                let strength = accounts * flow::carries(flow.way, from) * timing(from, onto);
                found.push((*cause, strength));
            }
        }
        found
    }

    /// The edge along a flow, where both ends stand out and it is not negligible.
    fn edge(&self, flow: &Flow) -> Option<CausalEdge> {
        let mut best: Option<CausalEdge> = None;
        for cause in &self.of[flow.from] {
            for effect in &self.of[flow.to] {
                let strength = self.link(flow.way, *cause, *effect);
                if strength > best.map_or(NEGLIGIBLE, |b| b.strength) {
                    best = Some(self.causal(*flow, strength, *cause, *effect));
                }
            }
        }
        best
    }

    fn causal(&self, flow: Flow, strength: f64, cause: usize, effect: usize) -> CausalEdge {
        let (from, to) = (self.seen[cause].onset.at, self.seen[effect].onset.at);
        CausalEdge {
            flow,
            strength,
            cause,
            effect,
            lag_minutes: minutes_between(from, to),
        }
    }

    /// How far one deviation can have come from another this way.
    fn link(&self, way: Way, cause: usize, effect: usize) -> f64 {
        let (cause, effect) = (&self.seen[cause], &self.seen[effect]);
        flow::carries(way, cause)
            * flow::accounts_for(way, effect)
            * timing(cause, effect)
            * in_proportion(way, cause, effect)
    }

    /// Whether nobody knows how the thing is.
    fn is_dark(&self, thing: Thing) -> bool {
        !self.stands_out(thing) && !self.things.is_measured(thing)
    }

    /// Strength of a step of a path from `source` that begins or ends where nothing is measured.
    fn blind_step(&self, source: Thing, flow: &Flow) -> f64 {
        if !matches!(flow.way, Way::Call | Way::Host | Way::Device | Way::Demand) {
            return 0.0;
        }
        let (from, to) = (self.is_dark(flow.from), self.is_dark(flow.to));
        if from && to {
            UNMEASURED
        } else if to && self.stands_out(flow.from) {
            let carried = |o: &usize| flow::carries(flow.way, &self.seen[*o]);
            self.of[flow.from].iter().map(carried).fold(0.0, f64::max)
        } else if from && self.stands_out(flow.to) {
            UNMEASURED * self.arriving(source, flow)
        } else {
            0.0
        }
    }

    fn arriving(&self, source: Thing, flow: &Flow) -> f64 {
        let strength = |effect: &Observation| {
            let fits = |cause: &usize| timing(&self.seen[*cause], effect);
            let in_time = self.of[source].iter().map(fits).fold(0.0, f64::max);
            flow::accounts_for(flow.way, effect) * in_time
        };
        self.of[flow.to]
            .iter()
            .map(|o| strength(&self.seen[*o]))
            .fold(0.0, f64::max)
    }
}

/// Whether the times fit, 0 to 1: a cause begins no later than its effect, as far as both onsets
/// are known, and is not long over when the effect begins.
pub(crate) fn timing(cause: &Observation, effect: &Observation) -> f64 {
    let late = minutes_between(effect.latest(), cause.earliest()) - BLUR_MINUTES;
    let over = minutes_between(cause.anomaly.end, effect.onset.at) - AFTERMATH_MINUTES;
    (-(late.max(0.0) + over.max(0.0)) / BACKWARDS_MINUTES).exp()
}

/// A small cause has no large effect where both are of a resource: a workload that takes a little
/// more does not fill its node.
fn in_proportion(way: Way, cause: &Observation, effect: &Observation) -> f64 {
    if way == Way::Load {
        (cause.weight() / effect.weight()).min(1.0)
    } else {
        1.0
    }
}
