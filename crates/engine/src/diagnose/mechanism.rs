//! What is wrong at a candidate, in a few words.

use fleetscope_model::{ChangeKind, Severity, SignalRole};

use super::case::Case;
use super::observe::Observation;
use super::weigh::{Weighed, is_made};
use crate::phrase;

/// A change is named as the origin from this nearness on.
const NAMED: f64 = 0.25;

/// `memory share of limit keeps growing (to 98 %, from 45 %) and container restarts rose to 3
/// (usually 0), since revision 7`.
pub(crate) fn mechanism(case: &Case<'_>, candidate: &Weighed<'_>) -> String {
    let mut told: Vec<&Observation> = Vec::new();
    let best = candidate.own.first().map_or(0.0, |own| own.value);
    for own in &candidate.own {
        let o = &case.seen[own.observation];
        let tells = own.value >= best / 3.0 || (is_felt(o) && own.explained < 0.5);
        let is_new = !told.iter().any(|t| t.anomaly.signal == o.anomaly.signal);
        if tells && is_new && told.len() < 2 {
            told.push(o);
        }
    }
    told.sort_by_key(|o| o.onset.at);
    let parts: Vec<String> = told.into_iter().map(deviation).collect();
    let since = origin(candidate).unwrap_or_default();
    format!("{}{since}", phrase::list(&parts, 2))
}

/// What one deviation looks like: `request latency p95 rose to 1.2 s (usually 210 ms)`.
pub(crate) fn deviation(o: &Observation) -> String {
    let anomaly = &o.anomaly;
    let quantity = |value: f64| phrase::quantity(value, &anomaly.unit);
    let (peak, usual) = (quantity(anomaly.peak), quantity(anomaly.expected.center));
    if anomaly.unit == "state" {
        return format!("{} went from {usual} to {peak}", anomaly.signal);
    }
    if o.grows() {
        let moved = if o.up {
            "grew steadily"
        } else {
            "fell steadily"
        };
        return format!("{} {moved} to {peak} (from {usual})", anomaly.signal);
    }
    let moved = if o.up { "rose" } else { "fell" };
    format!("{} {moved} to {peak} (usually {usual})", anomaly.signal)
}

fn is_felt(o: &Observation) -> bool {
    let felt = matches!(o.role(), SignalRole::Latency | SignalRole::Errors);
    felt && o.is_bad() && o.anomaly.severity >= Severity::Medium
}

fn origin(candidate: &Weighed<'_>) -> Option<String> {
    let near = candidate.support.change.as_ref()?;
    let change = &near.cited.change;
    if near.nearness < NAMED || !is_made(change.kind) {
        return None;
    }
    Some(match (&change.revision, change.kind) {
        (Some(revision), ChangeKind::Rollout) => format!(", since revision {revision}"),
        (_, ChangeKind::Rollout) => ", since a rollout".to_owned(),
        (_, ChangeKind::Config) => ", since a change of its configuration".to_owned(),
        (_, ChangeKind::Flag) => ", since a flag was turned".to_owned(),
        (_, ChangeKind::Upgrade) => ", since it was upgraded".to_owned(),
        (_, ChangeKind::Scale) => ", since it was scaled".to_owned(),
        (_, ChangeKind::Commit) => ", since a commit".to_owned(),
        (_, ChangeKind::Node | ChangeKind::Restart) => ", since the node was changed".to_owned(),
    })
}
