//! Local regression on an even grid: a line (or a level) fitted around each place, near values counting
//! more (Cleveland 1979, "Robust locally weighted regression and smoothing scatterplots").
//!
//! On a grid the weights depend on the place in the window only, so that away from the ends one set of
//! factors serves every place, and a fit is one dot product. With weights of the values' own, five
//! sums make the fit.

use super::lanes::{dot, mapped};

/// What is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Degree {
    /// A level.
    Level,
    /// A straight line.
    Line,
}

/// A smoother.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loess {
    /// How many values a fit rests on.
    pub span: usize,
    /// What is fitted.
    pub degree: Degree,
    /// Fits are made at every so many-th value, and joined by straight lines.
    pub jump: usize,
}

impl Loess {
    /// A smoother that fits lines at every value.
    pub const fn lines(span: usize) -> Self {
        Self {
            span,
            degree: Degree::Line,
            jump: 1,
        }
    }

    /// The smoothed values, each by its own weight where weights are given. All values must be finite;
    /// where all weights near a place are 0, the value itself stays.
    pub fn smooth(&self, values: &[f64], weights: Option<&[f64]>) -> Vec<f64> {
        let mut smoothed = vec![0.0; values.len()];
        Smoother::new(*self).smooth(values, weights, &mut smoothed);
        smoothed
    }
}

/// A place where a fit is made, and the values `from..to` that it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spot {
    /// May lie one before the first value or one after the last.
    pub(crate) at: i64,
    pub(crate) from: usize,
    pub(crate) to: usize,
}

impl Loess {
    /// The places of the fits over so many values, as the original program of Cleveland et al. 1990 has
    /// them: every `jump`-th, and the last.
    pub(crate) fn spots(&self, count: usize) -> Vec<Spot> {
        let jump = self.step(count);
        let mut spots: Vec<Spot> = (0..count)
            .step_by(jump)
            .map(|at| self.spot(at, count, jump))
            .collect();
        if let Some(last) = spots.last().copied()
            && last.at + 1 < count as i64
        {
            // The last fit rests on the same values as the one before it.
            let at = count as i64 - 1;
            spots.push(Spot { at, ..last });
        }
        spots
    }

    fn step(&self, count: usize) -> usize {
        self.jump.clamp(1, count.saturating_sub(1).max(1))
    }

    fn spot(&self, at: usize, count: usize, jump: usize) -> Spot {
        let from = if self.span >= count {
            0
        } else {
            let latest = count - self.span;
            let half = if jump == 1 {
                self.span / 2
            } else {
                self.span.div_ceil(2) - 1
            };
            let centered = at.saturating_sub(half);
            if jump > 1 && at + self.span.div_ceil(2) >= count {
                latest
            } else {
                centered.min(latest)
            }
        };
        Spot {
            at: at as i64,
            from,
            to: count.min(from + self.span),
        }
    }

    /// How far a fit at the spot looks.
    fn reach(&self, spot: Spot, count: usize) -> f64 {
        let before = spot.at - spot.from as i64;
        let after = spot.to as i64 - 1 - spot.at;
        (before.max(after) + (self.span.saturating_sub(count) / 2) as i64) as f64
    }
}

/// What a line through weighed values needs of them: Σw, Σwu, Σwu², where u is the distance from the
/// place.
#[derive(Clone, Copy)]
pub(crate) struct Design {
    pub(crate) sum: f64,
    pub(crate) first: f64,
    pub(crate) second: f64,
}

impl Design {
    /// The value at the place is `a Σwy + b Σwuy` with these factors a and b; `None` where nothing
    /// counts. A line through values that hardly spread is a level; `wide` is how far all spread.
    #[inline]
    pub(crate) fn factors(self, degree: Degree, wide: f64) -> Option<(f64, f64)> {
        if self.sum <= 0.0 {
            return None;
        }
        let mean = self.first / self.sum;
        let spread = self.second / self.sum - mean * mean;
        if degree == Degree::Level || spread.max(0.0).sqrt() <= 0.001 * wide {
            return Some((1.0 / self.sum, 0.0));
        }
        let slope = -mean / spread;
        Some(((1.0 - slope * mean) / self.sum, slope / self.sum))
    }
}

/// A smoother with the factors of its last place, which mostly serve the next.
pub(crate) struct Smoother {
    pub(crate) loess: Loess,
    /// The place in its window, the window's length and the reach that the factors are for.
    shape: Option<(i64, usize, u64)>,
    /// w, wu and wu², where w are the weights by distance (tricube).
    pub(crate) near: Vec<f64>,
    pub(crate) first: Vec<f64>,
    pub(crate) second: Vec<f64>,
    /// The factors of the values where all count the same; `None` where none counts.
    factors: Option<Vec<f64>>,
    weighed: Vec<f64>,
}

impl Smoother {
    pub(crate) const fn new(loess: Loess) -> Self {
        Self {
            loess,
            shape: None,
            near: Vec::new(),
            first: Vec::new(),
            second: Vec::new(),
            factors: None,
            weighed: Vec::new(),
        }
    }

    pub(crate) fn smooth(&mut self, values: &[f64], weights: Option<&[f64]>, out: &mut [f64]) {
        let count = values.len();
        if count < 2 {
            out.copy_from_slice(values);
            return;
        }
        let wide = count as f64 - 1.0;
        let mut weighed = std::mem::take(&mut self.weighed);
        if let Some(weights) = weights {
            weighed.clear();
            weighed.extend(values.iter().zip(weights).map(|(v, w)| v * w));
        }
        let spots = self.loess.spots(count);
        for spot in &spots {
            self.aim(*spot, count);
            let window = spot.from..spot.to;
            let fit = match weights {
                None => self.plain().map(|factors| dot(factors, &values[window])),
                Some(weights) => self.fit(&weights[window.clone()], &weighed[window], wide),
            };
            let at = spot.at as usize;
            out[at] = fit.unwrap_or(values[at]);
        }
        self.weighed = weighed;
        for pair in spots.windows(2) {
            join(out, pair[0].at as usize, pair[1].at as usize);
        }
    }

    /// Makes the factors for the spot, unless they are there.
    pub(crate) fn aim(&mut self, spot: Spot, count: usize) {
        let reach = self.loess.reach(spot, count);
        let offset = spot.from as i64 - spot.at;
        let shape = (offset, spot.to - spot.from, reach.to_bits());
        if self.shape == Some(shape) {
            return;
        }
        self.shape = Some(shape);
        self.near.clear();
        self.near.extend((0..shape.1).map(|k| {
            let distance = (k as i64 + offset).abs() as f64;
            let share = distance / reach;
            let rest = 1.0 - share * share * share;
            let weight = rest * rest * rest;
            let weight = if distance <= 0.001 * reach {
                1.0
            } else {
                weight
            };
            if distance <= 0.999 * reach {
                weight
            } else {
                0.0
            }
        }));
        let apart = (0..shape.1).map(|k| (k as i64 + offset) as f64);
        self.first.clear();
        self.first
            .extend(self.near.iter().zip(apart.clone()).map(|(w, u)| w * u));
        self.second.clear();
        self.second
            .extend(self.first.iter().zip(apart).map(|(wu, u)| wu * u));
        let design = Design {
            sum: mapped(&self.near, |w| w),
            first: mapped(&self.first, |w| w),
            second: mapped(&self.second, |w| w),
        };
        let factors = design.factors(self.loess.degree, count as f64 - 1.0);
        let mut reused = self.factors.take().unwrap_or_default();
        reused.clear();
        self.factors = factors.map(|(level, slope)| {
            let both = self.near.iter().zip(&self.first);
            reused.extend(both.map(|(w, wu)| level * w + slope * wu));
            reused
        });
    }

    /// The factors where all values count the same.
    pub(crate) fn plain(&self) -> Option<&[f64]> {
        self.factors.as_deref()
    }

    /// The fit to values with weights of their own, given with their products.
    fn fit(&self, weights: &[f64], weighed: &[f64], wide: f64) -> Option<f64> {
        let design = Design {
            sum: dot(&self.near, weights),
            first: dot(&self.first, weights),
            second: dot(&self.second, weights),
        };
        let (level, slope) = design.factors(self.loess.degree, wide)?;
        Some(level * dot(&self.near, weighed) + slope * dot(&self.first, weighed))
    }
}

/// Puts the values between two places on the straight line between theirs.
fn join(values: &mut [f64], from: usize, to: usize) {
    let (start, length) = (values[from], (to - from) as f64);
    let rise = (values[to] - start) / length;
    for (k, value) in values[from..to].iter_mut().enumerate().skip(1) {
        *value = start + rise * k as f64;
    }
}
