//! What was compared, where no cause is concluded.

use fleetscope_model::{Findings, Stance, Suspect, Verdict};
use fleetscope_report::{Section, Table, Text};

use super::prose::citing;

/// The ranking with the best reason for each; none where there is a cause, or nothing to rank.
pub(super) fn section(findings: &Findings) -> Option<Section> {
    if findings.verdict == Verdict::Cause || findings.ranking.is_empty() {
        return None;
    }
    let mut table = Table::new(["No.", "Where", "Votes", "Why"])
        .right(0)
        .right(2);
    let told = findings.ranking.iter().take(Suspect::WITH_REASONS);
    for (at, suspect) in told.enumerate() {
        table = table.row(row(at + 1, suspect));
    }
    Some(Section::new("What was compared").table(table))
}

fn row(number: usize, suspect: &Suspect) -> Vec<Text> {
    let mut reasons = suspect.reasons.iter();
    let best = reasons.find(|reason| reason.stance == Stance::For);
    vec![
        Text::from(number.to_string()),
        Text::from(suspect.entity.to_string()),
        Text::from(format!("{:.0} %", suspect.score * 100.0)),
        best.map_or_else(Text::new, |reason| {
            citing(Text::from(reason.text.clone()), &reason.evidence)
        }),
    ]
}
