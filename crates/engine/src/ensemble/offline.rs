//! The whole window in view: how much more energy a stretch has than the rest.
//!
//! Three energies are averaged over the sub-sequence around each reading: of the distance from the
//! median (spread), of the change from one reading to the next (roughness) and of the distance of
//! the sub-sequence's own mean (level). Each is divided by its mean over the window, so that none
//! outweighs the others, and they are added. What an incident does to a series is one of the
//! three; a whole stretch is scored alike, as somebody marks it who looks back.

use fleetscope_model::Sample;

use super::LARGEST;

/// Readings of a sub-sequence: twice what TSB-AD (Liu and Paparrizos 2024) takes where a series has
/// no period, so that half of it lies to each side.
const SUBSEQUENCE: usize = 250;

/// A score for each reading, 0 to 1, the highest of the window 1; 0 for a gap, which is filled with
/// the reading before it.
pub fn scores(samples: &[Sample]) -> Vec<f64> {
    let usable = |sample: &Sample| sample.value.is_finite() && sample.value.abs() <= LARGEST;
    let Some(first) = samples.iter().find(|sample| usable(sample)) else {
        return vec![0.0; samples.len()];
    };
    let mut held = first.value;
    let values: Vec<f64> = samples
        .iter()
        .map(|sample| {
            held = if usable(sample) { sample.value } else { held };
            held
        })
        .collect();
    let mut total = energies(&values);
    let highest = total.iter().copied().fold(0.0, f64::max);
    for (score, sample) in total.iter_mut().zip(samples) {
        let known = usable(sample) && highest > 0.0;
        *score = if known { *score / highest } else { 0.0 };
    }
    total
}

fn energies(values: &[f64]) -> Vec<f64> {
    let width = SUBSEQUENCE.min(values.len());
    let spread = squared_distances(values);
    let changes: Vec<f64> = (0..values.len())
        .map(|i| {
            let change = values[i] - values[i.saturating_sub(1)];
            change * change
        })
        .collect();
    let level = squared_distances(&means(values, width));
    let mut total = vec![0.0; values.len()];
    for energy in [means(&spread, width), means(&changes, width), level] {
        let mean = energy.iter().sum::<f64>() / energy.len() as f64;
        if mean > 0.0 {
            total
                .iter_mut()
                .zip(&energy)
                .for_each(|(sum, one)| *sum += one / mean);
        }
    }
    total
}

/// From the median.
fn squared_distances(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    let middle = sorted.len() / 2;
    let median = *sorted.select_nth_unstable_by(middle, f64::total_cmp).1;
    let square = |value: &f64| (value - median) * (value - median);
    values.iter().map(square).collect()
}

/// The mean over `width` readings around each; at the ends the series is mirrored. Summed anew for
/// each: a running sum would carry the rounding of a large value through the rest.
fn means(values: &[f64], width: usize) -> Vec<f64> {
    let last = values.len() as i64 - 1;
    let before = (width / 2) as i64;
    let mirrored = |at: i64| {
        let at = at.abs();
        let at = if at > last { 2 * last - at } else { at };
        values[at.clamp(0, last) as usize]
    };
    let mean = |at: i64| {
        let around = at - before..at - before + width as i64;
        around.map(mirrored).sum::<f64>() / width as f64
    };
    (0..=last).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(values: impl IntoIterator<Item = f64>) -> Vec<Sample> {
        let sample = |(i, value): (usize, f64)| Sample {
            at_ms: i as i64 * 60_000,
            value,
        };
        values.into_iter().enumerate().map(sample).collect()
    }

    #[test]
    fn a_stretch_that_moves_more_scores_highest_as_a_whole() {
        let wild = |i: u32| if (1200..1400).contains(&i) { 9.0 } else { 1.0 };
        let series = samples((0..3000).map(|i| wild(i) * f64::from(i * 7919 % 101)));
        let found = scores(&series);
        let inside = found[1200..1400].iter().copied().fold(1.0, f64::min);
        let outside = found[..1000].iter().chain(&found[1600..]);
        assert!(inside > 5.0 * outside.copied().fold(0.0, f64::max));
    }

    #[test]
    fn nothing_a_constant_and_gaps_score_nothing() {
        assert!(scores(&[]).is_empty());
        assert_eq!(scores(&samples([f64::NAN; 3])), [0.0; 3]);
        assert_eq!(scores(&samples([4.0; 500])), [0.0; 500]);
        let gap = scores(&samples([1.0, f64::INFINITY, 5.0, 1.0]));
        assert_eq!(gap[1], 0.0);
        assert!(
            gap.iter().all(|score| (0.0..=1.0).contains(score)),
            "{gap:?}"
        );
    }
}
