//! What is unusual in a window, by all that its history allows.
//!
//! [`detect()`](crate::detect()) judges any series. Where the history is long enough for the ensemble's own
//! tail to be known ([`KNOWN`] readings), the ensemble judges beside it: what it alone finds is an anomaly
//! too, and what both find says so. `docs/engine/anomalies.md` tells how both fare, and why from there on.

use fleetscope_model::{Anomaly, Sample, TimeRange};

use crate::detect::{self, HELD, Other};
use crate::detectors::Kind;
use crate::detectors::panel::{self, Stretch};
use crate::detectors::rate;
use crate::detectors::sensitivity::READINGS;
use crate::input::Signal;

/// Readings before the window from which on the ensemble is asked: it speaks from 65 on, and after 480
/// scores its tail on this series is known. Of fewer readings no rank is so rare as its thresholds.
pub const KNOWN: usize = 544;
/// A stretch of the ensemble's is the same anomaly as one that was found otherwise when no more readings
/// lie between: its longest scale looks back over 64.
const SAME: usize = 64;

/// The anomalies of one signal that touch `judged`, oldest first; samples before it are learnt from,
/// samples after it are not looked at.
///
/// Each says with what probability a day of the series without a fault holds nothing that stands out so
/// much: by the rates at which the thresholds alarm on noise, and by half as sure where two judge.
pub fn judge(signal: &Signal, judged: TimeRange) -> Vec<Anomaly> {
    let mut found = detect::with_probability(signal, judged);
    let Some(samples) = long_enough(signal, judged) else {
        return found;
    };
    found.extend(by_ensemble(signal, judged, samples, &found));
    for anomaly in &mut found {
        anomaly.probability = anomaly.probability.map(|sure| sure * sure);
    }
    found.sort_by_key(|anomaly| (anomaly.start, anomaly.end));
    found
}

/// What the ensemble finds and is not found already.
fn by_ensemble(
    signal: &Signal,
    judged: TimeRange,
    samples: &[Sample],
    found: &[Anomaly],
) -> Vec<Anomaly> {
    let from = judged.start.as_millisecond();
    let stretches: Vec<(Stretch, f64)> =
        panel::stretches_of(Kind::Ensemble, samples, signal.sensitivity)
            .into_iter()
            .filter(|(stretch, _)| samples[stretch.to].at_ms >= from)
            .filter(|(stretch, _)| !found.iter().any(|anomaly| same(samples, stretch, anomaly)))
            .collect();
    if stretches.is_empty() {
        return Vec::new();
    }
    let others: Vec<Other> = stretches
        .iter()
        .map(|(stretch, chance)| Other {
            from_ms: samples[stretch.from].at_ms.max(from),
            to_ms: samples[stretch.to].at_ms,
            by: Kind::Ensemble.name(),
            probability: (-chance * READINGS * HELD).exp(),
        })
        .collect();
    detect::others(signal, judged, &others)
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
