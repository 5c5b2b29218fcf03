//! The story of a cause that was found.

use fleetscope_model::{Candidate, ChangeKind, Stance};

use super::change;
use super::scene::{Scene, confidence, sight, told};
use super::spread::spread;
use crate::phrase;

/// Told one by one; the findings hold the rest.
const SYMPTOMS: usize = 3;
const REASONS_FOR: usize = 6;
const REASONS_AGAINST: usize = 3;

/// What, why, how it spreads, what speaks against, how sure, where next.
pub(crate) fn found(scene: &Scene<'_>, top: &Candidate) -> Vec<String> {
    vec![
        headline(scene, top),
        symptoms(scene),
        why(top),
        change::attributed(scene.findings.attribution.as_ref(), Some(top)),
        spread(scene.findings, top),
        against(scene, top),
        certainty(scene, top),
        next(scene, top),
    ]
}

fn headline(scene: &Scene<'_>, top: &Candidate) -> String {
    let evidence = top
        .reasons
        .iter()
        .find(|reason| reason.stance == Stance::For);
    let cited = evidence
        .map(|reason| phrase::citation(&reason.evidence))
        .unwrap_or_default();
    format!(
        "The likely cause is {}: {}. It began at {}, give or take {}{cited}.",
        scene.full_name(&top.entity),
        top.mechanism,
        phrase::day_and_clock(top.onset),
        phrase::span(top.onset_within),
    )
}

fn symptoms(scene: &Scene<'_>) -> String {
    let felt = scene.felt(SYMPTOMS);
    if felt.is_empty() {
        return String::new();
    }
    let sights: Vec<String> = felt.iter().copied().map(sight).collect();
    let all = scene.findings.anomalies.len();
    let more = if all > felt.len() {
        format!(" In all, {} stood out.", phrase::count(all, "anomaly"))
    } else {
        String::new()
    };
    format!("What is felt: {}.{more}", sights.join("; "))
}

fn why(top: &Candidate) -> String {
    format!("Why: {}", told(top, Stance::For, REASONS_FOR).join(" "))
}

fn against(scene: &Scene<'_>, top: &Candidate) -> String {
    let mut sentences = told(top, Stance::Against, REASONS_AGAINST);
    if let Some(second) = scene
        .findings
        .candidates
        .get(1)
        .filter(|c| c.confidence.0 >= 0.05)
    {
        sentences.push(format!(
            "The next best explanation is {} ({:.0} %): {}.",
            second.entity,
            second.confidence.0 * 100.0,
            second.mechanism
        ));
    }
    if sentences.is_empty() {
        return "Nothing that was seen speaks against it.".to_owned();
    }
    format!("What speaks against it: {}", sentences.join(" "))
}

fn certainty(scene: &Scene<'_>, top: &Candidate) -> String {
    let number = scene.findings.candidates.len();
    format!(
        "Confidence: {}, among {}.",
        confidence(top),
        phrase::count(number, "possible cause")
    )
}

fn next(scene: &Scene<'_>, top: &Candidate) -> String {
    let entity = &top.entity;
    if let Some(suspect) = change::culprit(scene.findings.attribution.as_ref()) {
        return format!(
            "Where to look next: take {} back; if that ends the trouble, that was it.",
            change::name(suspect)
        );
    }
    let look = match &top.change {
        Some(change) => match (change.kind, &change.revision) {
            (ChangeKind::Rollout, Some(revision)) => format!(
                "compare revision {revision} of {entity} with the one before it; if taking it back \
                 ends the trouble, that was it"
            ),
            (ChangeKind::Rollout | ChangeKind::Config | ChangeKind::Flag, _) => {
                format!("take the change of {entity} back and see whether the trouble ends")
            }
            _ => format!("see whether undoing the change of {entity} ends the trouble"),
        },
        None => match entity.kind {
            fleetscope_model::EntityKind::Node => {
                format!("see what runs on {entity} outside of the measured containers")
            }
            fleetscope_model::EntityKind::Gpu
            | fleetscope_model::EntityKind::PtpClock
            | fleetscope_model::EntityKind::Interface => {
                format!(
                    "look at {entity} itself: its driver's log, its sensors and what it is connected to"
                )
            }
            _ => format!(
                "look at what {entity} was doing from {} on: its log, its slow requests, its \
                 queues",
                phrase::clock(top.onset)
            ),
        },
    };
    format!("Where to look next: {look}.")
}
