//! Tails of known distributions, and what is as improbable under a Gaussian.

/// The Gaussian deviation that is as improbable as Student's t with so many degrees of freedom
/// (Wallace 1959, bound 4; within 0.02 from two degrees on).
pub(super) fn gaussian_of_student(t: f64, freedom: f64) -> f64 {
    let freedom = freedom.max(1.0);
    let factor = (8.0 * freedom + 1.0) / (8.0 * freedom + 3.0);
    factor * (freedom * (t * t / freedom).ln_1p()).sqrt()
}

/// The Gaussian deviation that is as improbable as a chi-squared variable with so many degrees of
/// freedom (Wilson and Hilferty 1931); negative where the variable is below its middle.
pub(super) fn gaussian_of_chi_squared(value: f64, freedom: f64) -> f64 {
    let spread = 2.0 / (9.0 * freedom.max(1.0));
    ((value / freedom.max(1.0)).cbrt() - (1.0 - spread)) / spread.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detectors::Kind;
    use crate::detectors::sensitivity::TABLE;
    use crate::stats::both_tails;

    /// The deviation whose two tails have this probability: the inverse of [`both_tails`], by bisection.
    fn deviations_of(probability: f64) -> f64 {
        let (mut low, mut high) = (0.0_f64, 40.0_f64);
        for _ in 0..80 {
            let middle = f64::midpoint(low, high);
            if both_tails(middle) > probability {
                low = middle;
            } else {
                high = middle;
            }
        }
        f64::midpoint(low, high)
    }

    #[test]
    fn tails_are_those_of_published_tables() {
        assert!((both_tails(1.959_964) - 0.05).abs() < 1e-6);
        assert!((both_tails(4.0) / 6.334_248e-5 - 1.0).abs() < 1e-5);
        assert!((deviations_of(0.002_699_796) - 3.0).abs() < 1e-5);
        // Student's t, ten degrees of freedom: 0.1 % two-sided at 4.587, and a Gaussian at 3.2905.
        assert!((gaussian_of_student(4.587, 10.0) - 3.2905).abs() < 0.01);
        // Chi-squared, ten degrees of freedom: 0.1 % above 29.588, a Gaussian's upper tail at 3.0902.
        assert!((gaussian_of_chi_squared(29.588, 10.0) - 3.0902).abs() < 0.02);
    }

    #[test]
    fn the_rows_with_a_closed_form_are_that_form() {
        for row in &TABLE {
            let z = deviations_of(row.probability());
            assert!((row.of(Kind::ZScore) - z).abs() < 0.01, "{z}");
            assert!((row.of(Kind::ForecastBand) - z).abs() < 0.03, "{z}");
            let run = -row.probability().log10();
            assert!((row.of(Kind::FlatLine) - run).abs() < 0.01, "{run}");
        }
    }
}
