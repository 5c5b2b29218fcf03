//! Whom the cause affects, and whom it can still affect.

use fleetscope_model::{BlastRadius, Findings, Impact, Verdict};
use fleetscope_report::{Section, Table, Text};

/// Lines of each kind.
const MOST: usize = 25;

/// Who is affected and who is at risk; none where nothing is wrong or nobody is.
pub(super) fn section(findings: &Findings) -> Option<Section> {
    let blast = findings.blast.as_ref()?;
    let none = blast.affected.is_empty() && blast.at_risk.is_empty();
    if none || findings.verdict == Verdict::NothingWrong {
        return None;
    }
    let mut table = Table::new(["State", "Where", "Hops", "Way", "Since", "By"]).right(2);
    for impact in blast.affected.iter().take(MOST) {
        let state = if impact.goes_on() {
            "affected"
        } else {
            "was affected"
        };
        table = table.row(row(state, impact));
    }
    for impact in blast.at_risk.iter().take(MOST) {
        table = table.row(row("at risk", impact));
    }
    let section = Section::new("Who is affected").table(table);
    Some(match more(blast) {
        Some(more) => section.paragraph(more),
        None => section,
    })
}

fn row(state: &str, impact: &Impact) -> Vec<Text> {
    let hops = impact.distance().map(|hops| hops.to_string());
    let since = impact.signals.iter().map(|felt| felt.since).min();
    let signals: Vec<&str> = impact.signals.iter().map(|f| f.signal.as_str()).collect();
    vec![
        Text::from(state.to_owned()),
        Text::from(impact.entity.to_string()),
        Text::from(hops.unwrap_or_default()),
        Text::from(way(impact)),
        since.map_or_else(Text::new, |since| Text::new().time(since)),
        Text::from(signals.join(", ")),
    ]
}

/// `workload shop/records is called by workload shop/cart`.
fn way(impact: &Impact) -> String {
    let hops = impact.path.iter().map(|hop| match hop.via.as_str() {
        "" => hop.entity.to_string(),
        via => format!(" {via} {}", hop.entity),
    });
    hops.collect()
}

fn more(blast: &BlastRadius) -> Option<String> {
    let beyond = |told: usize, more: u32| told.saturating_sub(MOST) + more as usize;
    let affected = beyond(blast.affected.len(), blast.more_affected);
    let at_risk = beyond(blast.at_risk.len(), blast.more_at_risk);
    (affected + at_risk > 0)
        .then(|| format!("Left out: {affected} more that are affected, {at_risk} at risk."))
}
