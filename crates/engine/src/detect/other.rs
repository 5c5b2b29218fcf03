//! What somebody else found, seen against what was expected here.

use fleetscope_model::Anomaly;

use super::stretch::{View, directions};
use crate::input::Signal;
use crate::present::{Seen, Way, band};

/// What was found elsewhere.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Other {
    /// First and last unusual reading, in milliseconds since the Unix epoch.
    pub(crate) from_ms: i64,
    pub(crate) to_ms: i64,
    /// Who found it.
    pub(crate) by: &'static str,
    /// How sure that is.
    pub(crate) probability: f64,
}

/// The anomaly between these times; none where its farthest sample goes a way that does not matter, or by
/// less than matters.
pub(crate) fn anomaly(signal: &Signal, view: &View<'_>, other: &Other) -> Option<Anomaly> {
    let track = view.track;
    let from = track.at.partition_point(|at| *at < other.from_ms);
    let to = track.at.partition_point(|at| *at <= other.to_ms);
    let to = to.checked_sub(1)?;
    let off = |i: &usize| view.base.residual[*i].abs();
    let known = |i: &usize| view.base.residual[*i].is_finite();
    let peak = (from..=to)
        .filter(known)
        .max_by(|a, b| off(a).total_cmp(&off(b)).then(b.cmp(a)))?;
    let up = matters(signal, view, peak)?;
    let (center, off) = (view.base.center[peak], view.base.residual[peak].abs());
    let half = view.limit * view.noise.scale(view.floor, center);
    let seen = Seen {
        from_ms: track.at[from],
        to_ms: track.at[to],
        ongoing: to + 1 == track.len(),
        peak_ms: track.at[peak],
        peak: track.value[peak],
        expected: band(track.value.iter().copied(), center, half),
        score: off / view.noise.scale(view.floor, center),
        passes: off / half,
        unheard_of: false,
        way: if off > half {
            Way::Left { up }
        } else {
            Way::Wandered
        },
        detectors: vec![other.by.to_owned()],
        probability: Some(other.probability),
        agreed: false,
    };
    seen.of(signal)
}

/// Whether the sample lies to a side that matters, by as much as matters: then which.
fn matters(signal: &Signal, view: &View<'_>, i: usize) -> Option<bool> {
    let (residual, center) = (view.base.residual[i], view.base.center[i]);
    let up = residual > 0.0;
    let wanted = directions(signal.direction).contains(&up);
    (wanted && residual.abs() >= view.floor.least(center)).then_some(up)
}
