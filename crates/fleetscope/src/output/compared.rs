//! What was compared in the search for a cause.

use fleetscope_client::wire::{Investigation, Suspect, Verdict};

use super::incident::cluster;
use super::{Style, entity, table};

/// Lines of what was compared, where nothing is concluded.
const MOST: usize = 5;
/// Named in the line below a cause.
const FEW: usize = 3;
/// A part of the votes that is worth a place.
const LEAST: f64 = 0.005;
/// A reason has the rest of a line.
const LONGEST_REASON: usize = 90;

/// Where nothing is concluded, the first of the ranking, each with its best reason; else a line.
pub(crate) fn compared(investigation: &Investigation, style: Style) -> Option<String> {
    let ranking = &investigation.ranking;
    let told: Vec<&Suspect> = ranking.iter().filter(|s| s.score >= LEAST).collect();
    if told.is_empty() {
        return None;
    }
    let heading = style.bold("What was compared");
    if investigation.verdict == Some(Verdict::Cause) {
        let few: Vec<String> = told.iter().take(FEW).map(|s| in_short(s)).collect();
        let more = match ranking.len().saturating_sub(few.len()) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        return Some(format!("{heading}\n  by votes: {}{more}", few.join(", ")));
    }
    let rows = told.iter().take(MOST).map(|suspect| {
        [
            format!("  {:.0} %", suspect.score * 100.0),
            cluster(investigation, suspect.entity.cluster).to_owned(),
            entity(&suspect.entity),
            best(suspect),
        ]
    });
    let rows = table(["  VOTES", "CLUSTER", "WHERE", "WHY"], rows);
    Some(format!("{heading}\n{rows}"))
}

fn in_short(suspect: &Suspect) -> String {
    format!("{} {:.0} %", entity(&suspect.entity), suspect.score * 100.0)
}

fn best(suspect: &Suspect) -> String {
    let mut reasons = suspect.reasons.iter();
    let reason = reasons.find(|reason| reason.stance == "for");
    reason.map_or_else(String::new, |reason| {
        super::incident::shortened(&reason.text, LONGEST_REASON)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::output::told::{investigation, lines, workload};

    fn ranking() -> Vec<Value> {
        let suspect = |(number, score): (usize, &f64)| {
            json!({
                "entity": workload(&format!("cart-{number}")),
                "score": score,
                "reasons": [
                    { "stance": "against", "text": "It is calm.", "evidence": ["ev-1"] },
                    { "stance": "for", "text": "Its latency rose.", "evidence": ["ev-2"] },
                ],
            })
        };
        let scores = [0.5, 0.2, 0.1, 0.1, 0.05, 0.04, 0.001];
        scores.iter().enumerate().map(suspect).collect()
    }

    #[test]
    fn where_nothing_is_concluded_the_first_five_are_told_with_their_reasons() {
        let fields = json!({ "verdict": "insufficient_evidence", "ranking": ranking() });
        let told = compared(&investigation(&fields), Style::plain()).unwrap();
        assert_eq!(
            lines(&told),
            [
                "What was compared",
                "VOTES CLUSTER WHERE WHY",
                "50 % shop workload shop/cart-0 Its latency rose.",
                "20 % shop workload shop/cart-1 Its latency rose.",
                "10 % shop workload shop/cart-2 Its latency rose.",
                "10 % shop workload shop/cart-3 Its latency rose.",
                "5 % shop workload shop/cart-4 Its latency rose.",
            ]
        );
    }

    #[test]
    fn below_a_cause_a_line_is_enough() {
        let fields = json!({ "verdict": "cause", "ranking": ranking() });
        let told = compared(&investigation(&fields), Style::plain()).unwrap();
        assert_eq!(
            lines(&told)[1],
            "by votes: workload shop/cart-0 50 %, workload shop/cart-1 20 %, \
             workload shop/cart-2 10 %; and 4 more"
        );
    }
}
