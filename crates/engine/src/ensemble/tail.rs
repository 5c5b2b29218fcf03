//! How rare a deviation is where its own past says little: the tail of a known distribution.

/// Deviations, in means of the absolute deviation, that one ordinary reading in a hundred exceeds.
///
/// Telemetry has heavier tails than a Gaussian: Student's t with three degrees of freedom, the
/// heaviest whose variance exists, exceeds 5.84 in one of a hundred, and its mean absolute
/// deviation is 1.10.
const ONE_IN_A_HUNDRED: f64 = 5.3;
/// The tail index of that distribution: ten times as far is a thousand times as rare.
const TAIL_INDEX: f64 = 3.0;
/// Decades of one in a hundred.
const DECADES: f64 = 2.0;
/// Beyond so many decades a probability is 1 to the last digit, and nobody compares.
const MOST: f64 = 12.0;

/// In decades, 0 for what happens all the time.
pub(super) fn rarity(deviations: f64) -> f64 {
    let further = deviations / ONE_IN_A_HUNDRED;
    (DECADES + TAIL_INDEX * further.log10()).clamp(0.0, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_times_as_far_is_a_thousand_times_as_rare() {
        assert!((rarity(5.3) - 2.0).abs() < 1e-12);
        assert!((rarity(53.0) - 5.0).abs() < 1e-12);
        assert_eq!((rarity(0.0), rarity(f64::MAX)), (0.0, 12.0));
    }
}
