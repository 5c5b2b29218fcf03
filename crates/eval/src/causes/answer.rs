//! What the engine answers to a case, as the scorers need it.

use fleetscope_engine::{Input, diagnose};
use fleetscope_model::Verdict;

/// An incident without its answer.
#[derive(Debug, Clone)]
pub struct Case {
    /// Which.
    pub id: String,
    /// What is known of it.
    pub input: Input,
}

/// An answer, complete before any label is opened.
#[derive(Debug, Clone)]
pub struct Answer {
    /// To which case.
    pub id: String,
    /// What could be the cause, with scores.
    pub ranking: Vec<(String, f64)>,
    /// Whether the engine says that nothing is wrong.
    pub nothing_wrong: bool,
    /// Whether it names one cause.
    pub decided: bool,
}

/// Lets the engine answer.
pub fn answer(case: &Case) -> Answer {
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
