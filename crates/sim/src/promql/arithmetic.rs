//! Operators on numbers, and between a vector and a scalar.

use super::plan::Operator;
use super::value::{Series, Vector};

/// The operator between two scalars; comparisons give 0 or 1.
pub(super) fn scalar(operator: Operator, left: f64, right: f64) -> f64 {
    let (value, kept) = apply(operator, left, right);
    if operator.is_comparison() {
        truth(kept)
    } else {
        value
    }
}

/// The value of the operator, and whether a comparison holds. A comparison's value is its left
/// side.
pub(super) fn apply(operator: Operator, left: f64, right: f64) -> (f64, bool) {
    // Prometheus compares floats exactly, so the comparisons here have to.
    #[expect(
        clippy::float_cmp,
        reason = "the query language compares floats exactly"
    )]
    match operator {
        Operator::Add => (left + right, true),
        Operator::Subtract => (left - right, true),
        Operator::Multiply => (left * right, true),
        Operator::Divide => (left / right, true),
        Operator::Modulo => (left % right, true),
        Operator::Power => (left.powf(right), true),
        Operator::Atan2 => (left.atan2(right), true),
        Operator::Equal => (left, left == right),
        Operator::NotEqual => (left, left != right),
        Operator::Greater => (left, left > right),
        Operator::Less => (left, left < right),
        Operator::GreaterOrEqual => (left, left >= right),
        Operator::LessOrEqual => (left, left <= right),
    }
}

/// How an operator is applied to the elements of a vector.
pub(super) struct Rule {
    pub(super) operator: Operator,
    /// Whether a comparison returns 0 or 1 instead of filtering.
    pub(super) returns_bool: bool,
}

impl Rule {
    /// The result for two values, `None` when a comparison filters it out.
    pub(super) fn combine(&self, left: f64, right: f64) -> Option<f64> {
        let (value, kept) = apply(self.operator, left, right);
        if self.returns_bool {
            return Some(truth(kept));
        }
        kept.then_some(value)
    }

    /// Whether the result loses the metric name. Prometheus 2.42 leaves it with `atan2`.
    pub(super) fn drops_name(&self) -> bool {
        let computes = !self.operator.is_comparison() && self.operator != Operator::Atan2;
        computes || self.returns_bool
    }

    /// The operator between each element and the scalar of its step. A comparison that filters
    /// keeps the element's value, also when the scalar is on the left (`scalar_first`).
    pub(super) fn with_scalars(
        &self,
        vector: Vector,
        scalars: &[f64],
        scalar_first: bool,
    ) -> Vector {
        let element = |value: f64, scalar: f64| {
            if !scalar_first {
                return self.combine(value, scalar);
            }
            let combined = self.combine(scalar, value)?;
            let filters = self.operator.is_comparison() && !self.returns_bool;
            Some(if filters { value } else { combined })
        };
        let series = |Series { labels, points }: Series| {
            let pairs = points.into_iter().zip(scalars);
            let points = pairs.map(|(p, scalar)| element(p?, *scalar)).collect();
            let labels = if self.drops_name() {
                labels.without_name()
            } else {
                labels
            };
            Series { labels, points }
        };
        vector.into_iter().map(series).collect()
    }
}

fn truth(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}
