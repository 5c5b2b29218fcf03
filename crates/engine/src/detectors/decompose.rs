//! Decomposition: what is left of a window without its trend, its day and its week.
//!
//! A running median is the trend. Where the window holds three weeks, day and week are what MSTL finds
//! (Bandara et al. 2021, the module `seasons`); where it holds three days, the day is the median of each
//! phase, as in classical decomposition with medians in place of means.

mod seasons;

use fleetscope_model::Sample;
use serde::{Deserialize, Serialize};

use super::mad::middle_and_scale;
use super::window::Window;
use super::zscore::LEAST;
use super::{Offline, Order, Score};

const DAY_MS: i64 = 86_400_000;
/// Repeats of a season below which the median of a phase is one of its own readings.
const REPEATS: i64 = 3;
/// Half of the running median where no season is there: two hours at a reading a minute.
const HALF: usize = 60;
/// Phases of a day at most: one in five minutes.
const PHASES: i64 = 288;

/// Residuals of a robust decomposition.
///
/// Offline. Raw score: robust deviations of the residual. Seasons are the day, and the day and the week
/// by MSTL, by the readings' own times and where the window holds three of them. A new level is the norm half a
/// trend window (half a day, or an hour without seasons) after it began.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Decomposed {}

impl Offline for Decomposed {
    fn scores(&self, samples: &[Sample]) -> Vec<Option<Score>> {
        let mut order = Order::default();
        let read: Vec<Option<f64>> = samples.iter().map(|s| order.value(*s)).collect();
        let known: Vec<(i64, f64)> = samples
            .iter()
            .zip(&read)
            .filter_map(|(s, v)| v.map(|v| (s.at_ms, v)))
            .collect();
        if known.len() < LEAST {
            return vec![None; samples.len()];
        }
        let expected = expectation(&known);
        let mut left = Window::new(known.len());
        for ((_, value), center) in known.iter().zip(&expected) {
            left.push(value - center);
        }
        let (middle, scale) = middle_and_scale(&left);
        // The residuals' rounding is that of the readings, not of what is left.
        let size = known.iter().fold(0.0_f64, |s, k| s.max(k.1.abs()));
        let scale = super::at_least_rounding(scale, size);
        let mut scores = known.iter().zip(&expected).map(|((_, value), center)| {
            let center = center + middle;
            Score::of((value - center).abs() / scale).expecting(center, scale)
        });
        read.iter()
            .map(|value| value.and_then(|_| scores.next()))
            .collect()
    }
}

/// Trend and seasons at each reading.
fn expectation(known: &[(i64, f64)]) -> Vec<f64> {
    let span = known[known.len() - 1].0.saturating_sub(known[0].0);
    let days = span >= REPEATS * DAY_MS;
    let both = (span >= REPEATS * 7 * DAY_MS)
        .then(|| seasons::day_and_week(known))
        .flatten();
    let half = if days {
        // Half a day of readings on either side: a full day in the window, so that it holds no season.
        (known.len() as i64 * (DAY_MS / 2) / span.max(1)) as usize
    } else {
        HALF
    };
    let values: Vec<f64> = known.iter().map(|k| k.1).collect();
    if let Some(seasons) = both {
        let rest: Vec<f64> = values.iter().zip(&seasons).map(|(v, s)| v - s).collect();
        return added(running_median(&rest, half.max(2)), &seasons);
    }
    let trend = running_median(&values, half.max(2));
    if !days {
        return trend;
    }
    let rest: Vec<(i64, f64)> = known
        .iter()
        .zip(&trend)
        .map(|((at, value), center)| (*at, value - center))
        .collect();
    let day = phases(&rest, DAY_MS);
    added(trend, &day)
}

fn added(mut one: Vec<f64>, other: &[f64]) -> Vec<f64> {
    one.iter_mut()
        .zip(other)
        .for_each(|(sum, part)| *sum += part);
    one
}

/// The median of `half` readings on either side, fewer at the ends.
fn running_median(values: &[f64], half: usize) -> Vec<f64> {
    let mut window = Window::new(2 * half + 1);
    let mut middle = Vec::with_capacity(values.len());
    for value in values.iter().take(half) {
        window.push(*value);
    }
    for i in 0..values.len() {
        if let Some(value) = values.get(i + half) {
            window.push(*value);
        } else if i > half {
            window.forget();
        }
        middle.push(window.median());
    }
    middle
}

/// The median of all readings of the same phase.
fn phases(rest: &[(i64, f64)], season: i64) -> Vec<f64> {
    let span = rest[rest.len() - 1].0.saturating_sub(rest[0].0).max(1);
    let step = (span / rest.len() as i64).max(1);
    // Two readings of each repeat in a phase, where steps are irregular.
    let count = (season / step.saturating_mul(2)).clamp(24, PHASES);
    let phase = |at: i64| (at.rem_euclid(season) * count / season) as usize;
    let mut held: Vec<Vec<f64>> = vec![Vec::new(); count as usize];
    for (at, value) in rest {
        held[phase(*at)].push(*value);
    }
    let middle: Vec<f64> = held
        .iter_mut()
        .map(|values| {
            values.sort_unstable_by(f64::total_cmp);
            values.get(values.len() / 2).copied().unwrap_or(0.0)
        })
        .collect();
    rest.iter().map(|(at, _)| middle[phase(*at)]).collect()
}
