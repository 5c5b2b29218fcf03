//! What is unusual in a window, by all that its history allows.
//!
//! [`detect()`](crate::detect()) judges any series. Where the history is long enough for the ensemble's own
//! tail to be known ([`KNOWN`] readings), the ensemble judges beside it: what it alone finds is an anomaly
//! too, and what both find says so. `docs/engine/anomalies.md` tells how both fare, and why from there on.

use fleetscope_model::{Anomaly, Sample, TimeRange};

use crate::detect;
use crate::detectors::Kind;
use crate::detectors::panel::{self, Stretch};
use crate::detectors::rate;
use crate::input::Signal;

/// Readings before the window from which on the ensemble is asked: it speaks from 65 on, and its threshold
/// on this series is known after 480 scores. With fewer it alarms on heavy-tailed noise ten times as often
/// as it aims to.
pub const KNOWN: usize = 544;
/// A stretch of the ensemble's is the same anomaly as one that was found otherwise when no more readings
/// lie between: its longest scale looks back over 64.
const SAME: usize = 64;

/// The anomalies of one signal that touch `judged`, oldest first; samples before it are learnt from,
/// samples after it are not looked at.
pub fn judge(signal: &Signal, judged: TimeRange) -> Vec<Anomaly> {
    let mut found = detect(signal, judged);
    let Some(samples) = long_enough(signal, judged) else {
        return found;
    };
    let from = judged.start.as_millisecond();
    let stretches: Vec<Stretch> = panel::stretches_of(Kind::Ensemble, samples, signal.sensitivity)
        .into_iter()
        .filter(|stretch| samples[stretch.to].at_ms >= from)
        .filter(|stretch| !found.iter().any(|anomaly| same(samples, stretch, anomaly)))
        .collect();
    if !stretches.is_empty() {
        let times = |s: &Stretch| (samples[s.from].at_ms.max(from), samples[s.to].at_ms);
        let times: Vec<(i64, i64)> = stretches.iter().map(times).collect();
        found.extend(detect::others(
            signal,
            judged,
            &times,
            Kind::Ensemble.name(),
        ));
        found.sort_by_key(|anomaly| (anomaly.start, anomaly.end));
    }
    found
}

/// The samples up to the end of the window, where enough of them lie before it.
fn long_enough(signal: &Signal, judged: TimeRange) -> Option<&[Sample]> {
    let samples = &signal.series.samples;
    let to = samples.partition_point(|s| s.at_ms <= judged.end.as_millisecond());
    let before = samples.partition_point(|s| s.at_ms < judged.start.as_millisecond());
    // A counter grows, which nothing before it resembles.
    let known = before >= KNOWN && !rate::is_counter(&samples[..to]);
    known.then(|| &samples[..to])
}

fn same(samples: &[Sample], stretch: &Stretch, anomaly: &Anomaly) -> bool {
    let place = |at: jiff::Timestamp| samples.partition_point(|s| s.at_ms < at.as_millisecond());
    let (start, end) = (place(anomaly.start), place(anomaly.end));
    stretch.from <= end + SAME && start <= stretch.to + SAME
}
