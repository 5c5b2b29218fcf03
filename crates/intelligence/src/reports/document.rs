//! The report of an investigation, as a document.

mod blast;
mod causes;
mod compared;
mod evidence;
mod happenings;
mod prose;

use fleetscope_model::{Candidate, Findings, Investigation, Verdict};
use fleetscope_report::{Document, Section, Text};

use super::LONGEST_TITLE;
use crate::gather::shortened;
use crate::investigations::perform::conclusion;
use prose::{cited, length};

/// A title that says what was found, on one line.
pub(super) fn title(investigation: &Investigation, findings: &Findings) -> String {
    let clusters: Vec<&str> = investigation
        .clusters
        .values()
        .map(String::as_str)
        .collect();
    let clusters = clusters.join(", ");
    let title = match (&findings.verdict, findings.candidates.first()) {
        (Verdict::Cause, Some(first)) => {
            format!("{clusters}: {}: {}", first.entity, first.mechanism)
        }
        (Verdict::NothingWrong, _) => format!("{clusters}: nothing wrong"),
        _ => format!("{clusters}: anomalies without a certain cause"),
    };
    let line: String = title
        .chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    shortened(&line, LONGEST_TITLE)
}

/// The whole report. It holds nothing but what is in the investigation, so that the same revision
/// always gives the same text.
pub(super) fn document(
    investigation: &Investigation,
    findings: &Findings,
    title: &str,
) -> Document {
    let document = Document::new(title)
        .fact(
            "Investigation",
            Text::new().code(investigation.id.to_string()),
        )
        .fact("Revision", investigation.revision.to_string())
        .fact("Clusters", clusters(investigation))
        .fact("Window", prose::window(investigation.window))
        .fact("Opened", opened(investigation))
        .fact("Last changed", Text::new().time(investigation.updated_at))
        .section(summary(investigation, findings));
    let told = [
        causes::section(findings),
        blast::section(findings),
        compared::section(findings),
    ];
    let told = told.into_iter().flatten();
    told.fold(document, Document::section)
        .section(happenings::anomalies(findings))
        .section(happenings::timeline(findings))
        .section(happenings::gaps(&investigation.gaps))
        .section(reasoning(findings))
        .section(evidence::appendix(investigation))
}

fn clusters(investigation: &Investigation) -> Text {
    let mut text = Text::new();
    for (at, name) in investigation.clusters.values().enumerate() {
        if at > 0 {
            text = text.plain(", ");
        }
        text = text.code(name.clone());
    }
    text
}

fn opened(investigation: &Investigation) -> Text {
    Text::new()
        .time(investigation.created_at)
        .plain(" by ")
        .code(investigation.requested_by.clone())
}

fn summary(investigation: &Investigation, findings: &Findings) -> Section {
    let mut section = Section::new("Summary").list(in_brief(findings));
    for paragraph in &investigation.narrative {
        section = section.paragraph(cited(paragraph));
    }
    section
}

/// What, since when, why, how sure, and where to look next.
fn in_brief(findings: &Findings) -> Vec<Text> {
    let mut lines = vec![Text::new().strong("What: ").plain(conclusion(findings))];
    if let Some(first) = findings.candidates.first()
        && findings.verdict != Verdict::NothingWrong
    {
        lines.push(since(first));
        lines.push(why(first));
        lines.push(Text::new().strong("Confidence: ").plain(format!(
            "{} ({:.2}); it explains {:.0} % of the symptoms",
            first.confidence.in_words(),
            first.confidence.0,
            first.explained * 100.0
        )));
    }
    lines.extend(next(findings));
    lines
}

fn since(candidate: &Candidate) -> Text {
    Text::new()
        .strong("Since: ")
        .time(candidate.onset)
        .plain(format!(
            ", known to within {}",
            length(candidate.onset_within)
        ))
}

fn why(candidate: &Candidate) -> Text {
    let why = Text::new().strong("Why: ");
    match &candidate.change {
        Some(change) => why
            .plain("it was changed at ")
            .time(change.at)
            .plain(format!(": {}", change.summary)),
        None => why.plain("no change is known that brought it"),
    }
}

fn next(findings: &Findings) -> Option<Text> {
    let next = Text::new().strong("Where to look next: ");
    match (&findings.verdict, findings.candidates.first()) {
        (Verdict::InsufficientEvidence { next_look }, _) => Some(next.plain(next_look.clone())),
        (Verdict::Cause, Some(first)) => Some(match &first.change {
            Some(change) => next.plain(format!(
                "at this change of {}, and what it is made of: {}",
                change.entity, change.summary
            )),
            None => next.plain(format!(
                "at {} itself, at the time given, with the evidence below",
                first.entity
            )),
        }),
        _ => None,
    }
}

fn reasoning(findings: &Findings) -> Section {
    let section = Section::new("How the conclusion was reached");
    if findings.reasoning.is_empty() {
        return section.paragraph("No steps were recorded.");
    }
    section.list(findings.reasoning.iter().map(|step| cited(step)).collect())
}
