//! What stood out, what happened, and what could not be read.

use fleetscope_model::{Anomaly, Findings, Gap};
use fleetscope_report::{Section, Table, Text};

use super::prose::{citing, number};

/// Anomalies that are listed; more tell no more.
const MOST_ANOMALIES: usize = 50;

/// The anomalies, worst first.
pub(super) fn anomalies(findings: &Findings) -> Section {
    let section = Section::new("What stood out");
    if findings.anomalies.is_empty() {
        return section.paragraph("Nothing unusual was found in the window.");
    }
    let columns = [
        "Signal",
        "Where",
        "From",
        "To",
        "Peak",
        "Expected",
        "Deviations",
        "Severity",
        "Evidence",
    ];
    let mut table = Table::new(columns);
    for column in [4, 5, 6] {
        table = table.right(column);
    }
    for anomaly in findings.anomalies.iter().take(MOST_ANOMALIES) {
        table = table.row(row(anomaly));
    }
    let section = section.table(table);
    match findings.anomalies.len().saturating_sub(MOST_ANOMALIES) {
        0 => section,
        more => section.paragraph(format!("{more} lesser anomalies are not listed.")),
    }
}

fn row(anomaly: &Anomaly) -> Vec<Text> {
    let end = if anomaly.ongoing {
        Text::from("goes on")
    } else {
        Text::new().time(anomaly.end)
    };
    let evidence = std::slice::from_ref(&anomaly.evidence);
    vec![
        Text::from(anomaly.signal.clone()),
        Text::from(anomaly.entity.to_string()),
        Text::new().time(anomaly.start),
        end,
        Text::from(format!("{} {}", number(anomaly.peak), anomaly.unit)),
        Text::from(format!(
            "{} to {}",
            number(anomaly.expected.low),
            number(anomaly.expected.high)
        )),
        Text::from(format!("{:.1}", anomaly.score)),
        Text::from(format!("{:?}", anomaly.severity).to_lowercase()),
        citing(Text::new(), evidence),
    ]
}

/// What happened, oldest first.
pub(super) fn timeline(findings: &Findings) -> Section {
    let section = Section::new("Timeline");
    if findings.timeline.is_empty() {
        return section.paragraph("Nothing is known to have happened in the window.");
    }
    let mut table = Table::new(["When", "Where", "What"]);
    for entry in &findings.timeline {
        table = table.row(vec![
            Text::new().time(entry.at),
            Text::from(entry.entity.to_string()),
            citing(Text::from(entry.text.clone()), &entry.evidence),
        ]);
    }
    section.table(table)
}

/// What could not be read.
pub(super) fn gaps(gaps: &[Gap]) -> Section {
    let section = Section::new("What could not be read");
    if gaps.is_empty() {
        return section.paragraph("Everything that was asked for was read.");
    }
    let mut table = Table::new(["Cluster", "Source", "What happened"]);
    for gap in gaps {
        table = table.row(vec![
            Text::from(gap.cluster_name.clone()),
            Text::from(gap.source.title()),
            Text::from(gap.detail.clone()),
        ]);
    }
    section.table(table)
}
