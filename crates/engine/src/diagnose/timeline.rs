//! What happened, in order.

use fleetscope_model::{ChangeKind, EntityKind, EvidenceId, Severity, TimelineEntry};

use super::mechanism::deviation;
use super::observe::Observation;
use super::things::{Thing, Things};
use crate::input::Input;
use crate::phrase;

/// At most so many entries.
const MOST: usize = 50;

/// The anomalies, changes, warnings, new log lines and failing traces of the window, oldest first;
/// where there are too many, those of `central` things and the worst ones.
pub(crate) fn timeline(
    input: &Input,
    things: &Things,
    seen: &[Observation],
    central: &[Thing],
) -> Vec<TimelineEntry> {
    let mut entries: Vec<(u32, TimelineEntry)> = Vec::new();
    entries.extend(seen.iter().map(|o| (anomaly_rank(o), anomaly(o))));
    entries.extend(changes(input));
    entries.extend(warnings(input));
    entries.extend(alerts(input));
    entries.extend(said(input));
    for (rank, entry) in &mut entries {
        if things
            .find(&entry.entity)
            .is_some_and(|thing| central.contains(&thing))
        {
            *rank += 10;
        }
    }
    entries.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| key(&a.1).cmp(&key(&b.1))));
    entries.dedup_by(|a, b| a.1 == b.1);
    entries.truncate(MOST);
    let mut entries: Vec<TimelineEntry> = entries.into_iter().map(|(_, entry)| entry).collect();
    entries.sort_by(|a, b| key(a).cmp(&key(b)));
    entries
}

fn key(entry: &TimelineEntry) -> impl Ord + '_ {
    (entry.at, &entry.entity, &entry.text, &entry.evidence)
}

fn anomaly_rank(o: &Observation) -> u32 {
    let severity = match o.anomaly.severity {
        Severity::Low => 1,
        Severity::Medium => 2,
        Severity::High => 3,
        Severity::Critical => 4,
    };
    severity + u32::from(o.symptom)
}

fn anomaly(o: &Observation) -> TimelineEntry {
    let until = if o.anomaly.ongoing {
        String::new()
    } else {
        format!(", until {}", phrase::clock(o.anomaly.end))
    };
    TimelineEntry {
        at: o.onset.at,
        entity: o.anomaly.entity.clone(),
        text: format!("{}{until}", deviation(o)),
        evidence: vec![o.evidence().clone()],
    }
}

fn changes(input: &Input) -> impl Iterator<Item = (u32, TimelineEntry)> {
    let inside = input
        .changes
        .iter()
        .filter(|cited| input.window.contains(cited.change.at))
        // A commit happens to nothing that runs until it is brought there.
        .filter(|cited| {
            let change = &cited.change;
            change.kind != ChangeKind::Commit || change.entity.kind != EntityKind::Cluster
        });
    inside.map(|cited| {
        let change = &cited.change;
        (
            3,
            entry(
                change.at,
                &change.entity,
                phrase::change(change),
                &cited.evidence,
            ),
        )
    })
}

fn warnings(input: &Input) -> impl Iterator<Item = (u32, TimelineEntry)> {
    let inside = input.events.iter().filter(|cited| {
        cited.event.severity == "Warning" && input.window.contains(cited.event.first_at)
    });
    inside.map(|cited| {
        let event = &cited.event;
        let text = format!("{}: {}", event.reason, event.message);
        (
            2,
            entry(event.first_at, &event.entity, text, &cited.evidence),
        )
    })
}

fn alerts(input: &Input) -> impl Iterator<Item = (u32, TimelineEntry)> {
    let inside = input
        .alerts
        .iter()
        .filter(|alert| input.window.contains(alert.since));
    inside.map(|alert| {
        let text = phrase::alert(&alert.name, &alert.severity, &alert.summary);
        (2, entry(alert.since, &alert.entity, text, &alert.evidence))
    })
}

fn said(input: &Input) -> impl Iterator<Item = (u32, TimelineEntry)> {
    let lines = input.logs.iter().map(|pattern| {
        let text = format!(
            "first of {}: {}",
            phrase::count(pattern.count as usize, "log line"),
            pattern.example
        );
        (
            1,
            entry(pattern.first_at, &pattern.entity, text, &pattern.evidence),
        )
    });
    let failing = input
        .traces
        .iter()
        .filter(|sample| sample.failing > 0)
        .map(|sample| {
            let text = format!(
                "first of {}: {}",
                phrase::count(sample.failing as usize, "failing trace"),
                sample.example
            );
            (
                1,
                entry(sample.first_at, &sample.entity, text, &sample.evidence),
            )
        });
    lines.chain(failing)
}

fn entry(
    at: jiff::Timestamp,
    entity: &fleetscope_model::Entity,
    text: String,
    evidence: &EvidenceId,
) -> TimelineEntry {
    TimelineEntry {
        at,
        entity: entity.clone(),
        text,
        evidence: vec![evidence.clone()],
    }
}
