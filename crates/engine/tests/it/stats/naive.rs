//! What the kernels calculate, by definition and as slowly as that is.

use fleetscope_engine::stats::LARGEST;

pub(super) fn known(values: &[f64]) -> Vec<f64> {
    let known = values
        .iter()
        .copied()
        .filter(|value| value.abs() <= LARGEST);
    known.collect()
}

/// Count, mean and variance; about the first value, which loses no digits to a level.
pub(super) fn moments(values: &[f64]) -> (usize, Option<f64>, Option<f64>) {
    let values = known(values);
    let count = values.len() as f64;
    let Some(first) = values.first() else {
        return (0, None, None);
    };
    let mean = first + values.iter().map(|value| value - first).sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len(), Some(mean), Some(squares / count))
}

pub(super) fn z_scores(values: &[f64]) -> Vec<f64> {
    let (_, mean, variance) = moments(values);
    let score = |value: &f64| match (mean, variance) {
        (Some(mean), Some(variance)) if variance > 0.0 && value.abs() <= LARGEST => {
            (value - mean) / variance.sqrt()
        }
        _ => f64::NAN,
    };
    values.iter().map(score).collect()
}

pub(super) fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut values = known(values);
    values.sort_by(f64::total_cmp);
    let place = values.len().checked_sub(1)? as f64 * share;
    let (low, high) = (
        values[place.floor() as usize],
        values[place.ceil() as usize],
    );
    Some(low + (place - place.floor()) * (high - low))
}

pub(super) fn mad(values: &[f64]) -> Option<f64> {
    let center = quantile(values, 0.5)?;
    let off: Vec<f64> = known(values)
        .iter()
        .map(|value| (value - center).abs())
        .collect();
    quantile(&off, 0.5)
}

/// What `of` says of each window, NaN where it holds too little.
fn rolling(values: &[f64], window: usize, least: usize, of: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let window_at = |end: usize| &values[(end + 1).saturating_sub(window)..=end];
    let result = |end: usize| {
        let enough = known(window_at(end)).len() >= least;
        if enough { of(window_at(end)) } else { f64::NAN }
    };
    (0..values.len()).map(result).collect()
}

pub(super) fn rolling_z(values: &[f64], window: usize, least: usize) -> Vec<f64> {
    let last = |window: &[f64]| z_scores(window).last().copied().unwrap_or(f64::NAN);
    rolling(values, window, least.max(2), last)
}

pub(super) fn rolling_median(values: &[f64], window: usize, least: usize) -> Vec<f64> {
    let median = |window: &[f64]| quantile(window, 0.5).unwrap_or(f64::NAN);
    rolling(values, window, least.max(1), median)
}
