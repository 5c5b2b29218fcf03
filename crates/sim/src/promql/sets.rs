//! `and`, `or` and `unless`: elements are kept by whether the other side has their like.

use std::collections::HashMap;

use super::plan::{Set, SetOperator};
use super::value::{Series, Vector};
use crate::tsdb::Labels;

/// The elements that stay, left ones first. The result may hold series with the same labels.
pub(super) fn combine(set: &Set, (left, right): (Vector, Vector), steps: usize) -> Vector {
    match set.operator {
        SetOperator::And => {
            let there = Presence::of(set, &right, steps);
            left.into_iter().map(|s| there.filter(s, true)).collect()
        }
        SetOperator::Unless => {
            let there = Presence::of(set, &right, steps);
            left.into_iter().map(|s| there.filter(s, false)).collect()
        }
        SetOperator::Or => {
            let there = Presence::of(set, &left, steps);
            let added = right.into_iter().map(|s| there.filter(s, false));
            let added: Vec<_> = added.collect();
            left.into_iter().chain(added).collect()
        }
    }
}

/// At which steps a side has an element with certain matching labels.
struct Presence<'a> {
    set: &'a Set,
    by_signature: HashMap<Labels, Vec<bool>>,
}

impl<'a> Presence<'a> {
    fn of(set: &'a Set, side: &[Series], steps: usize) -> Self {
        let mut by_signature: HashMap<Labels, Vec<bool>> = HashMap::new();
        for series in side {
            let signature = set.matching.signature(&series.labels);
            let there = by_signature
                .entry(signature)
                .or_insert_with(|| vec![false; steps]);
            for (there, point) in there.iter_mut().zip(&series.points) {
                *there |= point.is_some();
            }
        }
        Self { set, by_signature }
    }

    /// The series with only the points at the steps at which its like is there, or is not.
    fn filter(&self, mut series: Series, wanted: bool) -> Series {
        let signature = self.set.matching.signature(&series.labels);
        match self.by_signature.get(&signature) {
            Some(there) => {
                for (point, there) in series.points.iter_mut().zip(there) {
                    *point = point.filter(|_| *there == wanted);
                }
            }
            None if wanted => series.points.fill(None),
            None => {}
        }
        series
    }
}
