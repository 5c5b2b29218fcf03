//! Possible causes, with what speaks for and against each.

use fleetscope_model::{Candidate, Findings, Stance, Verdict};
use fleetscope_report::{Section, Table, Text};

use super::prose::citing;

/// Candidates that are told of in full; the table has all.
const IN_FULL: usize = 5;

/// Entities that a candidate reaches and that are named.
const MOST_REACHED: usize = 10;

/// The possible causes; none where nothing is wrong.
pub(super) fn section(findings: &Findings) -> Option<Section> {
    if findings.candidates.is_empty() || findings.verdict == Verdict::NothingWrong {
        return None;
    }
    let mut section = Section::new("Possible causes").table(table(&findings.candidates));
    for (at, candidate) in findings.candidates.iter().take(IN_FULL).enumerate() {
        section = section.section(in_full(at + 1, candidate));
    }
    Some(section)
}

fn table(candidates: &[Candidate]) -> Table {
    let columns = [
        "No.",
        "Where",
        "What",
        "Since",
        "Confidence",
        "Explains",
        "For",
        "Against",
    ];
    let mut table = Table::new(columns);
    for column in [0, 4, 5, 6, 7] {
        table = table.right(column);
    }
    for (at, candidate) in candidates.iter().enumerate() {
        table = table.row(row(at + 1, candidate));
    }
    table
}

fn row(number: usize, candidate: &Candidate) -> Vec<Text> {
    let count = |stance| {
        let reasons = candidate.reasons.iter();
        Text::from(
            reasons
                .filter(|reason| reason.stance == stance)
                .count()
                .to_string(),
        )
    };
    vec![
        Text::from(number.to_string()),
        Text::from(candidate.entity.to_string()),
        Text::from(candidate.mechanism.clone()),
        Text::new().time(candidate.onset),
        Text::from(format!("{:.2}", candidate.confidence.0)),
        Text::from(format!("{:.0} %", candidate.explained * 100.0)),
        count(Stance::For),
        count(Stance::Against),
    ]
}

fn in_full(number: usize, candidate: &Candidate) -> Section {
    let mut section = Section::new(format!("Candidate {number}: {}", candidate.entity));
    if let Some(change) = &candidate.change {
        let text = Text::new().plain("Change: ").plain(change.summary.clone());
        section = section.paragraph(text.plain(" at ").time(change.at));
    }
    for (stance, heading) in [(Stance::For, "For:"), (Stance::Against, "Against:")] {
        let reasons: Vec<Text> = candidate
            .reasons
            .iter()
            .filter(|reason| reason.stance == stance)
            .map(|reason| citing(Text::from(reason.text.clone()), &reason.evidence))
            .collect();
        if !reasons.is_empty() {
            section = section.paragraph(Text::new().strong(heading)).list(reasons);
        }
    }
    if !candidate.reaches.is_empty() {
        section = section.paragraph(format!("It reaches {}.", reached(candidate)));
    }
    section
}

fn reached(candidate: &Candidate) -> String {
    let names: Vec<String> = candidate
        .reaches
        .iter()
        .take(MOST_REACHED)
        .map(ToString::to_string)
        .collect();
    match candidate.reaches.len().saturating_sub(MOST_REACHED) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}
