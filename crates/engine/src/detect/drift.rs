//! Slow growth that a forecast follows and that no threshold on a sample sees: memory that is never
//! given back, a queue that is never worked off, a disk that fills.

use fleetscope_model::SignalRole;

use super::stretch::{Detector, Stretch, View};

/// Lengths over which growth is looked for, in blocks: forty minutes to sixteen hours.
const SPANS: [usize; 8] = [4, 6, 9, 13, 20, 32, 56, 96];
/// Points of a span that are compared pair by pair.
const POINTS: usize = 7;
/// Share of rising over falling pairs (Kendall's tau) from which movement is one-way. Noise around
/// a level reaches 0.71 over seven points once in 66 times, a daily load does so all day: the
/// comparison with what the history did tells those.
const ONE_WAY: f64 = 0.7;
/// Growth must be this many times the fastest one-way movement that the history has shown.
const FASTER: f64 = 1.5;
/// A step is no drift: no two neighbouring blocks may bring more than this share of the growth.
const SPREAD: f64 = 0.7;
/// The history before the growth must be this many times as long as the growth: then it holds the
/// way down into the valley that a daily load comes out of.
const HISTORY: usize = 3;

/// Whether signals of this role can drift: what fills up or wears out. Load, and what follows from
/// it, grows every morning.
pub(crate) const fn applies(role: SignalRole) -> bool {
    matches!(
        role,
        SignalRole::Resource | SignalRole::Saturation | SignalRole::Gpu | SignalRole::Clock
    )
}

/// The longest growth (or fall) that ends in the judged samples and leaves the history behind.
pub(crate) fn drift(view: &View<'_>, up: bool) -> Option<Stretch> {
    let levels: Vec<f64> = view.base.blocks.iter().map(|block| block.median).collect();
    let levels = if up {
        levels
    } else {
        levels.iter().map(|level| -level).collect()
    };
    let first = view
        .base
        .blocks
        .partition_point(|block| block.to <= view.track.judged_from);
    let mut found: Option<Stretch> = None;
    for end in first..levels.len() {
        for span in SPANS {
            let Some(start) = end.checked_sub(span) else {
                break;
            };
            if start < HISTORY * span {
                break;
            }
            if leaves_history(view, &levels, start, end) {
                let stretch = stretch(view, start, end, up);
                found = match found {
                    Some(old) => Some(Stretch {
                        from: old.from.min(stretch.from),
                        to: old.to.max(stretch.to),
                        ..old
                    }),
                    None => Some(stretch),
                };
            }
        }
    }
    found
}

/// Whether the levels from `start` to `end` go one way, further than ever before in that time, out
/// of all that was, by more than noise and floors.
fn leaves_history(view: &View<'_>, levels: &[f64], start: usize, end: usize) -> bool {
    let rise = levels[end] - levels[start];
    let center = levels[start].abs();
    if rise < view.limit * view.noise.block_scale(view.floor, center) {
        return false;
    }
    if one_way(&levels[start..=end]) < ONE_WAY {
        return false;
    }
    if levels[start..=end]
        .windows(3)
        .any(|w| w[2] - w[0] > SPREAD * rise)
    {
        return false;
    }
    let highest = levels[..start]
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    if levels[end] < highest + rise / 4.0 {
        return false;
    }
    let span = end - start;
    let fastest = (0..=start - span)
        .filter(|from| one_way(&levels[*from..=from + span]).abs() >= ONE_WAY)
        .map(|from| (levels[from + span] - levels[from]).abs())
        .fold(0.0, f64::max);
    rise >= FASTER * fastest
}

/// Kendall's tau of a few evenly spread points against time.
fn one_way(levels: &[f64]) -> f64 {
    let count = POINTS.min(levels.len());
    let place = |k: usize| levels[k * (levels.len() - 1) / (count - 1).max(1)];
    let (mut sum, mut pairs) = (0.0, 0.0);
    for i in 0..count {
        for j in i + 1..count {
            let difference = place(j) - place(i);
            pairs += 1.0;
            if difference != 0.0 {
                sum += difference.signum();
            }
        }
    }
    if pairs > 0.0 { sum / pairs } else { 0.0 }
}

/// From the first samples of the growth that the level before it did not hold, to its end.
fn stretch(view: &View<'_>, start: usize, end: usize, up: bool) -> Stretch {
    let blocks = &view.base.blocks;
    let before = blocks[start].median;
    let margin = view.limit * view.noise.block_scale(view.floor, before) / 2.0;
    let (from, to) = (blocks[start].from, blocks[end].to - 1);
    let beyond = |i: usize| {
        let off = view.track.value[i] - before;
        (if up { off } else { -off }) >= margin
    };
    let three = |i: &usize| (*i..(*i + 3).min(to + 1)).all(beyond);
    let from = (from..=to).find(three).unwrap_or(from);
    Stretch {
        from,
        to,
        up,
        detectors: vec![Detector::Drift],
        before: Some(before),
    }
}
