//! Why a change is suspected and why not, and the same for no change at all.

use fleetscope_model::{EvidenceId, Reason, Stance};

use super::Weighed;
use super::content::Reading;
use super::elsewhere::Elsewhere;
use super::trouble::Troubles;
use crate::diagnose::case::cite;
use crate::diagnose::observe::minutes_between;
use crate::diagnose::reasons::reason;
use crate::input::Input;
use crate::phrase;

/// A risk that fits the trouble less than this is not told.
const FITS: f64 = 0.25;
/// Words are told where they tell this much.
const TELL: f64 = 0.25;

/// Every reason for and against one change.
pub(crate) fn of_change(
    _input: &Input,
    weighed: &Weighed<'_>,
    troubles: &Troubles<'_>,
) -> Vec<Reason> {
    let mut reasons = Vec::new();
    reasons.extend(when(weighed, troubles));
    reasons.extend(place(weighed));
    reasons.extend(risk(weighed, troubles));
    reasons.extend(words(weighed, troubles));
    reasons.extend(reading(weighed));
    reasons.sort_by_key(|reason| reason.stance);
    reasons
}

fn own(weighed: &Weighed<'_>) -> Vec<EvidenceId> {
    let by = weighed.ride.by.map(|by| &by.evidence);
    cite([&weighed.cited.evidence].into_iter().chain(by))
}

fn with(weighed: &Weighed<'_>, more: Vec<EvidenceId>) -> Vec<EvidenceId> {
    let mut all = own(weighed);
    all.extend(more);
    all.dedup();
    all
}

fn when(weighed: &Weighed<'_>, troubles: &Troubles<'_>) -> Vec<Reason> {
    let live_at = weighed.ride.live_at;
    let mut reasons = Vec::new();
    if let Some(next) = troubles.next(live_at) {
        let lead = minutes_between(live_at, next.at);
        let text = if lead < 1.0 {
            format!(
                "Trouble began as soon as it ran, at {}",
                phrase::clock(live_at)
            )
        } else {
            let distance = phrase::span(next.at.duration_since(live_at));
            let since = phrase::clock(live_at);
            format!("It runs since {since}, and trouble began {distance} later")
        };
        let stance = if weighed.timing >= 0.3 {
            Stance::For
        } else {
            Stance::Against
        };
        reasons.push(reason(
            stance,
            text,
            with(weighed, vec![next.evidence.clone()]),
        ));
    }
    let before = 1.0 - troubles.covered(live_at);
    if before >= 0.2
        && let Some(first) = troubles.first()
    {
        let text = format!(
            "{:.0} % of the trouble was there before it ran, since {} already",
            before * 100.0,
            phrase::clock(first.at)
        );
        let evidence = with(weighed, vec![first.evidence.clone()]);
        reasons.push(reason(Stance::Against, text, evidence));
    }
    reasons
}

fn place(weighed: &Weighed<'_>) -> Option<Reason> {
    let entity = match weighed.ride.by {
        Some(by) => &by.change.entity,
        None => &weighed.cited.change.entity,
    };
    let (stance, text) = match weighed.path {
        path if path >= 0.9 => (
            Stance::For,
            format!("It runs in {entity}, which is alarmed or fails on the way to what is"),
        ),
        path if path >= 0.3 => (
            Stance::For,
            format!("It runs in {entity}, which has to do with what is alarmed"),
        ),
        _ if weighed.ride.by.is_none() && weighed.ride.surety < 1.0 => (
            Stance::Against,
            "No rollout is known that brought it".to_owned(),
        ),
        _ => (
            Stance::Against,
            format!("It runs in {entity}, which does not lie on the way to what is alarmed"),
        ),
    };
    Some(reason(stance, text, own(weighed)))
}

fn risk(weighed: &Weighed<'_>, troubles: &Troubles<'_>) -> Vec<Reason> {
    let fitting = weighed
        .content
        .risks
        .iter()
        .filter(|(risk, fit)| risk.strength * fit >= FITS);
    fitting
        .take(2)
        .map(|(risk, _)| {
            let seen: Vec<String> = risk
                .expects
                .iter()
                .filter(|topic| troubles.profile.contains_key(topic))
                .take(3)
                .map(|topic| topic.title().to_owned())
                .collect();
            let text = format!("It {}, which fits {}", risk.text, phrase::list(&seen, 3));
            let evidence =
                troubles.evidence_of(|t| risk.expects.iter().any(|e| t.topics.contains(e)));
            reason(Stance::For, text, with(weighed, evidence))
        })
        .collect()
}

fn words(weighed: &Weighed<'_>, troubles: &Troubles<'_>) -> Option<Reason> {
    let shared = &weighed.content.shared;
    if weighed.content.lexical < TELL || shared.is_empty() {
        return None;
    }
    let told: Vec<String> = shared
        .iter()
        .take(5)
        .map(|word| format!("“{word}”"))
        .collect();
    let text = format!(
        "What it changes and what fails are about the same, in words that few other changes have: {}",
        phrase::list(&told, 5)
    );
    let evidence =
        troubles.evidence_of(|t| shared.iter().take(5).any(|word| t.words.contains(word)));
    Some(reason(Stance::For, text, with(weighed, evidence)))
}

fn reading(weighed: &Weighed<'_>) -> Option<Reason> {
    let text = match weighed.content.read {
        Reading::Nothing => "What it changes could not be read",
        Reading::Description => "Only its description could be read, not what it changes",
        Reading::Inert => "It moves code or rewords log lines, and changes nothing that it does",
        Reading::NeverRuns => "It changes only files that no running program reads",
        Reading::Diff
            if weighed
                .content
                .risks
                .iter()
                .all(|(r, fit)| r.strength * fit < FITS) =>
        {
            "Nothing in what it changes is known to bring such trouble"
        }
        Reading::Diff => return None,
    };
    Some(reason(Stance::Against, text.to_owned(), own(weighed)))
}

/// Why no change may be the cause, and why one may be.
pub(crate) fn of_none(
    elsewhere: &[Elsewhere],
    weighed: &[Weighed<'_>],
    troubles: &Troubles<'_>,
) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = elsewhere
        .iter()
        .filter(|e| e.strength >= 0.2)
        .map(|e| reason(Stance::For, e.text.clone(), e.evidence.clone()))
        .collect();
    let strongest = weighed
        .iter()
        .map(|w| w.timing * w.path)
        .fold(0.0, f64::max);
    if strongest < 0.2
        && let Some(first) = troubles.first()
    {
        let text = "No change on the way to it was made in good time before it began".to_owned();
        reasons.push(reason(Stance::For, text, vec![first.evidence.clone()]));
    }
    if elsewhere.iter().all(|e| e.strength < 0.2)
        && let Some(first) = troubles.first()
    {
        let text = "Neither more requests, nor a strained node, nor a failing service outside of \
                    what is watched would explain it";
        reasons.push(reason(
            Stance::Against,
            text.to_owned(),
            vec![first.evidence.clone()],
        ));
    }
    reasons
}
