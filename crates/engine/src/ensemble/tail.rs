//! How rare a deviation is where its own past says little: the tail of a known distribution.

/// Ten times as far is so many decades rarer: Student's t with four degrees of freedom, the
/// heaviest tail at which a scale still says something about single readings (its fourth moment
/// just does not exist). Telemetry has heavier tails than a Gaussian; 3 to 5 do about as well.
const INDEX: f64 = 4.0;
/// Deviations, in means of the absolute deviation, that one reading in a hundred of that
/// distribution exceeds: its 99.5th percentile is 4.60, its mean absolute deviation 1.00.
const ONE_IN_A_HUNDRED: f64 = 4.6;
/// Decades of one in a hundred.
const DECADES: f64 = 2.0;
/// Beyond so many decades a probability is 1 to the last digit, and nobody compares.
const MOST: f64 = 12.0;

/// The decades of a deviation in units of the mean absolute one; 0 for what happens all the time.
pub(super) fn rarity(deviations: f64) -> f64 {
    (DECADES + decades(deviations / ONE_IN_A_HUNDRED)).clamp(0.0, MOST)
}

/// The decades by which something so many times as large is rarer.
pub(super) fn decades(times: f64) -> f64 {
    (INDEX * times.log10()).clamp(-MOST, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_times_as_far_is_four_decades_rarer() {
        assert!((rarity(4.6) - 2.0).abs() < 1e-12);
        assert!((rarity(46.0) - 6.0).abs() < 1e-12);
        assert_eq!((rarity(0.0), rarity(f64::MAX)), (0.0, 12.0));
        assert!((decades(0.1) + 4.0).abs() < 1e-12);
        assert_eq!(decades(0.0), -12.0);
    }
}
