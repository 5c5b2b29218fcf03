//! Whom a cause affects, and whom it can still affect.

use fleetscope_client::wire::{BlastRadius, FeltSignal, Impact, Investigation};

use super::incident::cluster;
use super::{Style, clock, entity, table};

/// Lines of each kind.
const MOST: usize = 5;
/// Signals of a line.
const SIGNALS: usize = 2;

/// The radius in a few lines; none where it holds nobody.
pub(crate) fn blast(investigation: &Investigation, style: Style) -> Option<String> {
    let blast = investigation.blast.as_ref()?;
    if blast.affected.is_empty() && blast.at_risk.is_empty() {
        return None;
    }
    let row = |state: &str, impact: &Impact| {
        [
            format!("  {state}"),
            cluster(investigation, impact.entity.cluster).to_owned(),
            entity(&impact.entity),
            way(impact),
            felt(&impact.signals),
        ]
    };
    let affected = blast.affected.iter().take(MOST);
    let affected = affected.map(|impact| row(state(impact), impact));
    let at_risk = blast.at_risk.iter().take(MOST);
    let at_risk = at_risk.map(|impact| row("at risk", impact));
    let rows = table(
        ["  STATE", "CLUSTER", "WHERE", "WAY", "BY"],
        affected.chain(at_risk),
    );
    Some(format!(
        "{}\n{rows}{}",
        style.bold("Who is affected"),
        more(blast)
    ))
}

fn state(impact: &Impact) -> &'static str {
    if impact.signals.iter().any(|felt| felt.ongoing) {
        "affected"
    } else {
        "was affected"
    }
}

/// How trouble gets there from the cause: `directly`, `by node worker-1`.
fn way(impact: &Impact) -> String {
    let between = impact.path.iter().skip(1);
    let mut between: Vec<String> = between.map(|hop| entity(&hop.entity)).collect();
    between.pop();
    match (impact.path.is_empty(), between.as_slice()) {
        (true, _) => String::new(),
        (false, []) => "directly".to_owned(),
        (false, [only]) => format!("by {only}"),
        (false, [.., last]) => format!("{} hops, by {last}", between.len() + 1),
    }
}

fn felt(signals: &[FeltSignal]) -> String {
    let told: Vec<String> = signals
        .iter()
        .take(SIGNALS)
        .map(|felt| format!("{} since {}", felt.signal, clock(felt.since)))
        .collect();
    told.join(", ")
}

fn more(blast: &BlastRadius) -> String {
    let beyond = |impacts: &[Impact], more: u32| impacts.len().saturating_sub(MOST) + more as usize;
    let affected = beyond(&blast.affected, blast.more_affected);
    let at_risk = beyond(&blast.at_risk, blast.more_at_risk);
    match (affected, at_risk) {
        (0, 0) => String::new(),
        (affected, at_risk) => {
            format!("\n  … and {affected} more that are affected, {at_risk} at risk")
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::output::told::{investigation, lines, workload};

    #[test]
    fn who_is_affected_and_who_is_at_risk_is_told_with_the_way_to_them() {
        let felt = |ongoing: bool| {
            json!([{
                "signal": "request latency p95",
                "since": "2026-03-05T11:41:00Z",
                "ongoing": ongoing,
                "evidence": "ev-1",
            }])
        };
        let hop = |name: &str| json!({ "entity": workload(name), "via": "is called by" });
        let cause = json!({ "entity": workload("records") });
        let front = json!({
            "entity": workload("front"), "distance": 2, "signals": [],
            "path": [cause, hop("cart"), hop("front")],
        });
        let blast = json!({
            "affected": [
                {
                    "entity": workload("cart"), "distance": 1, "signals": felt(true),
                    "path": [cause, hop("cart")],
                },
                { "entity": workload("mail"), "path": [], "signals": felt(false) },
            ],
            "at_risk": [front, front, front, front, front, front],
            "more_affected": 0,
            "more_at_risk": 7,
        });
        let told = investigation(&json!({ "blast": blast }));
        let told = lines(&super::blast(&told, Style::plain()).unwrap());
        assert_eq!(
            told[..5],
            [
                "Who is affected",
                "STATE CLUSTER WHERE WAY BY",
                "affected shop workload shop/cart directly request latency p95 since 11:41:00",
                "was affected shop workload shop/mail request latency p95 since 11:41:00",
                "at risk shop workload shop/front by workload shop/cart",
            ]
        );
        assert_eq!(told.len(), 10);
        assert_eq!(told[9], "… and 0 more that are affected, 8 at risk");
    }
}
