//! The stories without a culprit: nothing wrong, or not enough to tell.

use fleetscope_model::{Candidate, Stance};

use super::change;
use super::scene::{Scene, capital, sight, told};
use crate::phrase;

/// Nothing wrong, and what stood out nevertheless.
pub(crate) fn nothing_wrong(scene: &Scene<'_>) -> Vec<String> {
    let anomalies = &scene.findings.anomalies;
    if anomalies.is_empty() {
        return vec!["Nothing is wrong: in the whole window nothing stood out.".to_owned()];
    }
    let few: Vec<String> = anomalies.iter().take(3).map(sight).collect();
    let more = match anomalies.len() - few.len() {
        0 => String::new(),
        more => format!(" {} more are in the findings.", capital(&more.to_string())),
    };
    vec![
        "Nothing is wrong: nothing that users feel has lasted.".to_owned(),
        format!("What stood out nevertheless: {}.{more}", few.join("; ")),
    ]
}

/// Something is wrong and the evidence does not single out why.
pub(crate) fn abstention(scene: &Scene<'_>, next_look: &str) -> Vec<String> {
    let felt: Vec<String> = scene.felt(3).into_iter().map(sight).collect();
    let mut paragraphs = vec![match since(scene) {
        Some(at) => {
            format!("Something is wrong since {at}, and the evidence does not single out why.")
        }
        None => "Something is wrong, and the evidence does not single out why.".to_owned(),
    }];
    if !felt.is_empty() {
        paragraphs.push(format!("What is felt: {}.", felt.join("; ")));
    }
    paragraphs.extend(
        scene
            .findings
            .candidates
            .iter()
            .filter(|candidate| candidate.confidence.0 >= 0.05)
            .take(3)
            .map(|candidate| possible(scene, candidate)),
    );
    let attribution = scene.findings.attribution.as_ref();
    paragraphs.push(change::attributed(attribution, None));
    if !next_look.is_empty() {
        paragraphs.push(format!("What would settle it: {}", capital(next_look)));
    }
    paragraphs
}

fn since(scene: &Scene<'_>) -> Option<String> {
    let first = scene.felt(3).iter().map(|anomaly| anomaly.start).min()?;
    Some(phrase::day_and_clock(first))
}

fn possible(scene: &Scene<'_>, candidate: &Candidate) -> String {
    let mut sentences = told(candidate, Stance::For, 3);
    let against = told(candidate, Stance::Against, 2);
    if !against.is_empty() {
        sentences.push(format!("Against it: {}", against.join(" ")));
    }
    format!(
        "Possible, at {:.0} %: {}, where {}. {}",
        candidate.confidence.0 * 100.0,
        scene.full_name(&candidate.entity),
        candidate.mechanism,
        sentences.join(" ")
    )
}
