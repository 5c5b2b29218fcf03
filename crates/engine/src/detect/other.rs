//! What somebody else found, seen against what was expected here.

use fleetscope_model::Anomaly;

use super::stretch::{View, directions};
use crate::input::Signal;
use crate::present::{Seen, Way, band};

/// The anomaly between these times; none where nothing in it goes a way that matters, by as much as
/// matters.
pub(crate) fn anomaly(
    signal: &Signal,
    view: &View<'_>,
    (from_ms, to_ms): (i64, i64),
    by: &str,
) -> Option<Anomaly> {
    let track = view.track;
    let from = track.at.partition_point(|at| *at < from_ms);
    let to = track.at.partition_point(|at| *at <= to_ms).checked_sub(1)?;
    let (peak, up) = (from..=to)
        .filter_map(|i| Some((i, matters(signal, view, i)?)))
        .max_by(|(a, _), (b, _)| {
            let off = |i: usize| view.base.residual[i].abs();
            off(*a).total_cmp(&off(*b)).then(b.cmp(a))
        })?;
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
        detectors: vec![by.to_owned()],
        probability: None,
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
