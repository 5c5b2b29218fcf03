//! What looks like something else: cause and symptom swapped, two faults at once, kinds of readings
//! missing, trouble seen late, clocks that differ between clusters. The answer is right or there is
//! none: a wrong cause is never named.

mod late;
mod missing;
mod sizes;
mod skew;
mod swapped;
mod together;

use fleetscope_engine::Input;
use fleetscope_model::{Entity, EvidenceId, Findings, Verdict};

use crate::build::cluster;
use crate::town::Town;

/// Every cause that is named: of the first incident and of those beside it.
pub(crate) fn named(findings: &Findings) -> Vec<Entity> {
    let first = (&findings.verdict, &findings.candidates);
    let also = findings.also.iter().map(|a| (&a.verdict, &a.candidates));
    std::iter::once(first)
        .chain(also)
        .filter(|(verdict, _)| **verdict == Verdict::Cause)
        .map(|(_, candidates)| candidates[0].entity.clone())
        .collect()
}

/// What was said of many towns.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    wrong: Vec<String>,
}

impl Tally {
    /// How many of the true causes are named; any other that is is held against it.
    pub(crate) fn right(&mut self, what: &str, findings: &Findings, causes: &[Entity]) -> usize {
        let (right, wrong): (Vec<Entity>, Vec<Entity>) = named(findings)
            .into_iter()
            .partition(|cause| causes.contains(cause));
        for cause in wrong {
            let told = findings.reasoning.join("\n  ");
            self.wrong.push(format!("{what}: {cause}\n  {told}"));
        }
        right.len()
    }

    /// Panics where a wrong cause was named.
    pub(crate) fn nothing_wrong(&self) {
        let count = self.wrong.len();
        assert!(count == 0, "{count} wrong:\n{}", self.wrong.join("\n"));
    }
}

/// How many of the true causes are named; panics where another one is.
pub(crate) fn right_or_silent(what: &str, findings: &Findings, causes: &[Entity]) -> usize {
    let mut tally = Tally::default();
    let right = tally.right(what, findings, causes);
    tally.nothing_wrong();
    right
}

/// The same with some workloads in another cluster.
pub(crate) fn elsewhere(input: &mut Input, names: &[&str]) {
    input.clusters.insert(cluster(2), "cellar".to_owned());
    each_entity(input, |entity| {
        if names.contains(&entity.name.as_str()) && *entity == Town::workload(&entity.name) {
            entity.cluster = cluster(2);
        }
    });
}

/// Both towns in one input; the second's things are changed before.
pub(crate) fn both(mut first: Input, mut second: Input, change: impl Fn(&mut Entity)) -> Input {
    each_entity(&mut second, change);
    each_citation(&mut second, |id| id.0.replace_range(3..4, "2"));
    first.clusters.append(&mut second.clusters);
    first.signals.append(&mut second.signals);
    first.changes.append(&mut second.changes);
    first.events.append(&mut second.events);
    first.logs.append(&mut second.logs);
    first.traces.append(&mut second.traces);
    first.topology.edges.append(&mut second.topology.edges);
    first.topology.edges.sort();
    first.changes.sort_by_key(|cited| cited.change.at);
    first
}

pub(crate) fn each_entity(input: &mut Input, change: impl Fn(&mut Entity)) {
    input.signals.iter_mut().for_each(|s| change(&mut s.entity));
    for edge in &mut input.topology.edges {
        change(&mut edge.from);
        change(&mut edge.to);
    }
    for cited in &mut input.changes {
        change(&mut cited.change.entity);
    }
    for cited in &mut input.events {
        change(&mut cited.event.entity);
    }
    input.logs.iter_mut().for_each(|l| change(&mut l.entity));
    input.traces.iter_mut().for_each(|t| change(&mut t.entity));
}

fn each_citation(input: &mut Input, change: impl Fn(&mut EvidenceId)) {
    input
        .signals
        .iter_mut()
        .for_each(|s| change(&mut s.evidence));
    input
        .changes
        .iter_mut()
        .for_each(|c| change(&mut c.evidence));
    input
        .events
        .iter_mut()
        .for_each(|e| change(&mut e.evidence));
    input.logs.iter_mut().for_each(|l| change(&mut l.evidence));
    input
        .traces
        .iter_mut()
        .for_each(|t| change(&mut t.evidence));
}
