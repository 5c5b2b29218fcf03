//! Level shifts: too small for a single sample to tell, and yet they stay.

use super::robust;
use super::stretch::{Detector, Stretch, View};

/// Every stretch of the judged samples over which the median of a block's length of forecast
/// errors left the band of such medians in the history, and is large enough to matter.
pub(crate) fn shifts(view: &View<'_>, up: bool) -> Vec<Stretch> {
    let length = (view.track.block_ms() / view.track.step).max(5) as usize;
    let mut found: Vec<Stretch> = Vec::new();
    let mut scratch = Vec::with_capacity(length);
    for end in view.track.judged_from..view.track.len() {
        let Some(from) = (end + 1).checked_sub(length) else {
            continue;
        };
        if !outside(view, from, end, up, &mut scratch) {
            continue;
        }
        let from = begin(view, from, end, up);
        match found.last_mut() {
            Some(last) if from <= last.to + 1 => last.to = finish(view, from, end, up),
            _ => found.push(Stretch {
                from,
                to: finish(view, from, end, up),
                up,
                detectors: vec![Detector::Shift],
                before: None,
            }),
        }
    }
    found
}

fn outside(view: &View<'_>, from: usize, end: usize, up: bool, scratch: &mut Vec<f64>) -> bool {
    scratch.clear();
    scratch.extend_from_slice(&view.base.residual[from..=end]);
    if scratch.iter().any(|r| !r.is_finite()) {
        return false;
    }
    let middle = robust::median(scratch).unwrap_or(0.0);
    let middle = if up { middle } else { -middle };
    middle >= threshold(view, end)
}

/// The first of three samples of the window in a row that lie beyond half of the threshold: one or
/// two are noise.
fn begin(view: &View<'_>, from: usize, end: usize, up: bool) -> usize {
    let three = |i: &usize| (*i..(*i + 3).min(end + 1)).all(|j| beyond(view, j, end, up));
    (from..=end).find(three).unwrap_or(from)
}

/// The last one: a median still stands out when the newest samples no longer do.
fn finish(view: &View<'_>, from: usize, end: usize, up: bool) -> usize {
    (from..=end)
        .rfind(|i| beyond(view, *i, end, up))
        .unwrap_or(end)
}

fn beyond(view: &View<'_>, i: usize, end: usize, up: bool) -> bool {
    let residual = view.base.residual[i];
    (if up { residual } else { -residual }) >= threshold(view, end) / 2.0
}

/// The deviation of a block's median that is too much here.
pub(crate) fn threshold(view: &View<'_>, i: usize) -> f64 {
    view.limit * view.noise.block_scale(view.floor, view.base.center[i])
}
