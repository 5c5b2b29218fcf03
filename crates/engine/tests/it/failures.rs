//! Every kind of failure that the design knows, and what each is taken for: the right answer is
//! asserted, be it a cause or an abstention.

mod across;
mod ground;
mod made;
mod sight;

use fleetscope_engine::Input;
use fleetscope_model::{Entity, Findings};

use crate::build::MINUTE;

/// Moves what is known of some things in time: readings that come late, clocks that differ.
pub(crate) fn moved(input: &mut Input, whose: impl Fn(&Entity) -> bool, seconds: i64) {
    for signal in input.signals.iter_mut().filter(|s| whose(&s.entity)) {
        for sample in &mut signal.series.samples {
            sample.at_ms += seconds * MINUTE / 60;
        }
    }
}

/// The reasoning in a message that says why.
pub(crate) fn why(findings: &Findings) -> String {
    let causes: Vec<String> = findings
        .candidates
        .iter()
        .map(|c| format!("{} {:.2} {}", c.entity, c.confidence.0, c.mechanism))
        .collect();
    format!(
        "{:?}\n{}\n{:#?}",
        findings.verdict,
        causes.join("\n"),
        findings.attribution
    )
}
