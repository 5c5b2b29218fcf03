//! Whether one series depends on another, some steps later: lagged correlations of what is new in each,
//! and what is left of them when a third is known.
//!
//! The deviation of a correlation is that of as many steps as count as independent: memory that the two
//! have in common makes it vary more (Bartlett 1935).

use super::innovations::{Innovations, LEAST};
use super::lanes::dot;

/// How one series goes with another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dependence {
    /// Steps by which the second follows the first; negative where it goes before.
    pub lag: i32,
    /// Correlation, −1 to 1.
    pub correlation: f64,
    /// How many steps it rests on, as if none of them remembered another.
    pub steps: f64,
    /// Deviations of a Gaussian that are as improbable, by Fisher's (1921) transformation.
    pub deviations: f64,
}

/// What is new in `first` beside what is new in `second` so many steps later, for every lag from
/// `-most_lag` to `most_lag`; none where fewer than forty steps are known of both.
///
/// The two are as long and begin at the same time.
pub fn dependences(first: &Innovations, second: &Innovations, most_lag: i32) -> Vec<Dependence> {
    let Some(common) = Common::of(first, second) else {
        return Vec::new();
    };
    let lags = -most_lag..=most_lag;
    lags.map(|lag| of(lag, common.correlation(lag), common.steps, 0.0))
        .collect()
}

/// Two series where both are known.
pub(crate) struct Common<'a> {
    first: &'a Innovations,
    second: &'a Innovations,
    scale: f64,
    /// Steps of which both are known, as if none remembered another.
    pub(crate) steps: f64,
}

impl<'a> Common<'a> {
    /// None where that are too few, or one of them does not move there.
    pub(crate) fn of(first: &'a Innovations, second: &'a Innovations) -> Option<Self> {
        let count = dot(&first.there, &second.there);
        let square = |values: &[f64], there: &[f64]| {
            let both = values.iter().zip(there);
            both.map(|(v, there)| v * v * there).sum::<f64>()
        };
        let energy = square(&first.values, &second.there) * square(&second.values, &first.there);
        let memory = (1.0 + 2.0 * dot(&first.memory, &second.memory)).max(1.0);
        (count >= LEAST as f64 && energy > 0.0).then(|| Self {
            first,
            second,
            scale: energy.sqrt(),
            steps: count / memory,
        })
    }

    /// The correlation at one lag: the second, so many steps later.
    pub(crate) fn correlation(&self, lag: i32) -> f64 {
        let (a, b) = (&self.first.values, &self.second.values);
        let length = a.len().min(b.len());
        let shift = (lag.unsigned_abs() as usize).min(length);
        let product = if lag >= 0 {
            dot(&a[..length - shift], &b[shift..length])
        } else {
            dot(&a[shift..length], &b[..length - shift])
        };
        (product / self.scale).clamp(-1.0, 1.0)
    }
}

/// Steps around the one at which a third tells most, at which it is taken out too: what is new in it
/// spreads over a few where its past is not known exactly.
const AROUND: i32 = 2;

/// What is left of a dependence when a third series is known (partial correlation given one other
/// variable, as the first level of the PC algorithm has it; Spirtes and others 1993): at the step at which
/// it tells most of both, up to `most_lag` before the first, and two around. None where fewer than
/// forty steps are known of two of them.
pub fn given(
    found: Dependence,
    (first, second): (&Innovations, &Innovations),
    third: &Innovations,
    most_lag: i32,
) -> Option<Dependence> {
    let (to_first, to_second) = (Common::of(third, first)?, Common::of(third, second)?);
    let both = |k: i32| {
        (
            to_first.correlation(k),
            to_second.correlation(k + found.lag),
        )
    };
    let product = |k: &i32| {
        let (a, b) = both(*k);
        (a * b).abs()
    };
    let best = (0..=most_lag).reduce(|a, b| if product(&b) > product(&a) { b } else { a })?;
    let lags: Vec<i32> = (best - AROUND..=best + AROUND).collect();
    let own = |a: i32, b: i32| match a.abs_diff(b) as usize {
        0 => 1.0,
        apart => third.memory.get(apart - 1).copied().unwrap_or(0.0),
    };
    let size = 2 + lags.len();
    let mut matrix = vec![vec![0.0; size]; size];
    (matrix[0][0], matrix[1][1]) = (1.0, 1.0);
    (matrix[0][1], matrix[1][0]) = (found.correlation, found.correlation);
    for (i, lag) in lags.iter().enumerate() {
        let (with_first, with_second) = both(*lag);
        (matrix[0][2 + i], matrix[2 + i][0]) = (with_first, with_first);
        (matrix[1][2 + i], matrix[2 + i][1]) = (with_second, with_second);
        for (j, other) in lags.iter().enumerate() {
            matrix[2 + i][2 + j] = own(*lag, *other);
        }
    }
    let left = partial(matrix)?.clamp(-1.0, 1.0);
    Some(of(found.lag, left, found.steps, lags.len() as f64))
}

/// The correlation of the first two given all others: the others are eliminated one by one.
fn partial(mut matrix: Vec<Vec<f64>>) -> Option<f64> {
    while matrix.len() > 2 {
        let last = matrix.pop()?;
        let pivot = *last.last()?;
        // What the others say already takes nothing more away.
        let usable = pivot > 1e-9;
        for row in &mut matrix {
            let with_last = row.pop()?;
            if usable {
                for (value, other) in row.iter_mut().zip(&last) {
                    *value -= with_last * other / pivot;
                }
            }
        }
    }
    let scale = (matrix[0][0] * matrix[1][1]).max(0.0).sqrt();
    Some(if scale > 1e-9 {
        matrix[0][1] / scale
    } else {
        0.0
    })
}

fn of(lag: i32, correlation: f64, steps: f64, given: f64) -> Dependence {
    // Beyond this the transformation has no bound, and nobody is surer.
    let bounded = correlation.clamp(-0.999_999, 0.999_999);
    Dependence {
        lag,
        correlation,
        steps,
        deviations: bounded.atanh() * (steps - 3.0 - given).max(0.0).sqrt(),
    }
}

/// Probability that a Gaussian lies at least this many deviations from its mean, on either side:
/// erfc(z/√2) by the rational Chebyshev fit of Press et al. (Numerical Recipes, 6.2; relative error
/// below 1.2e-7 everywhere).
pub fn both_tails(deviations: f64) -> f64 {
    let z = deviations.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.5 * z);
    let fit = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let power = fit.iter().rev().fold(0.0, |sum, c| sum * t + c);
    (t * (-z * z + power).exp()).min(1.0)
}
