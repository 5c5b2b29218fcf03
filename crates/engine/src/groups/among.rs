//! Events of a part of their anomalies: for a reader that may see no more, or where not all are kept.

use std::collections::BTreeMap;

use fleetscope_model::{Anomaly, AnomalyEvent, Entity, Tie};

use super::Sets;
use super::tell::{event, worst_first};

/// The events as if only these anomalies had been found: `keeps` says so by their places among all.
/// Members are told by their places among those that are kept.
///
/// Nothing of an event tells of what is not kept: what was held together only by that falls apart, and
/// all else is told anew.
pub fn among(
    events: &[AnomalyEvent],
    anomalies: &[Anomaly],
    keeps: impl Fn(usize) -> bool,
) -> Vec<AnomalyEvent> {
    let mut places = BTreeMap::new();
    for (i, _) in anomalies.iter().enumerate().filter(|(i, _)| keeps(*i)) {
        places.insert(i, places.len());
    }
    let mut kept: Vec<AnomalyEvent> = events
        .iter()
        .flat_map(|event| parts(event, anomalies, &places))
        .collect();
    kept.sort_by(worst_first);
    kept
}

/// What is left of an event: a part for each set of entities that the ties between them hold together.
fn parts(
    whole: &AnomalyEvent,
    anomalies: &[Anomaly],
    places: &BTreeMap<usize, usize>,
) -> Vec<AnomalyEvent> {
    let left: Vec<(usize, &Anomaly)> = whole
        .members
        .iter()
        .filter_map(|member| Some((*places.get(member)?, anomalies.get(*member)?)))
        .collect();
    let mut numbers: BTreeMap<&Entity, usize> = BTreeMap::new();
    for (_, anomaly) in &left {
        let next = numbers.len();
        numbers.entry(&anomaly.entity).or_insert(next);
    }
    let ends = |tie: &Tie| Some((*numbers.get(&tie.from)?, *numbers.get(&tie.to)?));
    let mut sets = Sets::new(numbers.len());
    for (from, to) in whole.ties.iter().filter_map(ends) {
        sets.join(from, to);
    }
    let part_of = |entity: &Entity| numbers.get(entity).map(|number| sets.top(*number));
    sets.parts()
        .iter()
        .map(|part| {
            let within = |entity: &Entity| part_of(entity) == Some(part[0]);
            let members: Vec<(usize, &Anomaly)> = left
                .iter()
                .copied()
                .filter(|(_, anomaly)| within(&anomaly.entity))
                .collect();
            let tied = |tie: &&Tie| ends(tie).is_some() && within(&tie.from);
            let ties = if members.len() == 1 {
                Vec::new()
            } else {
                whole.ties.iter().filter(tied).cloned().collect()
            };
            event(&members, ties)
        })
        .collect()
}
