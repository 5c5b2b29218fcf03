//! What lies on the way to the trouble: who is alarmed, what those depend on, and who depends on
//! them.

use std::collections::{BTreeMap, BTreeSet};

use fleetscope_model::{EdgeKind, EntityKind};

use super::trouble::{is_trouble, names};
use crate::diagnose::observe::Observation;
use crate::diagnose::things::{Thing, Things};
use crate::input::Input;

/// How likely a change at a thing is to be the cause, by where the thing lies; first where the
/// thing is in trouble itself, then where it is not.
const HERE: (f64, f64) = (1.0, 1.0);
const BELOW: (f64, f64) = (1.0, 0.4);
const ABOVE: (f64, f64) = (0.3, 0.12);
const APART: (f64, f64) = (0.3, 0.05);

/// The way to the trouble.
#[derive(Debug)]
pub(crate) struct Stage {
    /// Who is alarmed, or feels most.
    pub(crate) focus: BTreeSet<Thing>,
    /// What they depend on, with the number of steps.
    pub(crate) below: BTreeMap<Thing, usize>,
    /// Who depends on them.
    pub(crate) above: BTreeSet<Thing>,
    /// Whoever is in trouble.
    pub(crate) troubled: BTreeSet<Thing>,
}

impl Stage {
    /// Nothing where nothing is in trouble.
    pub(crate) fn of(input: &Input, things: &Things, seen: &[Observation]) -> Option<Self> {
        let focus = focus(input, things, seen);
        if focus.is_empty() {
            return None;
        }
        let calls = calls(input, things);
        let mut troubled: BTreeSet<Thing> = seen
            .iter()
            .filter(|o| o.is_bad() && o.weight() > 0.5)
            .map(|o| o.thing)
            .collect();
        let complains = input.logs.iter().filter(|p| is_trouble(input, p));
        troubled.extend(complains.filter_map(|p| things.find(&p.entity)));
        let failing = input.traces.iter().filter(|t| t.failing > 0);
        troubled.extend(failing.filter_map(|t| things.find(&t.entity)));
        let back: BTreeSet<(Thing, Thing)> = calls.iter().map(|(a, b)| (*b, *a)).collect();
        Some(Self {
            below: reached(&focus, &calls),
            above: reached(&focus, &back).into_keys().collect(),
            focus,
            troubled,
        })
    }

    /// How well a change at a thing lies on the way, 0 to 1.
    pub(crate) fn path(&self, thing: Option<Thing>) -> f64 {
        let Some(thing) = thing else {
            return APART.1;
        };
        let (troubled, calm) = match thing {
            t if self.focus.contains(&t) => HERE,
            t if self.below.contains_key(&t) => BELOW,
            t if self.above.contains(&t) => ABOVE,
            _ => APART,
        };
        if self.troubled.contains(&thing) {
            troubled
        } else {
            calm
        }
    }

    /// Whether trouble of a thing counts for the timing: who is alarmed, and what those need.
    pub(crate) fn counts(&self, thing: Thing) -> bool {
        self.focus.contains(&thing) || self.below.contains_key(&thing)
    }
}

/// The alarmed things that stand out; where no alarm was raised, those that feel most.
fn focus(input: &Input, things: &Things, seen: &[Observation]) -> BTreeSet<Thing> {
    let alarmed: BTreeSet<Thing> = input
        .alarms
        .iter()
        .filter_map(|alarm| things.find(&alarm.entity))
        .collect();
    if !alarmed.is_empty() {
        return alarmed;
    }
    let felt = || seen.iter().filter(|o| o.symptom && o.is_bad());
    let most = felt().map(|o| o.weight()).fold(0.0, f64::max);
    felt()
        .filter(|o| o.weight() >= most)
        .map(|o| o.thing)
        .collect()
}

/// Who calls whom: by the topology, and by log lines of trouble that name another.
fn calls(input: &Input, things: &Things) -> BTreeSet<(Thing, Thing)> {
    let edges = input
        .topology
        .edges
        .iter()
        .filter(|e| e.kind == EdgeKind::Calls);
    let mut calls: BTreeSet<(Thing, Thing)> = edges
        .filter_map(|edge| Some((things.find(&edge.from)?, things.find(&edge.to)?)))
        .filter(|(a, b)| a != b)
        .collect();
    let named: Vec<(Thing, String)> = (0..things.len())
        .filter(|thing| things.serves(*thing))
        .map(|thing| (thing, things.entity(thing).name.to_lowercase()))
        .filter(|(_, name)| name.len() > 3)
        .collect();
    for pattern in input.logs.iter().filter(|p| is_trouble(input, p)) {
        let Some(who) = things.find(&pattern.entity) else {
            continue;
        };
        if things.entity(who).kind == EntityKind::Node {
            continue;
        }
        let line = pattern.example.to_lowercase();
        let whom = named
            .iter()
            .filter(|(thing, name)| *thing != who && names(&line, name));
        calls.extend(whom.map(|(thing, _)| (who, *thing)));
    }
    calls
}

fn reached(from: &BTreeSet<Thing>, calls: &BTreeSet<(Thing, Thing)>) -> BTreeMap<Thing, usize> {
    let mut steps: BTreeMap<Thing, usize> = BTreeMap::new();
    let mut fresh: Vec<Thing> = from.iter().copied().collect();
    for step in 1..=8 {
        let mut next: Vec<Thing> = Vec::new();
        for (a, b) in calls {
            if fresh.contains(a) && !from.contains(b) && !steps.contains_key(b) {
                steps.insert(*b, step);
                next.push(*b);
            }
        }
        fresh = next;
    }
    steps
}
