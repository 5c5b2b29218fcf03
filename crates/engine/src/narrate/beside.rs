//! What else is wrong at the same time.

use fleetscope_model::{Concurrent, Stance, Verdict};

use super::scene::{Scene, confidence};
use crate::phrase;

/// A sentence or two for each trouble that has another cause.
pub(crate) fn also(scene: &Scene<'_>) -> Vec<String> {
    let all = scene.findings.also.iter();
    all.filter_map(|also| told(scene, also)).collect()
}

fn told(scene: &Scene<'_>, also: &Concurrent) -> Option<String> {
    let top = also.candidates.first()?;
    let reasons = top.reasons.iter().find(|r| r.stance == Stance::For);
    let cited = reasons
        .map(|r| phrase::citation(&r.evidence))
        .unwrap_or_default();
    let who = phrase::entities(&also.symptoms);
    let (cause, sure) = (scene.full_name(&top.entity), confidence(top));
    Some(match &also.verdict {
        Verdict::Cause => format!(
            "At the same time, and apart from that ({}), something is wrong with {who}. The likely cause \
             is {cause}: {}{cited}. Confidence: {sure}.",
            also.apart, top.mechanism,
        ),
        Verdict::InsufficientEvidence { next_look } => format!(
            "At the same time, and apart from that ({}), something is wrong with {who}, and the evidence \
             does not single out a cause; likeliest is {cause}: {}{cited}, confidence {sure}. {next_look}",
            also.apart, top.mechanism,
        ),
        Verdict::NothingWrong => return None,
    })
}
