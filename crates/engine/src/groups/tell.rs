//! What an event says of its members.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use fleetscope_model::{Anomaly, AnomalyEvent, ClusterId, EdgeKind, Entity, Tie};

use crate::phrase;

/// The event of members with their places, the earliest first; they are never none.
pub(super) fn event(members: &[(usize, &Anomaly)], ties: Vec<Tie>) -> AnomalyEvent {
    let anomalies = || members.iter().map(|(_, anomaly)| *anomaly);
    let first = members[0].1;
    let worst = anomalies().fold(first, |worst, next| {
        let order = next.severity.cmp(&worst.severity);
        if order.then(next.score.total_cmp(&worst.score)).is_gt() {
            next
        } else {
            worst
        }
    });
    let mut seen = BTreeSet::new();
    let entities: Vec<Entity> = anomalies()
        .map(|anomaly| &anomaly.entity)
        .filter(|entity| seen.insert(*entity))
        .cloned()
        .collect();
    let clusters: BTreeSet<ClusterId> = entities.iter().map(|entity| entity.cluster).collect();
    let mut event = AnomalyEvent {
        start: first.start,
        end: anomalies().map(|m| m.end).max().unwrap_or(first.end),
        ongoing: anomalies().any(|m| m.ongoing),
        peak_at: worst.peak_at,
        severity: worst.severity,
        probability: anomalies()
            .filter_map(|m| m.probability)
            .max_by(f64::total_cmp),
        entities,
        clusters: clusters.into_iter().collect(),
        members: members.iter().map(|(place, _)| *place).collect(),
        ties,
        why: String::new(),
    };
    event.why = why(&event, first);
    event
}

/// The worst first, of equals the earliest.
pub(super) fn worst_first(a: &AnomalyEvent, b: &AnomalyEvent) -> Ordering {
    let worst = b.severity.cmp(&a.severity);
    worst.then(a.start.cmp(&b.start))
}

fn why(event: &AnomalyEvent, first: &Anomaly) -> String {
    if event.members.len() == 1 {
        return first.why.clone();
    }
    let across = match event.clusters.len() {
        1 => String::new(),
        count => format!(" on {}", phrase::count(count, "cluster")),
    };
    format!(
        "{} signals of {}{across} were unusual at the same time{}{}; first seen: {} of {} at {}",
        event.members.len(),
        phrase::entities(&event.entities),
        moved(&event.ties),
        depend(&event.ties),
        first.signal,
        first.entity,
        phrase::clock(first.start),
    )
}

/// That they moved together, and how closely.
fn moved(ties: &[Tie]) -> String {
    let sizes = || ties.iter().filter_map(|tie| Some(tie.correlation?.abs()));
    let strongest = sizes().fold(0.0, f64::max);
    let weakest = sizes().fold(1.0, f64::min);
    if strongest <= 0.0 {
        return String::new();
    }
    let said = |size: f64| format!("{size:.2}");
    if said(strongest) == said(weakest) {
        format!(" and moved together (rank correlation {})", said(strongest))
    } else {
        let (low, high) = (said(weakest), said(strongest));
        format!(" and moved together (rank correlations {low} to {high})")
    }
}

/// How the entities depend on each other: of several ties the first two.
fn depend(ties: &[Tie]) -> String {
    let said: Vec<String> = ties
        .iter()
        .filter_map(|tie| Some(format!("{} {} {}", tie.from, verb(tie.kind?), tie.to)))
        .collect();
    if said.is_empty() {
        return String::new();
    }
    format!("; {}", phrase::list(&said, 2))
}

const fn verb(kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Calls => "calls",
        EdgeKind::RunsOn => "runs on",
        EdgeKind::Owns => "owns",
        EdgeKind::Uses => "uses",
        EdgeKind::PartOf => "is part of",
        EdgeKind::Selects => "selects",
    }
}
