//! `histogram_quantile` over classic histograms, the ones with `le` labels.

use std::collections::HashMap;

use super::value::{Column, Series, Vector};
use crate::tsdb::{Labels, NAME};

/// The label that holds a bucket's upper bound.
const BOUND: &str = "le";

/// A cumulative bucket.
#[derive(Clone, Copy)]
struct Bucket {
    bound: f64,
    count: f64,
}

/// The quantile of each histogram at each step. Series without a readable `le` are left out.
pub(super) fn quantiles(quantile: &[f64], vector: &[Series]) -> Vector {
    let mut buckets = Vec::new();
    let of = |histogram: Histogram| {
        let at = |(step, q): (usize, &f64)| {
            buckets.clear();
            for (bound, series) in &histogram.buckets {
                if let Some(count) = series.points[step] {
                    buckets.push(Bucket {
                        bound: *bound,
                        count,
                    });
                }
            }
            (!buckets.is_empty()).then(|| bucket_quantile(*q, &mut buckets))
        };
        let points: Column = quantile.iter().enumerate().map(at).collect();
        let labels = histogram.labels;
        Series { labels, points }
    };
    histograms(vector).into_iter().map(of).collect()
}

/// The buckets that belong together, by upper bound.
struct Histogram<'a> {
    labels: Labels,
    buckets: Vec<(f64, &'a Series)>,
}

/// Buckets of metrics with different names are different histograms even though the name is not
/// in the result.
fn histograms(vector: &[Series]) -> Vec<Histogram<'_>> {
    let mut found: Vec<Histogram> = Vec::new();
    let mut by_labels: HashMap<Labels, usize> = HashMap::new();
    for series in vector {
        let Ok(bound) = series.labels.get(BOUND).parse::<f64>() else {
            continue;
        };
        let key = series.labels.filtered(|name| name != BOUND);
        let at = *by_labels.entry(key).or_insert(found.len());
        if at == found.len() {
            let labels = series.labels.filtered(|name| name != BOUND && name != NAME);
            found.push(Histogram {
                labels,
                buckets: Vec::new(),
            });
        }
        found[at].buckets.push((bound, series));
    }
    found
}

/// Linear interpolation inside the bucket that holds the rank. The lowest bucket starts at 0 unless
/// its bound is negative, and the rank in the `+Inf` bucket gives the bound below it.
fn bucket_quantile(q: f64, buckets: &mut Vec<Bucket>) -> f64 {
    if q.is_nan() {
        return f64::NAN;
    }
    if !(0.0..=1.0).contains(&q) {
        return if q < 0.0 {
            f64::NEG_INFINITY
        } else {
            f64::INFINITY
        };
    }
    buckets.sort_by(|a, b| a.bound.total_cmp(&b.bound));
    if buckets
        .last()
        .is_none_or(|last| last.bound != f64::INFINITY)
    {
        return f64::NAN;
    }
    coalesce(buckets);
    make_monotonic(buckets);
    let last = buckets.len() - 1;
    let observations = buckets[last].count;
    if last < 1 || observations == 0.0 {
        return f64::NAN;
    }
    let rank = q * observations;
    let is_below = |bucket: &Bucket| {
        let order = bucket.count.partial_cmp(&rank);
        order.is_none_or(std::cmp::Ordering::is_lt)
    };
    let at = buckets[..last].partition_point(is_below);
    interpolate(buckets, at, rank)
}

fn interpolate(buckets: &[Bucket], at: usize, rank: f64) -> f64 {
    if at == buckets.len() - 1 {
        return buckets[at - 1].bound;
    }
    let bucket = buckets[at];
    if at == 0 {
        let is_negative = bucket.bound <= 0.0;
        return if is_negative {
            bucket.bound
        } else {
            bucket.bound * (rank / bucket.count)
        };
    }
    let below = buckets[at - 1];
    let share = (rank - below.count) / (bucket.count - below.count);
    below.bound + (bucket.bound - below.bound) * share
}

/// Adds up buckets with the same bound.
fn coalesce(buckets: &mut Vec<Bucket>) {
    #[expect(
        clippy::float_cmp,
        reason = "bounds are parsed from text, equal text is equal"
    )]
    buckets.dedup_by(|later, kept| {
        let same = later.bound == kept.bound;
        if same {
            kept.count += later.count;
        }
        same
    });
}

/// Raises counts that are below that of a lower bucket, which happens when the buckets were not
/// scraped or rated at one instant.
fn make_monotonic(buckets: &mut [Bucket]) {
    let mut most = buckets[0].count;
    for bucket in &mut buckets[1..] {
        if bucket.count > most {
            most = bucket.count;
        } else if bucket.count < most {
            bucket.count = most;
        }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the results are exact")]
mod tests {
    use super::*;

    fn quantile(q: f64, buckets: &[(f64, f64)]) -> f64 {
        let bucket = |(bound, count): &(f64, f64)| Bucket {
            bound: *bound,
            count: *count,
        };
        bucket_quantile(q, &mut buckets.iter().map(bucket).collect())
    }

    #[test]
    fn the_quantile_is_interpolated_inside_its_bucket() {
        let buckets = [(0.1, 10.0), (0.2, 30.0), (f64::INFINITY, 40.0)];
        assert_eq!(quantile(0.125, &buckets), 0.05);
        assert!((quantile(0.5, &buckets) - 0.15).abs() < 1e-12);
        assert_eq!(quantile(0.99, &buckets), 0.2);
    }

    #[test]
    fn a_histogram_without_an_infinite_bucket_or_observations_has_no_quantile() {
        assert!(quantile(0.5, &[(0.1, 10.0), (0.2, 30.0)]).is_nan());
        assert!(quantile(0.5, &[(0.1, 0.0), (f64::INFINITY, 0.0)]).is_nan());
        assert!(quantile(0.5, &[(f64::INFINITY, 3.0)]).is_nan());
    }

    #[test]
    fn a_count_below_its_predecessor_is_raised() {
        let buckets = [(1.0, 10.0), (2.0, 8.0), (f64::INFINITY, 20.0)];
        assert_eq!(quantile(0.5, &buckets), 1.0);
    }

    #[test]
    fn a_lowest_bucket_below_zero_gives_its_bound() {
        let buckets = [(-1.0, 10.0), (1.0, 12.0), (f64::INFINITY, 12.0)];
        assert_eq!(quantile(0.5, &buckets), -1.0);
    }
}
