//! Several faults at once: which troubles have a cause of their own, and are not made one.
//!
//! Three ways in which two faults can look like one:
//!
//! - **Hearsay.** Nobody traces what a workload serves, so that any of its namespace may be calling
//!   it ([`Way::Neighbour`]). That is a guess of last resort: two troubles that each have a sufficient
//!   cause of their own without it are kept apart ([`without_hearsay`]).
//! - **No connection.** What hangs together with nothing of the incident is one of its own
//!   ([`elsewhere`]).
//! - **Shared victims.** Two broken services trouble the same callers. Where each of two causes
//!   explains something that the other does not, and each is sufficient for its part, both are needed
//!   ([`two_causes`]).

use std::collections::BTreeSet;

use super::case::Case;
use super::flow::{Flow, Way};
use super::incident::{Incident, groups};
use super::things::Thing;
use super::verdict::is_enough;
use super::weigh::{REACHED, Weighed, weigh};

/// At most so many incidents beside the first: beyond that the first is to be looked into.
const MOST: usize = 4;

/// What is told of an incident beside the first.
pub(crate) struct Beside {
    /// What it has to explain.
    pub(crate) incident: Incident,
    /// Why it is one of its own.
    pub(crate) why: &'static str,
}

const UNCONNECTED: &str = "nothing known connects the two";
const BOTH_NEEDED: &str = "each accounts for something that the other does not";

/// Whether the likeliest candidate is the cause by itself.
fn is_sufficient(weighed: &[Weighed<'_>]) -> bool {
    weighed.first().is_some_and(is_enough)
}

/// The flows without those guesses that would make one of troubles that each have their own cause;
/// none where there are no such. `case` is that of the flows without any guess: `case.incident` holds
/// all symptoms.
pub(crate) fn without_hearsay(case: &Case<'_>, flows: &[Flow]) -> Option<Vec<Flow>> {
    let groups = groups(case.seen, case.graph.links());
    let solved: Vec<bool> = groups.iter().map(|group| is_solved(case, group)).collect();
    if solved.iter().filter(|solved| **solved).count() < 2 {
        return None;
    }
    let group_of = |thing: Thing| groups.iter().position(|group| group.contains(&thing));
    let is_guess = |flow: &&Flow| {
        let (from, to) = (group_of(flow.from), group_of(flow.to));
        let apart = from != to && [from, to].iter().all(|g| g.is_some_and(|g| solved[g]));
        flow.way == Way::Neighbour && apart
    };
    let kept: Vec<Flow> = flows.iter().filter(|f| !is_guess(f)).copied().collect();
    (kept.len() < flows.len()).then_some(kept)
}

fn is_solved(case: &Case<'_>, group: &BTreeSet<Thing>) -> bool {
    let all = case.incident.symptoms.iter().copied();
    let parts = all.partition(|index| group.contains(&case.seen[*index].thing));
    Incident::alone(case.seen, parts, group.clone())
        .is_some_and(|incident| is_sufficient(&weigh(&case.of(&incident))))
}

/// Incidents of what hangs together with nothing of the first, most urgent first.
pub(crate) fn elsewhere(case: &Case<'_>) -> Vec<Beside> {
    let mut found: Vec<(f64, Incident)> = groups(case.seen, case.graph.links())
        .into_iter()
        .filter_map(|group| {
            let all = case.incident.elsewhere.iter().copied();
            let (inside, mut others): (Vec<usize>, Vec<usize>) =
                all.partition(|index| group.contains(&case.seen[*index].thing));
            others.extend(&case.incident.symptoms);
            let weight: f64 = inside.iter().map(|i| case.seen[*i].weight()).sum();
            Some((weight, Incident::alone(case.seen, (inside, others), group)?))
        })
        .collect();
    found.sort_by(|a, b| {
        b.0.total_cmp(&a.0)
            .then_with(|| a.1.members.cmp(&b.1.members))
    });
    found.truncate(MOST);
    let beside = |(_, incident)| Beside {
        incident,
        why: UNCONNECTED,
    };
    found.into_iter().map(beside).collect()
}

/// The incident as two that share victims, where one cause does not explain it and two do: what is
/// left of the first, and the second.
pub(crate) fn two_causes(case: &Case<'_>, weighed: &[Weighed<'_>]) -> Option<(Incident, Beside)> {
    let top = weighed.first()?;
    let (reached, rest): (Vec<usize>, Vec<usize>) = case
        .incident
        .symptoms
        .iter()
        .partition(|index| top.reach[**index] >= REACHED);
    let without = |thing: Thing| {
        let members = case.incident.members.iter().copied();
        members.filter(|member| *member != thing).collect()
    };
    let second = Incident::alone(case.seen, (rest, reached.clone()), without(top.thing))?;
    let of_second = weigh(&case.of(&second));
    let other = of_second.first()?;
    let first = Incident::alone(case.seen, (reached, Vec::new()), without(other.thing))?;
    let needed = first
        .symptoms
        .iter()
        .any(|index| other.reach[*index] < REACHED);
    let of_first = weigh(&case.of(&first));
    let same = of_first.first()?.thing == top.thing;
    let both = needed && same && is_sufficient(&of_first) && is_sufficient(&of_second);
    both.then_some((
        first,
        Beside {
            incident: second,
            why: BOTH_NEEDED,
        },
    ))
}
