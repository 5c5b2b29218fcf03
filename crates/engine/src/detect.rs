//! Detection: is this series unusual, and since when?
//!
//! A series is compared with its own past. Its [`baseline`] is forecast block by block from what
//! came before; the errors of these forecasts over the history say how far is too far
//! ([`threshold`]). Three detectors look at what is left: samples outside the band ([`stretch`]),
//! medians of ten minutes outside their band ([`shift`]), and slow one-way movement that the
//! forecast follows ([`drift`]). What the series does again and again is left out ([`habit`]).

mod baseline;
mod describe;
mod drift;
mod habit;
mod other;
mod robust;
mod shift;
mod stretch;
mod threshold;
mod track;

use fleetscope_model::{Anomaly, Sensitivity, TimeRange};

use self::baseline::Baseline;
pub(crate) use self::describe::HELD;
pub(crate) use self::other::Other;
use self::stretch::{Stretch, View};
use self::threshold::{Floor, Noise};
use self::track::Track;
use crate::input::Signal;

/// The least deviation as the signal says it.
const WHOLE: f64 = 1.0;

/// The anomalies of one signal that touch `judged`, oldest first; samples before it are the history
/// that is learnt from, samples after it are not looked at.
///
/// With fewer than fifteen samples of history the first fifteen samples are learnt from instead,
/// and with fewer samples than that nothing is said. Samples that are not finite are gaps. At most
/// a few microseconds a sample.
pub fn detect(signal: &Signal, judged: TimeRange) -> Vec<Anomaly> {
    let unsaid = |anomaly| Anomaly {
        probability: None,
        ..anomaly
    };
    with_probability(signal, judged)
        .into_iter()
        .map(unsaid)
        .collect()
}

/// The same, each with the probability that a day without a fault holds nothing that stands out so much.
pub(crate) fn with_probability(signal: &Signal, judged: TimeRange) -> Vec<Anomaly> {
    let found = with_view(signal, judged, (signal.sensitivity, WHOLE), |view| {
        let found = stretch::directions(signal.direction)
            .iter()
            .flat_map(|up| unusual(signal, view, *up))
            .collect();
        stretch::join(found)
            .iter()
            .filter_map(|s| describe::anomaly(signal, view, s))
            .collect()
    });
    found.unwrap_or_default()
}

/// What somebody else found, as anomalies with what was expected there; without those that go the way
/// that does not matter, or by less than matters.
pub(crate) fn others(signal: &Signal, judged: TimeRange, found: &[Other]) -> Vec<Anomaly> {
    let told = with_view(signal, judged, (signal.sensitivity, WHOLE), |view| {
        let anomaly = |one| other::anomaly(signal, view, one);
        found.iter().filter_map(anomaly).collect()
    });
    told.unwrap_or_default()
}

/// Whether the signal shows nothing at all in `judged`, not even a beginning: no three samples beyond
/// the threshold of HIGH in the direction that is bad, at half of the least deviation. What
/// is not calm is not yet an anomaly, and no proof of health either.
pub(crate) fn is_calm(signal: &Signal, judged: TimeRange) -> bool {
    let calm = with_view(signal, judged, (Sensitivity::High, 0.5), |view| {
        stretch::directions(signal.direction).iter().all(|up| {
            let found = view.stretches(0..view.track.len(), *up, 1.0);
            !found
                .iter()
                .any(|s| s.to >= view.track.judged_from && view.persists(s))
        })
    });
    calm == Some(true)
}

/// Looks at the series with all that is known of it, by the thresholds of a sensitivity and so much of
/// the signal's least deviation; none where too little is known.
fn with_view<R>(
    signal: &Signal,
    judged: TimeRange,
    (sensitivity, share): (Sensitivity, f64),
    look: impl FnOnce(&View<'_>) -> R,
) -> Option<R> {
    let track = Track::of(&signal.series, judged)?;
    let floor = Floor::of(
        signal.least_deviation,
        signal.role,
        sensitivity,
        &track.value,
    )
    .lowered(share);
    let base = Baseline::of(&track, &floor);
    let noise = Noise::of(&track, &base, in_progress(&track, &base));
    Some(look(&View {
        track: &track,
        base: &base,
        noise: &noise,
        floor: &floor,
        limit: threshold::deviations(sensitivity),
    }))
}

/// The unusual stretches in one direction that reach into the judged samples.
fn unusual(signal: &Signal, view: &View<'_>, up: bool) -> Vec<Stretch> {
    let judged_from = view.track.judged_from;
    let mut found: Vec<Stretch> = view
        .stretches(0..view.track.len(), up, 1.0)
        .into_iter()
        .filter(|stretch| stretch.to >= judged_from && view.persists(stretch))
        .collect();
    found.extend(shift::shifts(view, up));
    let mut found = stretch::join(found);
    if !found.is_empty() {
        let earlier = view.stretches(0..judged_from, up, 0.5);
        found.retain(|stretch| !habit::is_habit(view, stretch, &earlier));
    }
    if drift::applies(signal.role) {
        found.extend(drift::drift(view, up));
    }
    found
}

/// The first sample of what stands out at the very end of the history: it may be the beginning of
/// what is to be judged, and nothing is learnt from it.
fn in_progress(track: &Track, base: &Baseline) -> usize {
    let mut first = track.judged_from;
    let mut ordinary = 0;
    for i in (0..track.judged_from).rev() {
        if base.stood_out[i] {
            first = i;
            ordinary = 0;
        } else {
            ordinary += 1;
        }
        if ordinary > 2 {
            break;
        }
    }
    first
}
