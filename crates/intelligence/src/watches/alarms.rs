//! Which anomalies raise an alarm. Strict, because an alarm opens an investigation, and whoever is
//! called for nothing twice does not come the third time.

use fleetscope_model::{Anomaly, Severity, Watch};
use jiff::SignedDuration;

use super::groups::Group;
use super::memory::Memory;
use super::round::Round;

/// An alarm whose first look found nothing wrong is looked at again in every second round: a look
/// reads as much as a round, and what is wrong shows more clearly by the minute.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(2);

/// A symptom must have held for three samples: two steps from its first to its last.
const STEPS_HELD: i32 = 2;

/// And its last sample must be no older than three steps, or it is history.
const STEPS_OLD: i32 = 3;

/// The symptoms of the round that have held and that no investigation knows.
pub(super) fn raised(watches: &[Watch], round: &Round, memory: &Memory) -> Vec<Anomaly> {
    round
        .anomalies
        .iter()
        .filter(|anomaly| {
            let watch = watches
                .iter()
                .find(|watch| watch.symptom && watch.title == anomaly.signal);
            watch.is_some_and(|watch| is_alarm(anomaly, watch, round))
                && !memory.is_investigated(anomaly)
                && !memory.was_declined(anomaly, round.now, LOOK_AGAIN_AFTER)
        })
        .cloned()
        .collect()
}

/// Takes the alarms of these clusters out of the list.
pub(super) fn take(alarms: &mut Vec<Anomaly>, clusters: &Group) -> Vec<Anomaly> {
    let all = std::mem::take(alarms);
    let (taken, left) = all
        .into_iter()
        .partition(|alarm| clusters.contains(&alarm.entity.cluster));
    *alarms = left;
    taken
}

fn is_alarm(anomaly: &Anomaly, watch: &Watch, round: &Round) -> bool {
    let held = anomaly.end.duration_since(anomaly.start);
    let age = round.now.duration_since(anomaly.end);
    anomaly.ongoing
        && anomaly.severity >= Severity::Medium
        && held >= watch.step * STEPS_HELD
        && age <= watch.step * STEPS_OLD
}
