//! What a series does again and again is no news: hourly jobs, nightly backups.

use super::stretch::{Stretch, View};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
/// The same time of day, give or take.
const SAME_TIME_MS: i64 = 20 * MINUTE_MS;
/// Earlier excursions nearer to each other than this are one.
const SEPARATE_MS: i64 = 20 * MINUTE_MS;
/// An earlier excursion excuses one that is at most about half as large again and a quarter as
/// long again as it was.
const AS_LARGE: f64 = 0.7;
const AS_LONG: f64 = 0.8;

/// Whether the history has shown the like: the day before at the same time, or twice at separate
/// times. `earlier` are the stretches of the history at half the threshold.
pub(crate) fn is_habit(view: &View<'_>, stretch: &Stretch, earlier: &[Stretch]) -> bool {
    let like: Vec<i64> = earlier
        .iter()
        .filter(|past| past.up == stretch.up && past.to < stretch.from)
        .filter(|past| resembles(view, past, stretch))
        .map(|past| view.track.at[past.from])
        .collect();
    let start = view.track.at[stretch.from];
    if like
        .iter()
        .any(|at| same_time_of_an_earlier_day(start - at))
    {
        return true;
    }
    let far_enough: Vec<&i64> = like
        .iter()
        .filter(|at| start - **at >= SEPARATE_MS)
        .collect();
    match (far_enough.first(), far_enough.last()) {
        (Some(first), Some(last)) => **last - **first >= SEPARATE_MS,
        _ => false,
    }
}

fn same_time_of_an_earlier_day(before: i64) -> bool {
    let off = before.rem_euclid(DAY_MS);
    before > DAY_MS / 2 && off.min(DAY_MS - off) <= SAME_TIME_MS
}

fn resembles(view: &View<'_>, past: &Stretch, now: &Stretch) -> bool {
    let length =
        |s: &Stretch| (view.track.at[s.to] - view.track.at[s.from] + view.track.step) as f64;
    size(view, past) >= AS_LARGE * size(view, now) && length(past) >= AS_LONG * length(now)
}

/// The largest excess of a stretch.
fn size(view: &View<'_>, stretch: &Stretch) -> f64 {
    (stretch.from..=stretch.to)
        .map(|i| view.excess(i, stretch.up))
        .fold(0.0, f64::max)
}
