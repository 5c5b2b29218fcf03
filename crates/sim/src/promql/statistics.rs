//! Sums, means and quantiles, with the special cases of Prometheus 2.42.

/// A sum by Neumaier's variant of Kahan's algorithm.
///
/// Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", 1974.
#[derive(Default)]
pub(super) struct Compensated {
    sum: f64,
    correction: f64,
}

impl Compensated {
    pub(super) fn add(&mut self, increment: f64) {
        let next = self.sum + increment;
        self.correction += if self.sum.abs() >= increment.abs() {
            (self.sum - next) + increment
        } else {
            (increment - next) + self.sum
        };
        self.sum = next;
    }

    /// The sum with its correction, which is meaningless for an infinite sum.
    pub(super) fn total(&self) -> f64 {
        if self.sum.is_infinite() {
            return self.sum;
        }
        self.sum + self.correction
    }
}

/// The mean of a window, kept as a running mean so that large values do not overflow.
pub(super) fn mean(values: &[f64]) -> f64 {
    let mut mean = Compensated::default();
    for (position, value) in values.iter().enumerate() {
        if stays_infinite(mean.sum, *value) {
            continue;
        }
        let count = (position + 1) as f64;
        mean.add(value / count - mean.sum / count);
    }
    mean.total()
}

/// Whether a mean that is already infinite is not changed by one more value: any finite one, and
/// an infinity of the same sign, for which the running formula would yield NaN.
pub(super) fn stays_infinite(mean: f64, value: f64) -> bool {
    if !mean.is_infinite() {
        return false;
    }
    value.is_finite() || (value.is_infinite() && (mean > 0.0) == (value > 0.0))
}

/// The population variance of a window.
pub(super) fn variance(values: &[f64]) -> f64 {
    let mut mean = Compensated::default();
    let mut squares = Compensated::default();
    for (position, value) in values.iter().enumerate() {
        let delta = value - (mean.sum + mean.correction);
        mean.add(delta / (position + 1) as f64);
        squares.add(delta * (value - (mean.sum + mean.correction)));
    }
    (squares.sum + squares.correction) / values.len() as f64
}

/// The `q`-quantile, interpolated between neighbours; NaN sorts first. Sorts `values`.
pub(super) fn quantile(q: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    values.sort_unstable_by(|a, b| ascending(*a, *b));
    let last = (values.len() - 1) as f64;
    let rank = q * last;
    let lower = rank.floor().max(0.0);
    let upper = (lower + 1.0).min(last);
    let weight = rank - rank.floor();
    values[lower as usize] * (1.0 - weight) + values[upper as usize] * weight
}

/// Ascending, NaN before all numbers.
pub(super) fn ascending(a: f64, b: f64) -> std::cmp::Ordering {
    match (a.is_nan(), b.is_nan()) {
        (false, false) => a.partial_cmp(&b).unwrap_or(std::cmp::Ordering::Equal),
        (a_is_nan, b_is_nan) => b_is_nan.cmp(&a_is_nan),
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the results are exact")]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_interpolated_and_out_of_range_is_infinite() {
        assert_eq!(quantile(0.5, &mut [4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(quantile(1.0, &mut [1.0, 2.0]), 2.0);
        assert_eq!(quantile(-0.1, &mut [1.0]), f64::NEG_INFINITY);
        assert_eq!(quantile(1.1, &mut [1.0]), f64::INFINITY);
        assert!(quantile(0.5, &mut []).is_nan() && quantile(f64::NAN, &mut [1.0]).is_nan());
    }

    #[test]
    fn a_sum_does_not_lose_small_terms() {
        let mut sum = Compensated::default();
        for term in [1.0, 1e100, 1.0, -1e100] {
            sum.add(term);
        }
        assert_eq!(sum.total(), 2.0);
    }

    #[test]
    fn an_infinite_mean_stays() {
        assert_eq!(mean(&[f64::INFINITY, 1.0, f64::INFINITY]), f64::INFINITY);
        assert!(mean(&[f64::INFINITY, f64::NEG_INFINITY]).is_nan());
        assert_eq!(mean(&[f64::MAX, f64::MAX]), f64::MAX);
    }
}
