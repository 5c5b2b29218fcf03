//! What is new in a series at each step: what its own past does not foretell.
//!
//! Two series that each remember their past move alike by chance far more often than their length
//! suggests (Yule 1926; Granger and Newbold 1974). So their dependence is tested between what is new in
//! each (prewhitening: Box and Jenkins 1970; Haugh 1976): the differences, less what an autoregression on
//! their own past says. That is robust to trends, random walks, level shifts and memory. What lies more
//! than three deviations out is cut there, so that one step that two series share by chance (two faults
//! at once, a restart) counts as one moment among hundreds and decides nothing.

use super::lanes::dot;
use super::{MAD_TO_DEVIATION, known};

/// Past steps that foretell; rates and quantiles over five minutes at a sample each minute or half of
/// one remember five to ten.
const MOST_ORDER: usize = 12;
/// Steps for each coefficient, at least.
const STEPS_PER_ORDER: usize = 10;
/// Deviations beyond which a difference or an innovation is cut.
const CUT: f64 = 3.0;
/// Deviations beyond which one is not known: that is trouble, and what is asked is how two series go
/// together apart from it. Of heavy tails (Student's t with three degrees of freedom) little is lost.
const FAR: f64 = 6.0;
/// Fewer innovations than this tell nothing.
pub(crate) const LEAST: usize = 40;

/// Lags of the autocorrelations that are kept.
const MEMORY: usize = 20;

/// What is new at each step of a series, in robust deviations.
#[derive(Debug, Clone, PartialEq)]
pub struct Innovations {
    /// By step; 0 where it is not known.
    pub(crate) values: Vec<f64>,
    /// 1 where it is known, else 0.
    pub(crate) there: Vec<f64>,
    /// What is left of memory: the autocorrelations from lag 1 on.
    pub(crate) memory: Vec<f64>,
}

impl Innovations {
    /// Of equally spaced values; one that is no measurement is a gap. `None` where the news of fewer
    /// than forty steps are known, or the series hardly moves at all.
    pub fn of(values: &[f64]) -> Option<Self> {
        let differences: Vec<f64> = std::iter::once(f64::NAN)
            .chain(values.windows(2).map(|w| {
                if known(w[0]) && known(w[1]) {
                    w[1] - w[0]
                } else {
                    f64::NAN
                }
            }))
            .collect();
        let differences = cut(&differences)?;
        let count = differences.iter().filter(|d| d.is_finite()).count();
        let order = MOST_ORDER.min(count / STEPS_PER_ORDER);
        let weights = autoregression(&autocovariances(&differences, order));
        let new = cut(&surprises(&differences, &weights))?;
        let there: Vec<f64> = new
            .iter()
            .map(|v| f64::from(u8::from(v.is_finite())))
            .collect();
        let values: Vec<f64> = new
            .iter()
            .map(|v| if v.is_finite() { *v } else { 0.0 })
            .collect();
        let energy = dot(&values, &values).max(f64::MIN_POSITIVE);
        let own = |lag: usize| match values.len().checked_sub(lag) {
            Some(kept) => dot(&values[..kept], &values[lag..]) / energy,
            None => 0.0,
        };
        Some(Self {
            memory: (1..=MEMORY).map(own).collect(),
            values,
            there,
        })
    }

    /// Steps of which the news are known.
    pub fn count(&self) -> usize {
        self.there.iter().filter(|there| **there > 0.0).count()
    }
}

fn surprises(differences: &[f64], weights: &[f64]) -> Vec<f64> {
    let at = |i: usize| {
        if i < weights.len() {
            return f64::NAN;
        }
        let past = weights.iter().enumerate();
        let foretold: f64 = past.map(|(k, w)| w * differences[i - 1 - k]).sum();
        differences[i] - foretold
    };
    (0..differences.len()).map(at).collect()
}

/// In robust deviations from the median, cut; none where too few are known or most are the same.
fn cut(values: &[f64]) -> Option<Vec<f64>> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    if sorted.len() < LEAST {
        return None;
    }
    sorted.sort_by(f64::total_cmp);
    let middle = sorted[sorted.len() / 2];
    let mut distances: Vec<f64> = sorted.iter().map(|v| (v - middle).abs()).collect();
    distances.sort_by(f64::total_cmp);
    let spread = MAD_TO_DEVIATION * distances[distances.len() / 2];
    let keep = |v: &f64| {
        let scaled = (v - middle) / spread;
        // NaN is not known either.
        if scaled.abs() <= FAR {
            scaled.clamp(-CUT, CUT)
        } else {
            f64::NAN
        }
    };
    (spread > 0.0 && spread.is_finite()).then(|| values.iter().map(keep).collect())
}

fn autocovariances(values: &[f64], order: usize) -> Vec<f64> {
    let lagged = |lag: usize| {
        let pairs = values[lag..].iter().zip(values);
        let known = pairs.filter(|(a, b)| a.is_finite() && b.is_finite());
        let (sum, count) = known.fold((0.0, 0.0), |(s, n), (a, b)| (s + a * b, n + 1.0));
        // Divided by what there is at lag 0 would make it positive definite; with gaps only nearly, for
        // which `autoregression` stops in time.
        let taper = 1.0 - lag as f64 / values.len() as f64;
        if count > 0.0 {
            sum / count * taper
        } else {
            0.0
        }
    };
    (0..=order).map(lagged).collect()
}

/// The weights of the past by the recursion of Levinson (1947) and Durbin (1960).
fn autoregression(covariances: &[f64]) -> Vec<f64> {
    let mut weights: Vec<f64> = Vec::new();
    let mut error = covariances[0];
    for k in 1..covariances.len() {
        if error <= 1e-12 * covariances[0] {
            break;
        }
        let told: f64 = weights
            .iter()
            .enumerate()
            .map(|(j, w)| w * covariances[k - 1 - j])
            .sum();
        let reflection = (covariances[k] - told) / error;
        if reflection.abs() >= 1.0 {
            break;
        }
        let turned: Vec<f64> = weights.iter().rev().copied().collect();
        for (weight, other) in weights.iter_mut().zip(turned) {
            *weight -= reflection * other;
        }
        weights.push(reflection);
        error *= 1.0 - reflection * reflection;
    }
    weights
}
