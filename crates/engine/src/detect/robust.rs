//! Order statistics that a few wild values cannot move.

pub(crate) use crate::stats::MAD_TO_DEVIATION;

/// The `share`-quantile of the values by the nearest rank, or `None` where there are none.
/// Reorders the values.
pub(crate) fn quantile(values: &mut [f64], share: f64) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let rank = ((values.len() - 1) as f64 * share).round() as usize;
    let rank = rank.min(values.len() - 1);
    let (_, value, _) = values.select_nth_unstable_by(rank, f64::total_cmp);
    Some(*value)
}

/// The median: the mean of the two middle values where the count is even. Reorders the values.
pub(crate) fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    let even = values.len().is_multiple_of(2);
    let (below, value, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *value;
    if !even {
        return Some(upper);
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some(f64::midpoint(lower, upper))
}

/// A straight line through points by the medians of slopes and intercepts (Theil 1950, Sen 1968):
/// up to 29 % of the points may be anything.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Line {
    /// Value at 0.
    pub(crate) level: f64,
    /// Rise for each unit.
    pub(crate) slope: f64,
}

/// Points from which on a slope is believed. Three of them have one by chance, and drawn on it leads
/// far astray.
const LEAST_FOR_SLOPE: usize = 6;

/// The Theil–Sen line through `(place, value)` points; level only where there are fewer than six
/// points, none where there is no point.
pub(crate) fn theil_sen(points: &[(f64, f64)], scratch: &mut Vec<f64>) -> Option<Line> {
    scratch.clear();
    if points.len() >= LEAST_FOR_SLOPE {
        for (i, a) in points.iter().enumerate() {
            let later = points[i + 1..].iter().filter(|b| b.0 > a.0);
            scratch.extend(later.map(|b| (b.1 - a.1) / (b.0 - a.0)));
        }
    }
    let slope = median(scratch).unwrap_or(0.0);
    scratch.clear();
    scratch.extend(points.iter().map(|p| p.1 - slope * p.0));
    median(scratch).map(|level| Line { level, slope })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_count_lies_between_the_middle_two() {
        assert_eq!(median(&mut [4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(median(&mut [9.0, 1.0, 3.0]), Some(3.0));
        assert_eq!(median(&mut []), None);
    }

    #[test]
    fn a_line_through_points_is_not_moved_by_a_quarter_of_wild_ones() {
        let mut points: Vec<(f64, f64)> = (0..12)
            .map(|i| (f64::from(i), 5.0 + 2.0 * f64::from(i)))
            .collect();
        for wild in [1, 6, 11] {
            points[wild].1 = 900.0;
        }
        let line = theil_sen(&points, &mut Vec::new()).unwrap();
        assert!((line.slope - 2.0).abs() < 1e-9, "{line:?}");
        assert!((line.level - 5.0).abs() < 1e-9, "{line:?}");
    }

    #[test]
    fn quantiles_are_values_that_occur() {
        let mut values: Vec<f64> = (0..=100).map(f64::from).collect();
        assert_eq!(quantile(&mut values, 0.95), Some(95.0));
        assert_eq!(quantile(&mut values, 0.0), Some(0.0));
        assert_eq!(quantile(&mut values, 1.0), Some(100.0));
    }
}
