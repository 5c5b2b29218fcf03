//! An investigation as a person reads it: what, since when, why, evidence, confidence, and where
//! to look next.

use std::collections::BTreeMap;

use fleetscope_client::wire::{Candidate, Evidence, Investigation, Status, Verdict};
use uuid::Uuid;

use super::blast::blast;
use super::compared::compared;
use super::seen_before::seen_before;
use super::{Style, clock, entity, gaps, table, time, wrap};

const WIDTH: usize = 100;
/// Enough to see the course of things; the rest is in the report.
const MOST_ENTRIES: usize = 12;
/// A log line in an entry may be long; the report has it whole.
const LONGEST_ENTRY: usize = 140;
const MOST_CAUSES: usize = 3;

/// The whole incident.
pub(crate) fn incident(investigation: &Investigation, style: Style) -> String {
    let mut parts = vec![heading(investigation, style)];
    if let Some(failure) = &investigation.failure {
        parts.push(wrap(failure, WIDTH, "  "));
    }
    if !investigation.narrative.is_empty() {
        let paragraphs: Vec<_> = investigation
            .narrative
            .iter()
            .map(|text| wrap(text, WIDTH, "  "))
            .collect();
        parts.push(paragraphs.join("\n\n"));
    }
    if !investigation.causes.is_empty() {
        parts.push(format!(
            "{}\n{}",
            style.bold("Causes considered"),
            causes(investigation)
        ));
    }
    parts.extend(seen_before(investigation, style));
    parts.extend(blast(investigation, style));
    parts.extend(compared(investigation, style));
    if !investigation.timeline.is_empty() {
        parts.push(format!(
            "{}\n{}",
            style.bold("What happened"),
            timeline(investigation)
        ));
    }
    if let Some(first) = investigation.causes.first() {
        parts.push(format!(
            "{}\n{}",
            style.bold("Evidence"),
            cited(investigation, first)
        ));
    }
    if !investigation.gaps.is_empty() {
        let text = gaps(&investigation.gaps);
        parts.push(format!("{}{text}", style.bold("What could not be read")));
    }
    parts.join("\n\n")
}

fn heading(investigation: &Investigation, style: Style) -> String {
    let conclusion = match (investigation.status, investigation.verdict) {
        (Status::Pending, _) => "under way".to_owned(),
        (Status::Failed, _) => style.bad("failed"),
        (_, Some(Verdict::Cause)) => {
            let cause = investigation.causes.first();
            cause.map_or_else(String::new, |cause| named(investigation, cause))
        }
        (_, Some(Verdict::InsufficientEvidence)) => "the evidence is not sufficient".to_owned(),
        (_, Some(Verdict::NothingWrong) | None) => style.good("nothing is wrong"),
    };
    let state = if investigation.open {
        "still followed"
    } else {
        "settled"
    };
    format!(
        "{} {}\n{}",
        style.bold("Incident:"),
        conclusion,
        style.dim(&format!(
            "  {} to {}, revision {}, {state}, id {}",
            time(investigation.start),
            clock(investigation.end),
            investigation.revision,
            investigation.id
        ))
    )
}

fn named(investigation: &Investigation, cause: &Candidate) -> String {
    format!(
        "{} on {}: {} ({} confidence, {:.0} %)",
        entity(&cause.entity),
        cluster(investigation, cause.entity.cluster),
        cause.mechanism,
        cause.confidence_in_words,
        cause.confidence * 100.0
    )
}

pub(super) fn cluster(investigation: &Investigation, id: Uuid) -> &str {
    investigation.clusters.get(&id).map_or("?", String::as_str)
}

fn causes(investigation: &Investigation) -> String {
    let rows = investigation
        .causes
        .iter()
        .take(MOST_CAUSES)
        .enumerate()
        .map(|(at, cause)| {
            let count = |stance: &str| cause.reasons.iter().filter(|r| r.stance == stance).count();
            [
                format!("  {}", at + 1),
                format!("{:.0} %", cause.confidence * 100.0),
                cluster(investigation, cause.entity.cluster).to_owned(),
                entity(&cause.entity),
                format!("{:.0} %", cause.explained * 100.0),
                format!("{} for, {} against", count("for"), count("against")),
                cause
                    .change
                    .as_ref()
                    .map_or_else(String::new, |change| change.summary.clone()),
            ]
        });
    table(
        [
            "  #", "SURE", "CLUSTER", "WHERE", "EXPLAINS", "REASONS", "CHANGE",
        ],
        rows,
    )
}

fn timeline(investigation: &Investigation) -> String {
    let entries = &investigation.timeline;
    let mut lines: Vec<_> = entries
        .iter()
        .take(MOST_ENTRIES)
        .map(|entry| {
            format!(
                "  {}  {}: {}",
                clock(entry.at),
                entity(&entry.entity),
                entry.text
            )
        })
        .collect();
    if entries.len() > MOST_ENTRIES {
        lines.push(format!("  … and {} more", entries.len() - MOST_ENTRIES));
    }
    lines.join("\n")
}

fn cited(investigation: &Investigation, cause: &Candidate) -> String {
    let known: BTreeMap<&str, &Evidence> = investigation
        .evidence
        .iter()
        .map(|item| (item.id.as_str(), item))
        .collect();
    let mut lines = Vec::new();
    for reason in &cause.reasons {
        let sign = if reason.stance == "for" { "+" } else { "−" };
        lines.push(wrap(&format!("{sign} {}", reason.text), WIDTH, "  "));
        for id in &reason.evidence {
            if let Some(item) = known.get(id.as_str()) {
                let line = format!("      {id}  {}: {}", item.kind, item.query);
                lines.push(shortened(&line, LONGEST_ENTRY));
            }
        }
    }
    lines.join("\n")
}

pub(super) fn shortened(line: &str, most: usize) -> String {
    if line.chars().count() <= most {
        return line.to_owned();
    }
    line.chars().take(most - 1).chain(['…']).collect()
}
