//! How far trouble has got, and how far it can get.

use fleetscope_model::{Candidate, Findings, Impact};

use crate::phrase;

/// Named one by one; the findings hold the rest.
const NAMED: usize = 6;

/// Who is affected by the cause, and who is at risk.
pub(super) fn spread(findings: &Findings, top: &Candidate) -> String {
    let at_risk = at_risk(findings);
    if top.reaches.is_empty() {
        return format!("It has not spread to anything else that is measured.{at_risk}");
    }
    let names: Vec<String> = top.reaches.iter().map(ToString::to_string).collect();
    format!(
        "From there it spreads to {}; this accounts for {:.0} % of what is felt.{at_risk}",
        phrase::list(&names, NAMED),
        top.explained * 100.0
    )
}

fn at_risk(findings: &Findings) -> String {
    let Some(blast) = findings.blast.as_ref().filter(|b| !b.at_risk.is_empty()) else {
        return String::new();
    };
    let count = blast.at_risk.len() + blast.more_at_risk as usize;
    let names: Vec<String> = blast.at_risk.iter().take(NAMED).map(named).collect();
    let more = match count - names.len() {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    format!(
        " Not affected yet, but at risk: {}{more}.",
        phrase::list(&names, NAMED)
    )
}

/// `workload shop/front (through workload shop/cart)`.
fn named(impact: &Impact) -> String {
    let before = impact.path.iter().rev().nth(1);
    match before {
        Some(hop) => format!("{} (through {})", impact.entity, hop.entity),
        None => impact.entity.to_string(),
    }
}
