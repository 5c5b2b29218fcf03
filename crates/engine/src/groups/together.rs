//! Whether two series rise and fall together.

use fleetscope_model::TimeRange;
use jiff::SignedDuration;

use super::Member;

/// Rank correlation from which two series move together. By chance, 0.5 over thirty readings comes
/// once in two hundred pairs (t = 3.06 with 28 degrees of freedom).
const TOGETHER: f64 = 0.5;
/// How far around the two anomalies the series are compared: as far again as they last, but at least
/// this, so that the way in and out is seen.
const AROUND: SignedDuration = SignedDuration::from_mins(15);
/// Readings in common below which a correlation says nothing; then time and place decide.
const LEAST_COMMON: usize = 8;
/// Readings are at the same time when no farther apart than this: half of the usual minute.
const SAME_TIME_MS: i64 = 30_000;

/// What two series do around their anomalies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Together {
    /// Each goes its own way.
    Apart,
    /// Too few readings at the same times.
    Unknown,
    /// They rise and fall together, or one against the other, with this rank correlation.
    Moving(f64),
}

/// Whether the two series rise and fall together, either way round, around both anomalies.
pub(super) fn together(a: &Member<'_>, b: &Member<'_>) -> Together {
    let common = common(a, b);
    if common.len() < LEAST_COMMON {
        return Together::Unknown;
    }
    let (left, right): (Vec<f64>, Vec<f64>) = common.into_iter().unzip();
    let correlation = correlation(&ranks(&left), &ranks(&right));
    if correlation.abs() >= TOGETHER {
        Together::Moving(correlation)
    } else {
        Together::Apart
    }
}

/// Readings of both at the same times around both anomalies.
fn common(a: &Member<'_>, b: &Member<'_>) -> Vec<(f64, f64)> {
    let start = a.anomaly.start.min(b.anomaly.start);
    let end = a.anomaly.end.max(b.anomaly.end);
    let around = end.duration_since(start).max(AROUND);
    let range = TimeRange {
        start: start.saturating_sub(around).unwrap_or(start),
        end: end.saturating_add(around).unwrap_or(end),
    };
    let (from, to) = (range.start.as_millisecond(), range.end.as_millisecond());
    let since = |member: &Member<'_>, at: i64| member.samples.partition_point(|s| s.at_ms < at);
    let mut other = b.samples[since(b, from.saturating_sub(SAME_TIME_MS))..]
        .iter()
        .peekable();
    let mut pairs = Vec::new();
    for sample in &a.samples[since(a, from)..] {
        if sample.at_ms > to {
            break;
        }
        if !sample.value.is_finite() {
            continue;
        }
        let early = sample.at_ms.saturating_sub(SAME_TIME_MS);
        while other.next_if(|o| o.at_ms < early).is_some() {}
        if let Some(o) = other.peek() {
            let same = o.at_ms.saturating_sub(sample.at_ms) <= SAME_TIME_MS;
            if same && o.value.is_finite() {
                pairs.push((sample.value, o.value));
            }
        }
    }
    pairs
}

/// Ranks, equal values sharing the middle one.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut places: Vec<usize> = (0..values.len()).collect();
    places.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut from = 0;
    while from < places.len() {
        let same = |p: &usize| values[*p].total_cmp(&values[places[from]]).is_eq();
        let count = places[from..].iter().take_while(|p| same(p)).count();
        let rank = from as f64 + (count as f64 - 1.0) / 2.0;
        for place in &places[from..from + count] {
            ranks[*place] = rank;
        }
        from += count;
    }
    ranks
}

/// Pearson's correlation; 0 where one of them does not move.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let count = a.len() as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / count, b.iter().sum::<f64>() / count);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        ab += (x - mean_a) * (y - mean_b);
        aa += (x - mean_a).powi(2);
        bb += (y - mean_b).powi(2);
    }
    if aa > 0.0 && bb > 0.0 {
        ab / (aa * bb).sqrt()
    } else {
        0.0
    }
}
