//! What trouble can still reach.

use std::collections::{BTreeMap, BTreeSet};

use super::Path;
use crate::diagnose::flow::{Flow, Way};
use crate::diagnose::things::{Thing, Things};

/// Farther than this nobody is told to be at risk.
const MOST_HOPS: usize = 8;

/// The shortest way to everything that depends on the ends of the source paths, nearest first, the
/// sources left out. The first source is the cause alone; from it lead also the ways that its
/// trouble takes.
pub(super) fn at_risk(
    things: &Things,
    flows: &[Flow],
    sources: &[Path],
    takes: &dyn Fn(Way) -> bool,
) -> Vec<Path> {
    let onward = onward(things, flows);
    let mut paths: BTreeMap<Thing, Path> = BTreeMap::new();
    let mut due: BTreeSet<(usize, Thing)> = BTreeSet::new();
    let mut given: BTreeSet<Thing> = BTreeSet::new();
    for path in sources {
        if let Some((thing, _)) = path.last() {
            given.insert(*thing);
            due.insert((path.len(), *thing));
            paths.insert(*thing, path.clone());
        }
    }
    let cause = sources
        .first()
        .and_then(|path| path.last())
        .map(|(t, _)| *t);
    let mut found = Vec::new();
    while let Some((length, from)) = due.pop_first() {
        let path = paths.get(&from).cloned().unwrap_or_default();
        if !given.contains(&from) {
            found.push(path.clone());
        }
        if length > MOST_HOPS {
            continue;
        }
        for (to, way) in &onward[from] {
            let open = is_dependence(*way) || (Some(from) == cause && takes(*way));
            if open && !paths.contains_key(to) {
                let mut further = path.clone();
                further.push((*to, Some(*way)));
                paths.insert(*to, further);
                due.insert((length + 1, *to));
            }
        }
    }
    found
}

/// Who calls, runs on or uses another depends on it.
const fn is_dependence(way: Way) -> bool {
    matches!(way, Way::Call | Way::Host | Way::Device)
}

fn onward(things: &Things, flows: &[Flow]) -> Vec<Vec<(Thing, Way)>> {
    let mut onward = vec![Vec::new(); things.len()];
    for flow in flows {
        onward[flow.from].push((flow.to, flow.way));
    }
    onward
}
