//! Day and week at once, by [`Mstl`]: each taken apart from the other and from the trend, in turn.
//!
//! Readings are put onto a grid first, so that a season is a whole number of places: the median of each
//! place, gaps where it has none. Between the middles of two places what is expected is drawn straight.

use crate::stats::{Degree, Loess, Mstl, Robustness};

const DAY_MS: i64 = 86_400_000;
/// Places of the finest grid: a day of ten minutes, a week of 1,008. Finer ones take longer, and what
/// a day repeats to the minute is its scheduler's matter.
const PLACES: i64 = 144;
/// Places of the coarsest: an hour. Readings that come more seldom have no shape of a day.
const LEAST_PLACES: i64 = 24;
/// Smoothers fit a line at every so many places of their width, and draw straight between.
const JUMPS: usize = 10;
/// One fit, and two more in which wild places count for less: an incident is no season. (Cleveland and
/// others repeat fifteen times for the last digit; each takes as long as the first.)
const ROBUSTNESS: Robustness = Robustness { inner: 1, outer: 2 };

/// What day and week bring at each reading of a window of at least three weeks, without the trend; none
/// where readings are too far apart for a day to have a shape.
pub(super) fn day_and_week(known: &[(i64, f64)]) -> Option<Vec<f64>> {
    let (first, last) = (known.first()?.0, known.last()?.0);
    let span = last.saturating_sub(first).max(1);
    let usual = (span / known.len() as i64).max(1);
    let places = (DAY_MS / usual).min(PLACES);
    if places < LEAST_PLACES {
        return None;
    }
    let width = DAY_MS / places;
    let grid = on_grid(known, width);
    let parts = mstl(places as usize).decompose(&grid)?;
    let expected: Vec<f64> = (0..grid.len())
        .map(|i| parts.seasonal.iter().map(|season| season[i]).sum())
        .collect();
    let at = |(ms, _): &(i64, f64)| between(&expected, ms - first, width);
    Some(known.iter().map(at).collect())
}

fn mstl(places: usize) -> Mstl {
    let mut mstl = Mstl::of(&[places, 7 * places]);
    for stl in &mut mstl.seasons {
        stl.robustness = ROBUSTNESS;
        for smoother in [&mut stl.trend, &mut stl.low_pass] {
            *smoother = Loess {
                degree: Degree::Line,
                jump: (smoother.span / JUMPS).max(1),
                ..*smoother
            };
        }
    }
    mstl
}

/// The median reading of each place; NaN where there is none.
fn on_grid(known: &[(i64, f64)], width: i64) -> Vec<f64> {
    let first = known[0].0;
    let mut grid = Vec::new();
    let mut held: Vec<f64> = Vec::new();
    let mut from = 0;
    while from < known.len() {
        let place = ((known[from].0 - first) / width) as usize;
        let end = first + (place as i64 + 1) * width;
        let to = from + known[from..].partition_point(|(at, _)| *at < end);
        held.clear();
        held.extend(known[from..to].iter().map(|(_, value)| *value));
        held.sort_unstable_by(f64::total_cmp);
        grid.resize(place, f64::NAN);
        grid.push(f64::midpoint(
            held[(held.len() - 1) / 2],
            held[held.len() / 2],
        ));
        from = to;
    }
    grid
}

/// What is expected so long after the first reading: straight between the middles of places.
fn between(expected: &[f64], after_ms: i64, width: i64) -> f64 {
    let from_middle = (after_ms - width / 2).max(0);
    let low = (from_middle / width) as usize;
    let last = expected.len() - 1;
    let share = (from_middle % width) as f64 / width as f64;
    let (low, high) = (low.min(last), (low + 1).min(last));
    expected[low] + (expected[high] - expected[low]) * share
}
