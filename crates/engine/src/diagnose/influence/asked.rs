//! What load accounts for, and where order tells nothing.

use fleetscope_model::SignalRole;

use super::timing::{covered, timing};
use super::{CausalEdge, Influence};
use crate::diagnose::flow::{Flow, Way};
use crate::diagnose::observe::Observation;
use crate::diagnose::skew::UNORDERED;
use crate::diagnose::things::Thing;

/// How far more work in a caller is believed to be what sends more to the called.
const AMPLIFIES: f64 = 0.65;

impl Influence<'_> {
    /// What calls a thing, without repeats.
    pub(crate) fn callers(&self, thing: Thing) -> Vec<Thing> {
        let calls = |flow: &&Flow| flow.from == thing && flow.way == Way::Call;
        let mut callers: Vec<Thing> = self.flows.iter().filter(calls).map(|f| f.to).collect();
        callers.dedup();
        callers
    }

    /// Whether a thing is asked for far more than usual, and nobody who calls it is as much: one of
    /// them sends more for each request.
    pub(crate) fn is_amplified(&self, thing: Thing) -> bool {
        let callers = self.callers(thing);
        let flooded = |thing: &Thing| self.load.flood(*thing).is_some();
        flooded(&thing) && !callers.is_empty() && !callers.iter().any(flooded)
    }

    /// What load on the thing itself accounts for.
    pub(super) fn strained(&self, effect: usize) -> Option<CausalEdge> {
        let thing = self.seen[effect].thing;
        let (flood, strength) = self.load.strains(effect, &self.seen[effect])?;
        let flow = Flow {
            from: thing,
            to: thing,
            way: Way::Requests,
        };
        self.link(flow, strength, flood, effect)
    }

    /// More work or a longer queue in a caller, where one of the callers sends more for each request
    /// that it gets, is how that looks from inside.
    pub(super) fn amplifies(&self, flow: &Flow, cause: &Observation, effect: &Observation) -> f64 {
        let sends_more = flow.way == Way::Requests
            && effect.role() == SignalRole::Traffic
            && effect.up
            && cause.is_bad()
            && cause.is_more()
            && matches!(cause.role(), SignalRole::Resource | SignalRole::Saturation);
        if sends_more && self.is_amplified(flow.to) {
            AMPLIFIES
        } else {
            0.0
        }
    }
}

impl Influence<'_> {
    /// Whether the times fit, 0 to 1; between clusters whose clocks differ they tell nothing.
    pub(super) fn times_fit(&self, cause: &Observation, effect: &Observation) -> f64 {
        if self
            .skew
            .between(self.cluster[cause.thing], self.cluster[effect.thing])
        {
            UNORDERED * covered(cause, effect)
        } else {
            timing(cause, effect)
        }
    }
}
