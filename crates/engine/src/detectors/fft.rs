//! A fast Fourier transform for lengths that are powers of two (Cooley and Tukey 1965).

/// A complex number: real and imaginary part.
pub(super) type Complex = (f64, f64);

/// Transforms in place; `back` is the inverse, divided by the length. The length is a power of two.
pub(super) fn transform(values: &mut [Complex], back: bool) {
    let length = values.len();
    if !length.is_power_of_two() || length < 2 {
        return;
    }
    let bits = length.trailing_zeros();
    for i in 0..length {
        let j = i.reverse_bits() >> (usize::BITS - bits);
        if i < j {
            values.swap(i, j);
        }
    }
    let mut half = 1;
    while half < length {
        let angle = std::f64::consts::PI / half as f64 * if back { 1.0 } else { -1.0 };
        for k in 0..half {
            let (sin, cos) = (angle * k as f64).sin_cos();
            for i in (k..length).step_by(2 * half) {
                let (a, b) = (values[i], values[i + half]);
                let turned = (b.0 * cos - b.1 * sin, b.0 * sin + b.1 * cos);
                values[i] = (a.0 + turned.0, a.1 + turned.1);
                values[i + half] = (a.0 - turned.0, a.1 - turned.1);
            }
        }
        half *= 2;
    }
    if back {
        let share = 1.0 / length as f64;
        for value in values {
            *value = (value.0 * share, value.1 * share);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_is_one_line_and_comes_back() {
        let wave: Vec<Complex> = (0..16)
            .map(|i| {
                (
                    (std::f64::consts::TAU * 3.0 * f64::from(i) / 16.0).cos(),
                    0.0,
                )
            })
            .collect();
        let mut values = wave.clone();
        transform(&mut values, false);
        for (k, v) in values.iter().enumerate() {
            let expected = if k == 3 || k == 13 { 8.0 } else { 0.0 };
            assert!(
                (v.0 - expected).abs() < 1e-12 && v.1.abs() < 1e-12,
                "{k} {v:?}"
            );
        }
        transform(&mut values, true);
        for (a, b) in values.iter().zip(&wave) {
            assert!((a.0 - b.0).abs() < 1e-12 && a.1.abs() < 1e-12);
        }
    }
}
