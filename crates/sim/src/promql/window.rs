//! Functions of a range vector: what happened to one series in a window of time.
//!
//! Formulas and special cases are those of `promql/functions.go` of Prometheus 2.42.

use super::statistics::{Compensated, mean, quantile, variance};

/// The samples of one series in one window; never empty.
pub(super) struct Samples<'a> {
    pub(super) times: &'a [i64],
    pub(super) values: &'a [f64],
    /// The bounds of the window, both inclusive (ms).
    pub(super) start_ms: i64,
    pub(super) end_ms: i64,
    /// The time of the step (ms).
    pub(super) at_ms: i64,
    /// The function's scalar argument, NaN for those without.
    pub(super) scalar: f64,
}

/// A function of a window; `None` when the window does not hold enough samples for it.
pub(super) type WindowFunction = fn(&Samples) -> Option<f64>;

/// The function of this name, if it is one of a range vector.
pub(super) fn find(name: &str) -> Option<WindowFunction> {
    let function: WindowFunction = match name {
        "rate" => |s| extrapolated(s, true, s.range_seconds()),
        "increase" => |s| extrapolated(s, true, 1.0),
        "delta" => |s| extrapolated(s, false, 1.0),
        "irate" => |s| instant_change(s, true),
        "idelta" => |s| instant_change(s, false),
        "deriv" => |s| Some(regression(s, *s.times.first()?)?.0),
        "predict_linear" => |s| {
            let (slope, intercept) = regression(s, s.at_ms)?;
            Some(slope * s.scalar + intercept)
        },
        "changes" => |s| Some(count_pairs(s, differ)),
        "resets" => |s| Some(count_pairs(s, |a, b| b < a)),
        "avg_over_time" => |s| Some(mean(s.values)),
        "sum_over_time" => |s| Some(sum(s.values)),
        "count_over_time" => |s| Some(s.values.len() as f64),
        "min_over_time" => |s| extreme(s, |value, least| value < least),
        "max_over_time" => |s| extreme(s, |value, most| value > most),
        "last_over_time" => |s| s.values.last().copied(),
        "present_over_time" => |_| Some(1.0),
        "stdvar_over_time" => |s| Some(variance(s.values)),
        "stddev_over_time" => |s| Some(variance(s.values).sqrt()),
        "quantile_over_time" => |s| Some(quantile(s.scalar, &mut s.values.to_vec())),
        _ => return None,
    };
    Some(function)
}

impl Samples<'_> {
    fn range_seconds(&self) -> f64 {
        (self.end_ms - self.start_ms) as f64 / 1000.0
    }
}

/// `extrapolatedRate`: the change between the first and the last sample, plus what a counter lost
/// in resets, stretched to the bounds of the window where a bound is near enough to a sample (1.1
/// sample intervals) and by half an interval where it isn't; a counter is never stretched below
/// zero. The result is per `unit` seconds for a rate, and whole for a `unit` of 1.
fn extrapolated(s: &Samples, is_counter: bool, unit: f64) -> Option<f64> {
    let [first, .., last] = *s.values else {
        return None;
    };
    let [first_ms, .., last_ms] = *s.times else {
        return None;
    };
    let mut change = last - first;
    if is_counter {
        let resets = s.values.windows(2).filter(|pair| pair[1] < pair[0]);
        change = resets.fold(change, |change, pair| change + pair[0]);
    }
    let mut to_start = (first_ms - s.start_ms) as f64 / 1000.0;
    let to_end = (s.end_ms - last_ms) as f64 / 1000.0;
    let sampled = (last_ms - first_ms) as f64 / 1000.0;
    let interval = sampled / (s.values.len() - 1) as f64;
    if is_counter && change > 0.0 && first >= 0.0 {
        let to_zero = sampled * (first / change);
        if to_zero < to_start {
            to_start = to_zero;
        }
    }
    let stretch = |gap: f64| {
        if gap < interval * 1.1 {
            gap
        } else {
            interval / 2.0
        }
    };
    let covered = sampled + stretch(to_start) + stretch(to_end);
    Some(change * (covered / sampled / unit))
}

/// `irate` and `idelta`: the change between the last two samples.
fn instant_change(s: &Samples, is_rate: bool) -> Option<f64> {
    let [.., previous, last] = *s.values else {
        return None;
    };
    let [.., previous_ms, last_ms] = *s.times else {
        return None;
    };
    if !is_rate {
        return Some(last - previous);
    }
    let change = if last < previous {
        last
    } else {
        last - previous
    };
    Some(change / ((last_ms - previous_ms) as f64 / 1000.0))
}

/// Least squares over the window: the slope per second, and the value at `intercept_ms`.
fn regression(s: &Samples, intercept_ms: i64) -> Option<(f64, f64)> {
    if s.values.len() < 2 {
        return None;
    }
    let first = s.values[0];
    #[expect(clippy::float_cmp, reason = "a flat line is one without any change")]
    let is_flat = s.values[1..].iter().all(|value| *value == first);
    if is_flat {
        let flat = if first.is_infinite() {
            (f64::NAN, f64::NAN)
        } else {
            (0.0, first)
        };
        return Some(flat);
    }
    let (mut x_sum, mut y_sum) = (Compensated::default(), Compensated::default());
    let (mut xy_sum, mut x2_sum) = (Compensated::default(), Compensated::default());
    for (t, y) in s.times.iter().zip(s.values) {
        let x = (t - intercept_ms) as f64 / 1000.0;
        x_sum.add(x);
        y_sum.add(*y);
        xy_sum.add(x * y);
        x2_sum.add(x * x);
    }
    let n = s.values.len() as f64;
    let (x, y) = (x_sum.total(), y_sum.total());
    let covariance = xy_sum.total() - x * y / n;
    let x_variance = x2_sum.total() - x * x / n;
    let slope = covariance / x_variance;
    Some((slope, y / n - slope * x / n))
}

fn count_pairs(s: &Samples, counts: impl Fn(f64, f64) -> bool) -> f64 {
    let pairs = s.values.windows(2);
    pairs.filter(|pair| counts(pair[0], pair[1])).count() as f64
}

/// Whether a value changed; NaN to NaN is no change.
fn differ(a: f64, b: f64) -> bool {
    #[expect(clippy::float_cmp, reason = "any change of a sample counts")]
    let changed = a != b;
    changed && !(a.is_nan() && b.is_nan())
}

fn sum(values: &[f64]) -> f64 {
    let mut sum = Compensated::default();
    for value in values {
        sum.add(*value);
    }
    sum.total()
}

/// The value that `beats` all others; NaN loses to anything.
fn extreme(s: &Samples, beats: impl Fn(f64, f64) -> bool) -> Option<f64> {
    let best = |best: f64, value: &f64| {
        if beats(*value, best) || best.is_nan() {
            *value
        } else {
            best
        }
    };
    let (first, rest) = s.values.split_first()?;
    Some(rest.iter().fold(*first, best))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(name: &str, samples: &[(i64, f64)], start_ms: i64, end_ms: i64) -> Option<f64> {
        let times: Vec<i64> = samples.iter().map(|(t, _)| *t).collect();
        let values: Vec<f64> = samples.iter().map(|(_, v)| *v).collect();
        let samples = Samples {
            times: &times,
            values: &values,
            start_ms,
            end_ms,
            at_ms: end_ms,
            scalar: 60.0,
        };
        find(name).unwrap()(&samples)
    }

    #[test]
    fn a_rate_is_stretched_to_near_bounds_and_by_half_an_interval_to_far_ones() {
        let near = [(10_000, 100.0), (70_000, 160.0), (130_000, 220.0)];
        assert_eq!(apply("increase", &near, 0, 140_000), Some(140.0));
        let far = [(200_000, 1000.0), (260_000, 1060.0)];
        assert_eq!(apply("increase", &far, 0, 460_000), Some(120.0));
        assert_eq!(apply("rate", &far, 0, 460_000), Some(120.0 / 460.0));
    }

    #[test]
    fn a_counter_is_not_stretched_below_zero_and_survives_a_reset() {
        let young = [(50_000, 1.0), (110_000, 61.0)];
        assert_eq!(apply("increase", &young, 0, 110_000), Some(61.0));
        let reset = [(0, 90.0), (60_000, 100.0), (120_000, 20.0)];
        assert_eq!(apply("increase", &reset, 0, 120_000), Some(30.0));
        assert_eq!(apply("resets", &reset, 0, 120_000), Some(1.0));
        assert_eq!(apply("delta", &reset, 0, 120_000), Some(-70.0));
    }

    #[test]
    fn one_sample_is_too_few_for_a_change() {
        for name in [
            "rate",
            "increase",
            "delta",
            "irate",
            "idelta",
            "deriv",
            "predict_linear",
        ] {
            assert_eq!(apply(name, &[(0, 1.0)], 0, 60_000), None, "{name}");
        }
        assert_eq!(apply("changes", &[(0, 1.0)], 0, 60_000), Some(0.0));
    }

    #[test]
    fn nan_loses_to_any_number() {
        let samples = [(0, f64::NAN), (1, 2.0), (2, f64::NAN), (3, 1.0)];
        assert_eq!(apply("max_over_time", &samples, 0, 3), Some(2.0));
        assert_eq!(apply("min_over_time", &samples, 0, 3), Some(1.0));
    }
}
