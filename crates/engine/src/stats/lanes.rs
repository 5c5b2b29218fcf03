//! Sums in one order: sixteen running sums side by side, the value at index `i` in sum `i mod 16`, put
//! together pairwise at the end.
//!
//! That is how a vector unit would add, whatever its width, and it is written out, so that wide and
//! narrow ones give the same bits. The error grows with n/16 rather than n (Higham 1993, "The
//! accuracy of floating point summation").

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for wider instructions"
)]

use super::known;
use super::wide::widest;

/// Running sums side by side: enough to hide an addition's latency behind others, at two numbers a
/// register.
const LANES: usize = 16;

/// The sum of the values that are known; 0 of none.
pub fn sum(values: &[f64]) -> f64 {
    widest(
        #[inline(always)]
        || mapped(values, |value| if known(value) { value } else { 0.0 }),
    )
}

/// The sum of what the values are mapped to.
#[inline(always)]
pub(crate) fn mapped(values: &[f64], map: impl Fn(f64) -> f64) -> f64 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += map(*value);
        }
    }
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *lane += map(*value);
    }
    tree(lanes)
}

/// Σ aᵢbᵢ over as many pairs as there are.
#[inline]
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let length = a.len().min(b.len());
    let (a, a_rest) = a[..length].as_chunks::<LANES>();
    let (b, b_rest) = b[..length].as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    for (lane, (a, b)) in lanes.iter_mut().zip(a_rest.iter().zip(b_rest)) {
        *lane += a * b;
    }
    tree(lanes)
}

fn tree(mut lanes: [f64; LANES]) -> f64 {
    let mut half = LANES / 2;
    while half > 0 {
        let (low, high) = lanes.split_at_mut(half);
        for (low, high) in low.iter_mut().zip(high) {
            *low += *high;
        }
        half /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_the_written_one() {
        // 2⁵³ + 1 is no double: where the ones are added tells the order.
        let mut values = vec![1.0; 33];
        values[0] = 9_007_199_254_740_992.0;
        // Lane 0 swallows two ones, one at a time; all other lanes hold two each.
        assert!((sum(&values) - 9_007_199_254_741_022.0).abs() < 0.5);
        assert!((dot(&values, &[1.0; 33]) - 9_007_199_254_741_022.0).abs() < 0.5);
        for value in &mut values {
            *value = -*value;
        }
        assert!((sum(&values) + 9_007_199_254_741_022.0).abs() < 0.5);
    }

    #[test]
    fn gaps_count_for_nothing() {
        let values = [1.0, f64::NAN, f64::INFINITY, 2.0, 1e101, f64::NEG_INFINITY];
        assert!((sum(&values) - 3.0).abs() < 1e-12);
        assert!(sum(&[]).abs() < f64::MIN_POSITIVE);
    }
}
