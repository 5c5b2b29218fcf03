//! What a stretch of samples is, as an anomaly.

use fleetscope_model::Anomaly;

use super::robust;
use super::shift;
use super::stretch::{Detector, Stretch, View};
use super::threshold;
use crate::input::Signal;
use crate::present::{Seen, Way, band};

/// Rates of false alarms are held within this factor on every noise, and so counted that high.
pub(crate) const HELD: f64 = 3.0;
/// What the history held is passed by this factor before it counts as never seen.
const UNHEARD_OF: f64 = 1.5;

/// The anomaly that the stretch is; `None` where its times are out of range.
pub(crate) fn anomaly(signal: &Signal, view: &View<'_>, stretch: &Stretch) -> Option<Anomaly> {
    let track = view.track;
    let peak = peak(view, stretch);
    let (center, half) = expectation(view, stretch, peak);
    let off = (track.value[peak] - center).abs();
    let up = stretch.up;
    let seen = Seen {
        from_ms: track.at[stretch.from],
        to_ms: track.at[stretch.to],
        ongoing: stretch.to + 1 == track.len(),
        peak_ms: track.at[peak],
        peak: track.value[peak],
        expected: band(track.value.iter().copied(), center, half),
        score: off / view.noise.scale(view.floor, center),
        passes: passes(view, stretch, peak, off, half),
        unheard_of: off / view.noise.largest >= UNHEARD_OF,
        way: match stretch.before {
            Some(_) => Way::Drifted { up },
            None => Way::Left { up },
        },
        detectors: stretch
            .detectors
            .iter()
            .map(|d| d.as_str().to_owned())
            .collect(),
        probability: Some(sure(view, stretch, peak, off / half)),
        agreed: false,
    };
    seen.of(signal)
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

/// Probability that a day of the series without a fault holds nothing that stands out so much: by the
/// strictest threshold that would still find the stretch, and how often that one alarms on noise.
fn sure(view: &View<'_>, stretch: &Stretch, peak: usize, far: f64) -> f64 {
    let mut excess: Vec<f64> = (stretch.from..=stretch.to)
        .map(|i| view.excess(i, stretch.up))
        .collect();
    excess.sort_unstable_by(|a, b| b.total_cmp(a));
    let nth = |n: usize| excess.get(n).copied().unwrap_or(0.0);
    // As `View::persists` counts: three samples, two at twice the threshold, one at four times.
    let samples = nth(2).max(nth(1) / 2.0).max(nth(0) / 4.0);
    let stays = if stretch.before.is_some() {
        far
    } else if stretch.detectors.contains(&Detector::Shift) {
        typical(view, stretch) / shift::threshold(view, peak)
    } else {
        0.0
    };
    let strictest = view.limit * samples.max(stays).max(1.0);
    (-HELD * threshold::false_alarms(strictest)).exp()
}

fn typical(view: &View<'_>, stretch: &Stretch) -> f64 {
    let mut residuals = view.base.residual[stretch.from..=stretch.to].to_vec();
    robust::median(&mut residuals).unwrap_or(0.0).abs()
}

/// By how many times the stretch passes its threshold: at its peak that of a sample, or over all of
/// it that of a block.
fn passes(view: &View<'_>, stretch: &Stretch, peak: usize, off: f64, half: f64) -> f64 {
    if stretch.before.is_some() || !stretch.detectors.contains(&Detector::Shift) {
        return off / half;
    }
    let sample = view.limit * view.noise.scale(view.floor, view.base.center[peak]);
    (off / sample).max(typical(view, stretch) / half)
}
