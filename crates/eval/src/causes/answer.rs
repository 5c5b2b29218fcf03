//! What the engine answers to a case, as the scorers need it.

use fleetscope_engine::{Input, diagnose};
use fleetscope_model::Verdict;

/// An incident without its answer.
#[derive(Debug, Clone)]
pub(super) struct Case {
    /// Which.
    pub(super) id: String,
    /// What is known of it.
    pub(super) input: Input,
}

/// An answer, complete before any label is opened.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// To which case.
    pub(super) id: String,
    /// What could be the cause, with scores.
    pub(super) ranking: Vec<(String, f64)>,
    /// Whether the engine says that nothing is wrong.
    pub(super) nothing_wrong: bool,
    /// Whether it names one cause.
    pub(super) decided: bool,
}

/// Lets the engine answer.
pub(super) fn answer(case: &Case) -> Answer {
    let findings = diagnose(&case.input);
    let ranking = findings
        .ranking
        .iter()
        .map(|suspect| (suspect.entity.name.clone(), suspect.score));
    Answer {
        id: case.id.clone(),
        ranking: ranking.collect(),
        nothing_wrong: findings.verdict == Verdict::NothingWrong,
        decided: findings.verdict == Verdict::Cause,
    }
}

impl Answer {
    /// One line for people: where the culprit stands, and who stands first.
    pub(super) fn line(&self, culprit: &str) -> String {
        let place = self.ranking.iter().position(|(name, _)| name == culprit);
        let place = place.map_or_else(|| "unnamed".to_owned(), |at| format!("place {}", at + 1));
        let said = match (self.nothing_wrong, self.decided) {
            (true, _) => "nothing wrong",
            (_, true) => "cause",
            _ => "undecided",
        };
        let first = self.ranking.iter().take(4);
        let first: Vec<String> = first.map(|(name, s)| format!("{name} {s:.3}")).collect();
        format!(
            "{}  {said}  {culprit}: {place}  of {}",
            self.id,
            first.join(", ")
        )
    }
}
