//! `topk` and `bottomk`.

use std::collections::HashMap;

use super::Group;
use crate::promql::Error;
use crate::promql::statistics::ascending;
use crate::promql::value::{Series, Vector};

/// What Prometheus takes for an integer: from -2^63 to the largest double below 2^63.
const INTEGERS: std::ops::RangeInclusive<f64> =
    -9_223_372_036_854_775_808.0..=9_223_372_036_854_774_784.0;

/// The number of elements to keep at each step.
pub(super) fn limits(parameter: &[f64]) -> Result<Vec<usize>, Error> {
    let limit = |k: &f64| {
        if !INTEGERS.contains(k) {
            let text = crate::promql::format_value(*k);
            return Err(Error::Execution(format!(
                "Scalar value {text} overflows int64"
            )));
        }
        Ok(if *k < 1.0 { 0 } else { *k as usize })
    };
    parameter.iter().map(limit).collect()
}

/// Keeps the `limits[step]` largest or smallest elements of each group, best first.
pub(super) fn select(groups: &[Group], limits: &[usize], largest: bool) -> Vector {
    let mut out: Vector = Vec::new();
    let mut position: HashMap<(usize, usize), usize> = HashMap::new();
    for (step, limit) in limits.iter().enumerate() {
        for (number, group) in groups.iter().enumerate() {
            for (member, value) in best(group, step, *limit, largest) {
                let at = *position.entry((number, member)).or_insert_with(|| {
                    let labels = group.members[member].labels.clone();
                    let points = vec![None; limits.len()];
                    out.push(Series { labels, points });
                    out.len() - 1
                });
                out[at].points[step] = Some(value);
            }
        }
    }
    out
}

/// The members of a group that stay at a step, with their values, best first. NaN is the worst.
fn best(group: &Group, step: usize, limit: usize, largest: bool) -> Vec<(usize, f64)> {
    if limit == 0 {
        return Vec::new();
    }
    let mut heap = Heap {
        elements: Vec::new(),
        largest,
    };
    for (member, series) in group.members.iter().enumerate() {
        let Some(value) = series.points[step] else {
            continue;
        };
        if heap.elements.len() < limit {
            heap.push((member, value));
        } else if heap.is_worse(heap.elements[0].1, value) || heap.elements[0].1.is_nan() {
            heap.replace_worst((member, value), limit);
        }
    }
    let mut kept = heap.elements;
    if largest {
        kept.sort_by(|a, b| ascending(b.1, a.1));
    } else {
        kept.sort_by(|a, b| ascending_nan_last(a.1, b.1));
    }
    kept
}

/// Ascending, but with NaN at the end.
fn ascending_nan_last(a: f64, b: f64) -> std::cmp::Ordering {
    a.is_nan().cmp(&b.is_nan()).then(ascending(a, b))
}

/// Go's `container/heap`, with the worst element on top.
///
/// It is written out because which of several equal elements leaves first depends on the exact
/// order of its moves.
struct Heap {
    elements: Vec<(usize, f64)>,
    largest: bool,
}

impl Heap {
    fn is_worse(&self, a: f64, b: f64) -> bool {
        if self.largest { a < b } else { a > b }
    }

    fn less(&self, i: usize, j: usize) -> bool {
        let (a, b) = (self.elements[i].1, self.elements[j].1);
        a.is_nan() || self.is_worse(a, b)
    }

    fn push(&mut self, element: (usize, f64)) {
        self.elements.push(element);
        self.up(self.elements.len() - 1);
    }

    /// Pops the top, then pushes; with a limit of one Prometheus replaces it in place.
    fn replace_worst(&mut self, element: (usize, f64), limit: usize) {
        if limit == 1 {
            self.elements[0] = element;
            return;
        }
        let last = self.elements.len() - 1;
        self.elements.swap(0, last);
        self.down(last);
        self.elements.pop();
        self.push(element);
    }

    fn up(&mut self, mut child: usize) {
        while child > 0 {
            let parent = (child - 1) / 2;
            if !self.less(child, parent) {
                return;
            }
            self.elements.swap(parent, child);
            child = parent;
        }
    }

    fn down(&mut self, len: usize) {
        let mut parent = 0;
        loop {
            let left = 2 * parent + 1;
            if left >= len {
                return;
            }
            let right = left + 1;
            let child = if right < len && self.less(right, left) {
                right
            } else {
                left
            };
            if !self.less(child, parent) {
                return;
            }
            self.elements.swap(parent, child);
            parent = child;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tsdb::Labels;

    fn values_kept(values: &[f64], limit: usize, largest: bool) -> Vec<f64> {
        let series: Vec<Series> = values
            .iter()
            .map(|v| Series {
                labels: Labels::default(),
                points: vec![Some(*v)],
            })
            .collect();
        let members = series.iter().collect();
        let group = Group {
            labels: Labels::default(),
            members,
        };
        best(&group, 0, limit, largest)
            .into_iter()
            .map(|(_, v)| v)
            .collect()
    }

    #[test]
    fn the_best_come_first_and_nan_last() {
        let values = [3.0, f64::NAN, 1.0, 5.0, 2.0];
        assert_eq!(values_kept(&values, 2, true), [5.0, 3.0]);
        assert_eq!(values_kept(&values, 2, false), [1.0, 2.0]);
        let all = values_kept(&values, 9, false);
        assert_eq!(all[..4], [1.0, 2.0, 3.0, 5.0]);
        assert!(all[4].is_nan());
        assert!(values_kept(&values, 0, true).is_empty());
    }

    #[test]
    fn a_limit_that_is_no_integer_is_refused() {
        assert!(limits(&[f64::NAN]).is_err() && limits(&[1e19]).is_err());
        assert_eq!(limits(&[-3.0, 0.5, 2.9]).unwrap(), [0, 0, 2]);
    }
}
