//! Which anomalies raise an alarm. Strict, because an alarm opens an investigation, and whoever is
//! called for nothing twice does not come the third time.
//!
//! A *symptom* is felt by users. A *suspicion* is far out of the usual and felt by nobody yet: a
//! leak that has not killed anything, a hot device. Either is only a reason for a first look; the
//! engine says whether anything is wrong.

use fleetscope_model::{Anomaly, Severity, Watch};
use jiff::SignedDuration;

use super::groups::Group;
use super::memory::Memory;
use super::round::Round;

/// What a first look found nothing wrong with is looked at again in every second round: a look reads
/// as much as a round, and what is wrong shows more clearly by the minute.
const SYMPTOM_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(2);

/// What nobody feels can wait a little longer.
const SUSPICION_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// A symptom must have held for three samples at least: two steps from its first to its last.
const STEPS_HELD: i32 = 2;

/// Trouble up to this long is a blip: a pod that is restarted, a fail-over, a node that is drained.
const BLIP: SignedDuration = SignedDuration::from_mins(2);

/// What is unusual but not far beyond everything that was seen before must hold for so long: a burst
/// of traffic is over, or an autoscaler has answered it, in less.
const SLIGHT: SignedDuration = SignedDuration::from_mins(10);

/// The last sample of a symptom must be no older than three steps, or it is history.
const STEPS_OLD: i32 = 3;

/// The anomalies of a round that raise an alarm and that no investigation knows.
#[derive(Debug, Default)]
pub(super) struct Raised {
    pub(super) symptoms: Vec<Anomaly>,
    pub(super) suspicions: Vec<Anomaly>,
}

/// What of the round raises an alarm.
pub(super) fn raised(watches: &[Watch], round: &Round, memory: &Memory) -> Raised {
    let mut raised = Raised::default();
    for anomaly in &round.anomalies {
        let watch = watches.iter().find(|watch| watch.title == anomaly.signal);
        let Some(watch) = watch.filter(|watch| has_held(anomaly, watch, round)) else {
            continue;
        };
        if memory.is_investigated(anomaly) {
            continue;
        }
        let declined = |within| memory.was_declined(anomaly, round.now, within);
        if watch.symptom && anomaly.severity >= Severity::Medium {
            if !declined(SYMPTOM_AGAIN_AFTER) {
                raised.symptoms.push(anomaly.clone());
            }
        } else if anomaly.severity >= Severity::High && !declined(SUSPICION_AGAIN_AFTER) {
            raised.suspicions.push(anomaly.clone());
        }
    }
    raised
}

impl Raised {
    /// Takes out what is of these clusters.
    pub(super) fn take(&mut self, clusters: &Group) -> Self {
        let part = |alarms: &mut Vec<Anomaly>| {
            let (taken, left) = std::mem::take(alarms)
                .into_iter()
                .partition(|alarm: &Anomaly| clusters.contains(&alarm.entity.cluster));
            *alarms = left;
            taken
        };
        Self {
            symptoms: part(&mut self.symptoms),
            suspicions: part(&mut self.suspicions),
        }
    }

    /// Whether there is no alarm.
    pub(super) const fn is_empty(&self) -> bool {
        self.symptoms.is_empty() && self.suspicions.is_empty()
    }
}

/// Whether the anomaly goes on, and for longer than a blip would be seen.
fn has_held(anomaly: &Anomaly, watch: &Watch, round: &Round) -> bool {
    let held = anomaly.end.duration_since(anomaly.start);
    let age = round.now.duration_since(anomaly.end);
    let least = (watch.step * STEPS_HELD).max(seen_of_a_blip(&watch.query));
    let needed = if anomaly.severity >= Severity::High {
        least
    } else {
        least.max(SLIGHT)
    };
    anomaly.ongoing && held >= needed && age <= watch.step * STEPS_OLD
}

/// For how long a blip is seen: a rate shows it until it has left the range the rate is taken over.
/// A count of events (`increase`) shows each of them, and needs no second one to be true.
fn seen_of_a_blip(query: &str) -> SignedDuration {
    let ranges = query.split("rate(").skip(1).filter_map(|rest| {
        let range = rest.split('[').nth(1)?.split(']').next()?;
        range.parse::<SignedDuration>().ok()
    });
    match ranges.max() {
        Some(range) => BLIP + range,
        None => SignedDuration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blip_is_seen_for_as_long_as_the_longest_range_and_itself() {
        let minutes = |query| seen_of_a_blip(query).as_mins();
        assert_eq!(minutes("rate(a[2m]) / rate(b[5m])"), 7);
        assert_eq!(minutes("increase(a[10m])"), 0);
        assert_eq!(minutes("a != bool 1"), 0);
    }
}
