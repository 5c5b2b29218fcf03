//! What is unusual among series that were read, and what of it belongs together.

use std::collections::BTreeMap;

use fleetscope_engine::Signal;
use fleetscope_engine::detectors::panel;
use fleetscope_engine::groups::{Member, groups};
use fleetscope_model::{Anomaly, AnomalyEvent, EvidenceId, Sample, TimeRange, Topology};

use super::compute;
use crate::Result;

/// So many of the worst anomalies are put before the panel of detectors, which takes some ten
/// milliseconds for a day of samples: half a second, whatever goes wrong at once. The rest say who
/// found them, and no probability.
const MOST_CONFIRMED: usize = 50;

/// Samples of series by the readings that they are of.
pub(crate) type Samples = BTreeMap<EvidenceId, Vec<Sample>>;

/// What is unusual.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Worst first.
    pub(crate) anomalies: Vec<Anomaly>,
    /// The series that they were found in.
    pub(crate) samples: Samples,
}

/// The anomalies of the signals that touch `judged`, worst first.
pub(crate) async fn detect_all(signals: Vec<Signal>, judged: TimeRange) -> Result<Found> {
    compute(move || {
        let found = |signal| {
            let found = fleetscope_engine::judge(signal, judged);
            found.into_iter().map(move |anomaly| (signal, anomaly))
        };
        let mut anomalies: Vec<(&Signal, Anomaly)> = signals.iter().flat_map(found).collect();
        anomalies.sort_by(|(_, a), (_, b)| worst_first(a, b));
        let mut found = Found::default();
        for (place, (signal, anomaly)) in anomalies.into_iter().enumerate() {
            let samples = || signal.series.samples.clone();
            found
                .samples
                .entry(anomaly.evidence.clone())
                .or_insert_with(samples);
            found.anomalies.push(if place < MOST_CONFIRMED {
                panel::confirmed(signal, anomaly)
            } else {
                anomaly
            });
        }
        found
    })
    .await
}

/// The events that the anomalies make, by their series and what depends on what.
pub(crate) async fn events_of(
    anomalies: Vec<Anomaly>,
    samples: Samples,
    topology: Topology,
) -> Result<Vec<AnomalyEvent>> {
    compute(move || {
        let member = |anomaly| Member {
            anomaly,
            samples: samples.get(&anomaly.evidence).map_or(&[], Vec::as_slice),
        };
        let members: Vec<Member<'_>> = anomalies.iter().map(member).collect();
        groups(&members, &topology)
    })
    .await
}

fn worst_first(a: &Anomaly, b: &Anomaly) -> std::cmp::Ordering {
    let worst = b.severity.cmp(&a.severity);
    worst
        .then_with(|| b.score.total_cmp(&a.score))
        .then_with(|| a.entity.cmp(&b.entity))
        .then_with(|| a.signal.cmp(&b.signal))
        .then_with(|| a.labels.cmp(&b.labels))
        .then_with(|| a.start.cmp(&b.start))
}
