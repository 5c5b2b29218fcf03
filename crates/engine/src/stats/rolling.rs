//! How far each value lies from the values just before it.

use super::known;
use super::rolling_blocks::{SIDE_BY_SIDE, Sums, alone, scored};

/// For each value how many deviations it lies above the mean of the `window` values up to and with it;
/// NaN where it is a gap, where fewer than `least` (at least two) of them are known, or where they do
/// not spread. Writes as many as both have room for.
///
/// O(n), but for windows in which the values have moved by more than thirty times their spread: each of
/// those is summed by itself.
pub fn rolling_z(values: &[f64], window: usize, least: usize, scores: &mut [f64]) {
    let length = values.len().min(scores.len());
    let (values, scores) = (&values[..length], &mut scores[..length]);
    let least = least.max(2);
    if window < least {
        scores.fill(f64::NAN);
        return;
    }
    begin(&values[..length.min(window - 1)], least, scores);
    let mut sums = Sums::new(window.min(length));
    let mut start = 0;
    while start + window <= length {
        let many = start + (SIDE_BY_SIDE + 1) * window - 1;
        let scores = &mut scores[start + window - 1..];
        if many <= length && sums.whole(&values[start..many], scores) {
            start += SIDE_BY_SIDE * window;
            continue;
        }
        let stretch = &values[start..length.min(start + 2 * window - 1)];
        sums.one(stretch, least, scores);
        start += window;
    }
}

/// The scores where there are fewer values than a window has.
fn begin(values: &[f64], least: usize, scores: &mut [f64]) {
    let center = values.iter().copied().find(|value| known(*value));
    let center = center.unwrap_or(0.0);
    let (mut sum, mut square, mut count) = (0.0, 0.0, 0_usize);
    for (end, (value, score)) in values.iter().zip(scores).enumerate() {
        *score = f64::NAN;
        if !known(*value) {
            continue;
        }
        let off = value - center;
        sum += off;
        square += off * off;
        count += 1;
        if count >= least {
            *score = scored(off, sum, square, count as f64)
                .unwrap_or_else(|| alone(&values[..=end], least));
        }
    }
}
