//! Fewer points of a series without losing what matters: the first and the last, the smallest and
//! the largest, both ends of the longest gaps, both sides of the largest changes; and between them
//! the smallest and largest of every stretch of time, so that the drawn line stays the same
//! (M4: Jugel et al., "M4: A Visualization-Oriented Time Series Data Aggregation", VLDB 2014).

use std::collections::BTreeSet;

use fleetscope_model::Sample;

/// The fewest points that leave room for what matters.
pub(super) const FEWEST: u32 = 16;

/// Which part of the budget the ends of gaps may take, and which both sides of changes: an eighth of
/// it as pairs each, so that half of it is left for the line itself.
const SHARE: usize = 8;

/// What is left of a series.
#[derive(Debug, PartialEq)]
pub(super) struct Thin {
    pub(super) samples: Vec<Sample>,
    /// The longest stretches without samples: the last before and the first after.
    pub(super) missing: Vec<(i64, i64)>,
}

/// At most `budget` of samples that lie `step_ms` apart where nothing is missing. All of them, where
/// there are no more.
pub(super) fn thin(samples: Vec<Sample>, step_ms: i64, budget: usize) -> Thin {
    let budget = budget.max(FEWEST as usize);
    let gaps = gaps(&samples, step_ms, budget / SHARE);
    let missing = gaps
        .iter()
        .map(|&after| (samples[after - 1].at_ms, samples[after].at_ms))
        .collect();
    if samples.len() <= budget {
        return Thin { samples, missing };
    }
    let mut kept: BTreeSet<usize> = BTreeSet::from([0, samples.len() - 1]);
    kept.extend(extremes(&samples, 0..samples.len()));
    for after in gaps
        .into_iter()
        .chain(changes(&samples, step_ms, budget / SHARE))
    {
        kept.extend([after - 1, after]);
    }
    fill(&samples, &mut kept, budget);
    let samples = kept.into_iter().map(|index| samples[index]).collect();
    Thin { samples, missing }
}

/// The places of the smallest and the largest value that is one; none where all are NaN.
fn extremes(samples: &[Sample], range: std::ops::Range<usize>) -> Vec<usize> {
    let numbers = || {
        range
            .clone()
            .filter(|&index| !samples[index].value.is_nan())
    };
    let by_value = |a: &usize, b: &usize| samples[*a].value.total_cmp(&samples[*b].value);
    let mut found: Vec<usize> = numbers().min_by(by_value).into_iter().collect();
    // Of several largest the first, as of several smallest.
    found.extend(numbers().rev().max_by(by_value));
    found
}

/// The places after the longest gaps, in order of time.
fn gaps(samples: &[Sample], step_ms: i64, most: usize) -> Vec<usize> {
    let length = |after: usize| samples[after].at_ms - samples[after - 1].at_ms;
    let mut found: Vec<usize> = (1..samples.len())
        .filter(|&after| length(after) > step_ms)
        .collect();
    found.sort_by_key(|&after| std::cmp::Reverse(length(after)));
    found.truncate(most);
    found.sort_unstable();
    found
}

/// The places after the largest changes from one step to the next. A change to or from NaN is one
/// beyond all measure.
fn changes(samples: &[Sample], step_ms: i64, most: usize) -> Vec<usize> {
    let change = |after: usize| {
        let (one, other) = (samples[after - 1].value, samples[after].value);
        match (one.is_nan(), other.is_nan()) {
            (true, true) => 0.0,
            (true, false) | (false, true) => f64::INFINITY,
            // Two infinities of one sign are no change.
            _ if one.to_bits() == other.to_bits() => 0.0,
            _ => (other - one).abs(),
        }
    };
    let mut found: Vec<(f64, usize)> = (1..samples.len())
        .filter(|&after| samples[after].at_ms - samples[after - 1].at_ms <= step_ms)
        .map(|after| (change(after), after))
        .filter(|(size, _)| *size > 0.0)
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    found.truncate(most);
    found.into_iter().map(|(_, after)| after).collect()
}

/// Uses what is left of the budget for the smallest and largest of stretches of the same length.
fn fill(samples: &[Sample], kept: &mut BTreeSet<usize>, budget: usize) {
    let room = budget.saturating_sub(kept.len());
    let stretches = room / 2;
    for stretch in 0..stretches {
        let start = samples.len() * stretch / stretches;
        let end = samples.len() * (stretch + 1) / stretches;
        kept.extend(extremes(samples, start..end));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STEP: i64 = 15_000;

    /// Series with gaps, jumps, repeats, NaN and infinities.
    fn series() -> impl Strategy<Value = Vec<Sample>> {
        let value = prop_oneof![
            20 => -100.0..100.0_f64,
            4 => Just(0.0),
            1 => Just(f64::NAN),
            1 => Just(f64::INFINITY),
            1 => 1e9..1e12_f64,
        ];
        let distance = prop_oneof![40 => Just(1_i64), 1 => 2..200_i64];
        prop::collection::vec((distance, value), 0..1500).prop_map(|points| {
            let mut at_ms = 0;
            let samples = points.into_iter().map(|(distance, value)| {
                at_ms += distance * STEP;
                Sample { at_ms, value }
            });
            samples.collect()
        })
    }

    fn bits(samples: &[Sample]) -> Vec<(i64, u64)> {
        samples
            .iter()
            .map(|s| (s.at_ms, s.value.to_bits()))
            .collect()
    }

    fn numbers(samples: &[Sample]) -> impl Iterator<Item = f64> {
        samples.iter().map(|s| s.value).filter(|v| !v.is_nan())
    }

    proptest! {
        #[test]
        fn what_matters_survives_within_the_budget(all in series(), budget in 16..400_usize) {
            let Thin { samples, missing } = thin(all.clone(), STEP, budget);
            prop_assert!(samples.len() <= budget.max(16));
            // Nothing is invented, and the order of time is kept.
            let (known, left) = (bits(&all), bits(&samples));
            prop_assert!(left.iter().all(|one| known.contains(one)));
            prop_assert!(samples.windows(2).all(|two| two[0].at_ms < two[1].at_ms));
            if all.len() <= budget {
                prop_assert_eq!(&known, &left);
            }
            prop_assert_eq!(known.first(), left.first());
            prop_assert_eq!(known.last(), left.last());
            let smallest = |s: &[Sample]| numbers(s).min_by(f64::total_cmp).map(f64::to_bits);
            let largest = |s: &[Sample]| numbers(s).max_by(f64::total_cmp).map(f64::to_bits);
            prop_assert_eq!(smallest(&all), smallest(&samples));
            prop_assert_eq!(largest(&all), largest(&samples));

            // The longest gaps are told, and their ends are there.
            let gaps: Vec<_> = all
                .windows(2)
                .map(|two| (two[0].at_ms, two[1].at_ms))
                .filter(|(before, after)| after - before > STEP)
                .collect();
            let most = (budget / 8).min(gaps.len());
            prop_assert_eq!(missing.len(), most);
            let mut lengths: Vec<_> = gaps.iter().map(|(b, a)| a - b).collect();
            lengths.sort_unstable_by(|a, b| b.cmp(a));
            let mut told: Vec<_> = missing.iter().map(|(b, a)| a - b).collect();
            told.sort_unstable_by(|a, b| b.cmp(a));
            prop_assert_eq!(&told[..], &lengths[..most]);
            for (before, after) in &missing {
                let at = |ms: &i64| samples.iter().any(|s| s.at_ms == *ms);
                prop_assert!(at(before) && at(after));
            }

            // The largest change from one step to the next has both its sides.
            let mut steps: Vec<_> = all
                .windows(2)
                .filter(|two| two[1].at_ms - two[0].at_ms == STEP)
                .filter(|two| two.iter().all(|s| s.value.is_finite()))
                .map(|two| ((two[1].value - two[0].value).abs(), two[0].at_ms))
                .collect();
            let odd = all.iter().filter(|s| !s.value.is_finite()).count() * 2;
            steps.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            for (size, at) in steps.iter().take((budget / 8).saturating_sub(odd)) {
                if *size > 0.0 {
                    prop_assert!(samples.iter().any(|s| s.at_ms == *at), "{size} at {at}");
                    prop_assert!(samples.iter().any(|s| s.at_ms == *at + STEP));
                }
            }
        }
    }

    #[test]
    fn a_spike_of_one_point_and_a_level_shift_survive_among_thousands() {
        let samples: Vec<Sample> = (0..10_000)
            .map(|n| Sample {
                at_ms: n * STEP,
                value: match n {
                    4_321 => 50.0,
                    n if n < 7_000 => (n % 7) as f64 / 10.0,
                    n => 20.0 + (n % 7) as f64 / 10.0,
                },
            })
            .collect();
        let left = thin(samples, STEP, 100).samples;
        assert!(left.len() <= 100);
        for at in [4_321, 6_999, 7_000] {
            assert!(left.iter().any(|s| s.at_ms == at * STEP), "{at}");
        }
    }
}
