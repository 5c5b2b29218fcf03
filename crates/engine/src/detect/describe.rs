//! From a stretch of samples to an anomaly that explains itself.

use fleetscope_model::{Anomaly, Band, Severity};
use jiff::Timestamp;

use super::robust;
use super::shift;
use super::stretch::{Detector, Stretch, View};
use crate::input::Signal;
use crate::phrase;

/// Beyond this nobody compares.
const HIGHEST_SCORE: f64 = 1000.0;

/// The anomaly that the stretch is; `None` where its times are out of range.
pub(crate) fn anomaly(signal: &Signal, view: &View<'_>, stretch: &Stretch) -> Option<Anomaly> {
    let time = |i: usize| Timestamp::from_millisecond(view.track.at[i]).ok();
    let peak = peak(view, stretch);
    let (center, half) = expectation(view, stretch, peak);
    let value = view.track.value[peak];
    let off = (value - center).abs();
    let anomaly = Anomaly {
        entity: signal.entity.clone(),
        signal: signal.name.clone(),
        role: signal.role,
        unit: signal.unit.clone(),
        labels: signal.series.labels.clone(),
        start: time(stretch.from)?,
        end: time(stretch.to)?,
        ongoing: stretch.to + 1 == view.track.len(),
        peak_at: time(peak)?,
        peak: value,
        expected: band(view, center, half),
        score: (off / view.noise.scale(view.floor, center)).min(HIGHEST_SCORE),
        severity: severity(
            passes(view, stretch, peak, off, half),
            off / view.noise.largest,
            view.track.at[stretch.to] - view.track.at[stretch.from],
            signal.symptom,
        ),
        detectors: stretch
            .detectors
            .iter()
            .map(|d| d.as_str().to_owned())
            .collect(),
        probability: None,
        why: String::new(),
        evidence: signal.evidence.clone(),
    };
    Some(Anomaly {
        why: why(&anomaly, stretch),
        ..anomaly
    })
}

/// The sample farthest out.
fn peak(view: &View<'_>, stretch: &Stretch) -> usize {
    let off = |i: usize| {
        let off = match stretch.before {
            Some(before) => view.track.value[i] - before,
            None => view.base.residual[i],
        };
        if stretch.up { off } else { -off }
    };
    let better = |best: usize, i: usize| if off(i) > off(best) { i } else { best };
    (stretch.from..=stretch.to).fold(stretch.from, better)
}

/// The expected value at the peak and half the width of the band around it.
fn expectation(view: &View<'_>, stretch: &Stretch, peak: usize) -> (f64, f64) {
    if let Some(before) = stretch.before {
        return (
            before,
            view.limit * view.noise.block_scale(view.floor, before),
        );
    }
    let center = view.base.center[peak];
    if stretch.detectors.contains(&Detector::Shift) {
        (center, shift::threshold(view, peak))
    } else {
        (center, view.limit * view.noise.scale(view.floor, center))
    }
}

/// By how many times the stretch passes its threshold: at its peak that of a sample, or over all of
/// it that of a block.
fn passes(view: &View<'_>, stretch: &Stretch, peak: usize, off: f64, half: f64) -> f64 {
    if stretch.before.is_some() || !stretch.detectors.contains(&Detector::Shift) {
        return off / half;
    }
    let mut residuals = view.base.residual[stretch.from..=stretch.to].to_vec();
    let typical = robust::median(&mut residuals).unwrap_or(0.0).abs();
    let sample = view.limit * view.noise.scale(view.floor, view.base.center[peak]);
    (off / sample).max(typical / half)
}

/// The band; what was never negative is not expected to be.
fn band(view: &View<'_>, center: f64, half: f64) -> Band {
    let least = view
        .track
        .value
        .iter()
        .copied()
        .fold(f64::INFINITY, f64::min);
    let low = center - half;
    let low = if least >= 0.0 {
        low.max(0.0).min(center)
    } else {
        low
    };
    Band {
        low,
        center,
        high: center + half,
    }
}

/// What lasts this long is no slight thing, however near to its band.
const LASTING_MS: i64 = 20 * 60_000;

/// How bad: by how many times the deviation passes its threshold, whether the history ever held the
/// like, and how long it lasts.
fn severity(passes: f64, against_history: f64, lasts_ms: i64, symptom: bool) -> Severity {
    if passes >= 3.0 && against_history >= 1.5 {
        if symptom {
            Severity::Critical
        } else {
            Severity::High
        }
    } else if passes >= 1.5 || lasts_ms >= LASTING_MS {
        Severity::Medium
    } else {
        Severity::Low
    }
}

fn why(anomaly: &Anomaly, stretch: &Stretch) -> String {
    let quantity = |value: f64| phrase::quantity(value, &anomaly.unit);
    let lasting = phrase::span(anomaly.end.duration_since(anomaly.start));
    let still = if anomaly.ongoing {
        ", and it goes on"
    } else {
        ""
    };
    let expected = &anomaly.expected;
    if stretch.before.is_some() {
        let moved = if stretch.up { "grew" } else { "fell" };
        return format!(
            "{} {moved} from {} to {} over {lasting}, steadily and further than at any time before{still}",
            anomaly.signal,
            quantity(expected.center),
            quantity(anomaly.peak),
        );
    }
    let moved = if stretch.up { "rose" } else { "fell" };
    format!(
        "{} {moved} to {} where {} to {} was expected, for {lasting}{still}",
        anomaly.signal,
        quantity(anomaly.peak),
        quantity(expected.low),
        quantity(expected.high),
    )
}
