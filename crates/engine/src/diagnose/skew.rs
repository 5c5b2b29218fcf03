//! Clocks that differ between clusters.
//!
//! Within a cluster one Prometheus stamps all samples; between clusters the order of two onsets is only
//! as good as the clocks. Trouble comes up calls, from the called to its callers. Where callers in one
//! cluster are troubled clearly *before* what they call in another, and what they call is not asked for
//! more, the order contradicts the calls: the clocks (or the ways of the readings) differ. Then no
//! order between those two clusters is evidence, neither for nor against anything.

use std::collections::BTreeMap;

use fleetscope_model::{ClusterId, SignalRole};

use super::flow::{Flow, Way};
use super::influence::BLUR_MINUTES;
use super::load::Load;
use super::observe::{Observation, minutes_between};
use super::things::{Thing, Things};

/// How well times fit where they say nothing: as well as those of a cause and an effect that were seen
/// together.
pub(crate) const UNORDERED: f64 = 0.9;
/// Minutes beyond what both onsets leave open from which an order is clearly the wrong one.
const CLEARLY: f64 = 0.5;

/// Between which clusters the order of onsets tells nothing.
#[derive(Debug, Default)]
pub(crate) struct Skew {
    /// By pair, the smaller id first: minutes by which the second seems to be behind.
    pairs: BTreeMap<(ClusterId, ClusterId), f64>,
}

impl Skew {
    /// Compares the onsets of callers and of what they call in other clusters.
    pub(crate) fn of(things: &Things, seen: &[Observation], flows: &[Flow], load: &Load) -> Self {
        let first = |thing: Thing| seen.iter().find(|o| o.thing == thing && is_felt(o));
        let mut found: BTreeMap<(ClusterId, ClusterId), Vec<(f64, bool)>> = BTreeMap::new();
        for flow in flows.iter().filter(|flow| flow.way == Way::Call) {
            let (called, caller) = (things.entity(flow.from), things.entity(flow.to));
            let asked_more = load.flood(flow.from).is_some();
            if called.cluster == caller.cluster || asked_more {
                continue;
            }
            let (Some(cause), Some(effect)) = (first(flow.from), first(flow.to)) else {
                continue;
            };
            let late = minutes_between(effect.latest(), cause.earliest()) - BLUR_MINUTES;
            let behind = minutes_between(effect.onset.at, cause.onset.at);
            let (pair, behind) = if called.cluster < caller.cluster {
                ((called.cluster, caller.cluster), behind)
            } else {
                ((caller.cluster, called.cluster), -behind)
            };
            found
                .entry(pair)
                .or_default()
                .push((behind, late > CLEARLY));
        }
        let contradicted = |orders: &Vec<(f64, bool)>| {
            let wrong = orders.iter().filter(|(_, wrong)| *wrong).count();
            2 * wrong > orders.len()
        };
        let pairs = found
            .into_iter()
            .filter(|(_, orders)| contradicted(orders))
            .map(|(pair, orders)| (pair, middle(orders)))
            .collect();
        Self { pairs }
    }

    /// Whether the order of onsets in these clusters tells nothing.
    pub(crate) fn between(&self, a: ClusterId, b: ClusterId) -> bool {
        self.pairs.contains_key(&(a.min(b), a.max(b)))
    }

    /// The pairs of clusters, with the minutes by which the second seems to be behind.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (ClusterId, ClusterId, f64)> {
        self.pairs.iter().map(|((a, b), behind)| (*a, *b, *behind))
    }
}

fn middle(orders: Vec<(f64, bool)>) -> f64 {
    let mut wrong: Vec<f64> = orders.into_iter().filter(|o| o.1).map(|o| o.0).collect();
    wrong.sort_by(f64::total_cmp);
    wrong.get(wrong.len() / 2).copied().unwrap_or(0.0)
}

fn is_felt(o: &Observation) -> bool {
    o.is_bad() && matches!(o.role(), SignalRole::Latency | SignalRole::Errors)
}
