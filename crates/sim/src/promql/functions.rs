//! Functions of instant vectors.

use super::statistics::ascending;
use super::value::{Column, Series, Vector};
use crate::tsdb::Labels;

/// The function of this name, if it maps each value by itself.
pub(super) fn find(name: &str) -> Option<fn(f64) -> f64> {
    let function: fn(f64) -> f64 = match name {
        "abs" => f64::abs,
        "ceil" => f64::ceil,
        "floor" => f64::floor,
        "exp" => f64::exp,
        "ln" => f64::ln,
        "log2" => f64::log2,
        "log10" => f64::log10,
        "sqrt" => f64::sqrt,
        "sgn" => sign,
        "deg" => |radians| radians * 180.0 / std::f64::consts::PI,
        "rad" => |degrees| degrees * std::f64::consts::PI / 180.0,
        _ => return trigonometric(name),
    };
    Some(function)
}

fn trigonometric(name: &str) -> Option<fn(f64) -> f64> {
    let function: fn(f64) -> f64 = match name {
        "sin" => f64::sin,
        "cos" => f64::cos,
        "tan" => f64::tan,
        "asin" => f64::asin,
        "acos" => f64::acos,
        "atan" => f64::atan,
        "sinh" => f64::sinh,
        "cosh" => f64::cosh,
        "tanh" => f64::tanh,
        "asinh" => f64::asinh,
        "acosh" => f64::acosh,
        "atanh" => f64::atanh,
        _ => return None,
    };
    Some(function)
}

/// A function of an element's value and of scalars; `None` drops the element.
pub(super) type WithScalars = fn(f64, &[f64]) -> Option<f64>;

/// The function of this name, if it takes scalars besides the vector.
pub(super) fn find_with_scalars(name: &str) -> Option<WithScalars> {
    let function: WithScalars = match name {
        "clamp" => |value, bounds| {
            let (least, most) = (bounds[0], bounds[1]);
            // Not `least <= most`: Prometheus goes on with a NaN bound, and the result is NaN.
            let is_empty = most < least;
            (!is_empty).then(|| max(least, min(most, value)))
        },
        "clamp_min" => |value, bounds| Some(max(bounds[0], value)),
        "clamp_max" => |value, bounds| Some(min(bounds[0], value)),
        "round" => |value, nearest| {
            let inverse = 1.0 / nearest.first().copied().unwrap_or(1.0);
            Some((value * inverse + 0.5).floor() / inverse)
        },
        _ => return None,
    };
    Some(function)
}

/// Applies a function to each element and the scalars of its step; the names are dropped.
pub(super) fn map_with(function: WithScalars, vector: Vector, scalars: &[Vec<f64>]) -> Vector {
    let mut arguments = vec![0.0; scalars.len()];
    let series = |Series { labels, points }: Series| {
        let apply = |(step, point): (usize, Option<f64>)| {
            for (argument, column) in arguments.iter_mut().zip(scalars) {
                *argument = column[step];
            }
            function(point?, &arguments)
        };
        let points: Column = points.into_iter().enumerate().map(apply).collect();
        let labels = labels.without_name();
        Series { labels, points }
    };
    vector.into_iter().map(series).collect()
}

/// `scalar`: the value at each step with exactly one element, else NaN.
pub(super) fn only_element(vector: &[Series], steps: usize) -> Vec<f64> {
    let at = |step: usize| {
        let mut present = vector.iter().filter_map(|series| series.points[step]);
        match (present.next(), present.next()) {
            (Some(value), None) => value,
            _ => f64::NAN,
        }
    };
    (0..steps).map(at).collect()
}

/// `absent`: 1 at each step without any element.
pub(super) fn absent(vector: &[Series], labels: &Labels, steps: usize) -> Vector {
    let is_there = |step: usize| vector.iter().any(|series| series.points[step].is_some());
    let points: Column = (0..steps)
        .map(|step| (!is_there(step)).then_some(1.0))
        .collect();
    let labels = labels.clone();
    vec![Series { labels, points }]
}

/// `sort` and `sort_desc`, which show in instant queries only; NaN comes last in both.
pub(super) fn sorted(mut vector: Vector, descending: bool) -> Vector {
    let value = |series: &Series| series.points.first().copied().flatten().unwrap_or(f64::NAN);
    vector.sort_by(|a, b| {
        let (a, b) = (value(a), value(b));
        let order = ascending(a, b);
        let numbers = if descending { order.reverse() } else { order };
        a.is_nan().cmp(&b.is_nan()).then(numbers)
    });
    vector
}

fn sign(value: f64) -> f64 {
    if value < 0.0 {
        -1.0
    } else if value > 0.0 {
        1.0
    } else {
        value
    }
}

/// Go's `math.Max`: NaN wins over any number but +Inf.
fn max(a: f64, b: f64) -> f64 {
    if a == f64::INFINITY || b == f64::INFINITY {
        return f64::INFINITY;
    }
    if a.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    a.max(b)
}

/// Go's `math.Min`: NaN wins over any number but -Inf.
fn min(a: f64, b: f64) -> f64 {
    if a == f64::NEG_INFINITY || b == f64::NEG_INFINITY {
        return f64::NEG_INFINITY;
    }
    if a.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    a.min(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_goes_up_at_ties_and_to_a_multiple() {
        let round = find_with_scalars("round").unwrap();
        assert_eq!(round(2.5, &[]), Some(3.0));
        assert_eq!(round(-2.5, &[]), Some(-2.0));
        assert_eq!(round(7.0, &[5.0]), Some(5.0));
    }

    #[test]
    fn clamping_between_swapped_bounds_drops_the_element() {
        let clamp = find_with_scalars("clamp").unwrap();
        assert_eq!(clamp(7.0, &[1.0, 5.0]), Some(5.0));
        assert_eq!(clamp(7.0, &[5.0, 1.0]), None);
        assert!(clamp(7.0, &[f64::NAN, 1.0]).unwrap().is_nan());
    }
}
