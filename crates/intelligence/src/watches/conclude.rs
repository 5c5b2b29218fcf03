//! When an investigation has changed, and when it has settled.

use fleetscope_model::{Anomaly, Candidate, Findings, Investigation, TimeRange, Verdict};
use jiff::{SignedDuration, Timestamp};

use super::memory::Memory;

/// Passes in a row that must agree before an investigation is settled.
const AGREEING: u32 = 3;

/// An investigation that names its cause, or finds nothing wrong, is followed at least this long:
/// symptoms reach their heights within minutes, and early rankings are by few samples.
const FOLLOWED_WITH_CAUSE: SignedDuration = SignedDuration::from_mins(10);

/// One that names none is followed longer, for slow causes (leaks, filling disks) show late.
const FOLLOWED_WITHOUT: SignedDuration = SignedDuration::from_mins(30);

/// Longer than this none is followed: what is not known after two hours is for people to find.
const LONGEST_FOLLOWED: SignedDuration = SignedDuration::from_hours(2);

/// Alarms that were last seen longer ago than this have ended.
const ENDED_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// The longest window that is looked at for an investigation in progress.
const LONGEST_WINDOW: SignedDuration = SignedDuration::from_hours(6);

/// The window in which the cause of the alarms is sought.
pub(super) fn window(alarms: &[Anomaly], now: Timestamp, lead_in: SignedDuration) -> TimeRange {
    let first = alarms.iter().map(|alarm| alarm.start).min().unwrap_or(now);
    let since_first = now.duration_since(first).max(SignedDuration::ZERO);
    TimeRange::ending(now, (since_first + lead_in).min(LONGEST_WINDOW))
}

/// Whether both come to the same conclusion: verdict, first candidate, and confidence in words.
/// Everything else may move a little from pass to pass without anybody having to be told.
pub(super) fn agree(one: &Findings, other: &Findings) -> bool {
    let conclusion = |findings: &Findings| {
        let verdict = std::mem::discriminant(&findings.verdict);
        (verdict, findings.candidates.first().map(place))
    };
    conclusion(one) == conclusion(other)
}

/// Whether the trouble that was found is over: nothing is wrong any more. What was found stays
/// true, and is not replaced by the calm after it.
pub(super) fn is_over(before: &Findings, now: &Findings) -> bool {
    before.verdict != Verdict::NothingWrong && now.verdict == Verdict::NothingWrong
}

/// What of a candidate makes it the same: where it lies, which change brought it, how sure we are.
fn place(candidate: &Candidate) -> (String, Option<String>, &'static str) {
    let change = candidate.change.as_ref();
    (
        candidate.entity.to_string(),
        change.map(|change| format!("{:?} {} {:?}", change.kind, change.at, change.revision)),
        candidate.confidence.in_words(),
    )
}

/// Whether any of the alarms was seen in the last minutes.
pub(super) fn goes_on(alarms: &[Anomaly], now: Timestamp, memory: &Memory) -> bool {
    alarms.iter().any(|alarm| {
        let last = memory.last_seen(alarm).unwrap_or(alarm.end).max(alarm.end);
        now.duration_since(last) < ENDED_AFTER
    })
}

/// Why the investigation need not be followed any longer, if so.
pub(super) fn settled(
    investigation: &Investigation,
    now: Timestamp,
    agreeing: u32,
    goes_on: bool,
) -> Option<&'static str> {
    let age = now.duration_since(investigation.created_at);
    let needed = match investigation.findings.as_ref().map(|found| &found.verdict) {
        Some(Verdict::Cause | Verdict::NothingWrong) => FOLLOWED_WITH_CAUSE,
        Some(Verdict::InsufficientEvidence { .. }) | None => FOLLOWED_WITHOUT,
    };
    if !goes_on {
        Some("the symptoms have ended")
    } else if age >= needed && agreeing >= AGREEING {
        Some("the conclusion has settled")
    } else if age >= LONGEST_FOLLOWED {
        Some("it was followed for two hours")
    } else {
        None
    }
}
