//! What expressions evaluate to.

use std::collections::{HashMap, HashSet};

use super::Error;
use crate::tsdb::Labels;

/// The answer to a query.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number.
    Scalar {
        /// When (ms since the epoch).
        t_ms: i64,
        /// The number.
        value: f64,
    },
    /// A string literal.
    String {
        /// When (ms since the epoch).
        t_ms: i64,
        /// The text.
        value: String,
    },
    /// One sample for each of a set of series.
    Vector(Vec<Sample>),
    /// Many samples for each of a set of series.
    Matrix(Vec<SampleStream>),
}

/// One series of an instant vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The labels.
    pub labels: Labels,
    /// When (ms since the epoch).
    pub t_ms: i64,
    /// The value.
    pub value: f64,
}

/// One series of a matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleStream {
    /// The labels.
    pub labels: Labels,
    /// Times (ms since the epoch) and values, oldest first; never empty.
    pub points: Vec<(i64, f64)>,
}

/// The value at each step, `None` where there is none.
pub(super) type Column = Vec<Option<f64>>;

/// A series of a vector that is evaluated at all steps at once.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) labels: Labels,
    pub(super) points: Column,
}

impl Series {
    pub(super) fn is_empty(&self) -> bool {
        self.points.iter().all(Option::is_none)
    }

    /// The series without its name, each value replaced by `f` of it.
    pub(super) fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Self {
            labels: self.labels.without_name(),
            points: self.points.into_iter().map(|p| p.map(&f)).collect(),
        }
    }
}

/// The vector an expression evaluates to, in the order in which an instant query shows it.
pub(super) type Vector = Vec<Series>;

/// Joins series that have come to have the same labels, and drops the empty ones.
///
/// Such series may take turns, as Prometheus looks for equal labels at each step by itself; two
/// values at one step are an error.
pub(super) fn joined(vector: Vector) -> Result<Vector, Error> {
    let mut out: Vector = Vec::with_capacity(vector.len());
    let mut seen: HashMap<Labels, usize> = HashMap::with_capacity(vector.len());
    for series in vector {
        if series.is_empty() {
            continue;
        }
        if let Some(at) = seen.get(&series.labels) {
            merge(&mut out[*at].points, series.points)?;
        } else {
            seen.insert(series.labels.clone(), out.len());
            out.push(series);
        }
    }
    Ok(out)
}

fn merge(into: &mut Column, from: Column) -> Result<(), Error> {
    for (own, other) in into.iter_mut().zip(from) {
        if own.is_some() && other.is_some() {
            return Err(Error::same_labelset());
        }
        *own = own.or(other);
    }
    Ok(())
}

/// Drops the empty series and refuses two with the same labels even when they take turns: what
/// Prometheus does for functions over range vectors and for unary minus.
pub(super) fn distinct(vector: Vector) -> Result<Vector, Error> {
    let kept: Vector = vector.into_iter().filter(|s| !s.is_empty()).collect();
    let mut seen = HashSet::with_capacity(kept.len());
    if kept.iter().all(|series| seen.insert(&series.labels)) {
        return Ok(kept);
    }
    Err(Error::same_labelset())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(points: &[Option<f64>]) -> Series {
        Series {
            labels: Labels::default().with("a", "1"),
            points: points.to_vec(),
        }
    }

    #[test]
    fn equal_labels_may_take_turns_but_not_meet() {
        let first = series(&[Some(1.0), None]);
        let second = series(&[None, Some(2.0)]);
        let turns = joined(vec![first.clone(), second.clone()]).unwrap();
        assert_eq!(turns.len(), 1);
        assert_eq!(turns[0].points, [Some(1.0), Some(2.0)]);
        assert!(distinct(vec![first.clone(), second]).is_err());
        assert!(joined(vec![first.clone(), first]).is_err());
    }
}
