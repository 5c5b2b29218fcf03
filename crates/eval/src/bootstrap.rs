//! How far a figure may be from what another draw of cases would give.

/// A figure and the interval that holds it in 95 of 100 resamples of the cases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Over the cases as they are.
    pub value: f64,
    /// The 2.5th percentile.
    pub low: f64,
    /// The 97.5th percentile.
    pub high: f64,
}

/// Resamples of the cases: enough for two digits of a percentile.
const RESAMPLES: usize = 2000;

/// The percentile bootstrap (Efron 1979) over `cases`: `figure` of the cases themselves, and the
/// 95 % interval of `figure` over resamples of them. The draws are the same every time.
pub fn interval<T: Clone>(cases: &[T], figure: impl Fn(&[T]) -> f64) -> Interval {
    let value = figure(cases);
    if cases.is_empty() {
        let (low, high) = (value, value);
        return Interval { value, low, high };
    }
    let mut draws = Draws(0x9e37_79b9_7f4a_7c15);
    let mut figures: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let resample: Vec<T> = (0..cases.len())
                .map(|_| cases[draws.below(cases.len())].clone())
                .collect();
            figure(&resample)
        })
        .collect();
    figures.sort_by(f64::total_cmp);
    Interval {
        value,
        low: figures[RESAMPLES / 40],
        high: figures[RESAMPLES - 1 - RESAMPLES / 40],
    }
}

/// `SplitMix64` (Steele, Lea and Flood 2014), seeded by hand so that a figure is reproducible.
struct Draws(u64);

impl Draws {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(cases: &[f64]) -> f64 {
        cases.iter().sum::<f64>() / cases.len() as f64
    }

    #[test]
    fn equal_cases_have_no_width_and_the_interval_holds_the_mean() {
        let equal = interval(&[0.5; 20], mean);
        assert_eq!((equal.low, equal.value, equal.high), (0.5, 0.5, 0.5));
        let halves: Vec<f64> = (0..100).map(|n| f64::from(n % 2)).collect();
        let found = interval(&halves, mean);
        // The normal approximation gives 0.5 ± 1.96 * 0.05.
        assert!((found.low - 0.402).abs() < 0.02, "{found:?}");
        assert!((found.high - 0.598).abs() < 0.02, "{found:?}");
    }

    #[test]
    fn the_same_cases_give_the_same_interval() {
        let cases: Vec<f64> = (0..30).map(|n| f64::from(n * n % 7)).collect();
        assert_eq!(interval(&cases, mean), interval(&cases, mean));
    }
}
