//! A series taken apart into season, trend and remainder: STL (Cleveland, Cleveland, McRae and
//! Terpenning 1990, "STL: a seasonal-trend decomposition procedure based on loess").

use super::known;
use super::loess::{Loess, Smoother};
use super::seasonal::Seasons;
use super::select;

/// How STL takes a series apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stl {
    /// Values in a season, at least two.
    pub period: usize,
    /// Smooths each place in the season over the seasons.
    pub seasonal: Loess,
    /// Smooths what is left without the season.
    pub trend: Loess,
    /// Takes the trend out of the season.
    pub low_pass: Loess,
    /// How often season and trend are found in turn, and how often wild values are given less weight.
    pub robustness: Robustness,
}

/// The rounds of STL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Robustness {
    /// How often season and trend are found in turn.
    pub inner: usize,
    /// How often, beyond the first, with new weights against wild values.
    pub outer: usize,
}

impl Robustness {
    /// Every value counts the same.
    pub const NONE: Self = Self { inner: 5, outer: 0 };
    /// Wild values count for nothing in the end.
    pub const FULL: Self = Self {
        inner: 2,
        outer: 15,
    };
}

/// The parts of a series; together they are the series.
#[derive(Debug, Clone, PartialEq)]
pub struct Decomposition {
    /// What comes again each season.
    pub seasonal: Vec<f64>,
    /// What moves slowly.
    pub trend: Vec<f64>,
    /// What is left; NaN at gaps.
    pub remainder: Vec<f64>,
    /// How much each value counted, 0 to 1.
    pub weights: Vec<f64>,
}

impl Stl {
    /// The usual smoothers for a period: seven seasons, a trend over about one and a half periods, and
    /// fits at every value.
    pub fn of(period: usize) -> Self {
        Self::with_seasonal(period, 7)
    }

    /// The same with a season smoothed over so many seasons (made odd).
    pub fn with_seasonal(period: usize, seasons: usize) -> Self {
        let seasons = (seasons | 1).max(3);
        let trend = (1.5 * period as f64 / (1.0 - 1.5 / seasons as f64)).ceil() as usize;
        Self {
            period,
            seasonal: Loess::lines(seasons),
            trend: Loess::lines(trend | 1),
            low_pass: Loess::lines((period + 1) | 1),
            robustness: Robustness::NONE,
        }
    }

    /// The parts; `None` where the period is below two or the series is shorter than two of them, or
    /// nothing is known. Gaps are bridged by straight lines beforehand.
    pub fn decompose(&self, values: &[f64]) -> Option<Decomposition> {
        if self.period < 2 || values.len() / 2 < self.period {
            return None;
        }
        let bridged = bridged(values)?;
        let mut work = Work::new(self, &bridged);
        work.rounds(self.robustness.inner, false);
        for _ in 0..self.robustness.outer {
            work.weigh();
            work.rounds(self.robustness.inner, true);
        }
        let parts = work.season.iter().zip(&work.trend);
        let remainder = values.iter().zip(parts).map(|(value, (season, trend))| {
            if known(*value) {
                value - season - trend
            } else {
                f64::NAN
            }
        });
        Some(Decomposition {
            remainder: remainder.collect(),
            seasonal: work.season,
            trend: work.trend,
            weights: work.weights,
        })
    }
}

/// The values with straight lines over the gaps, and level ones before the first and after the last.
fn bridged(values: &[f64]) -> Option<Vec<f64>> {
    let mut bridged = values.to_vec();
    let known: Vec<usize> = (0..values.len()).filter(|i| known(values[*i])).collect();
    let (first, last) = (*known.first()?, *known.last()?);
    bridged[..first].fill(values[first]);
    bridged[last..].fill(values[last]);
    for pair in known.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let rise = (values[to] - values[from]) / (to - from) as f64;
        for (k, value) in bridged[from..to].iter_mut().enumerate().skip(1) {
            *value = values[from] + rise * k as f64;
        }
    }
    Some(bridged)
}

/// What a decomposition in progress holds.
struct Work<'a> {
    values: &'a [f64],
    period: usize,
    seasons: Seasons,
    low_pass: Smoother,
    trends: Smoother,
    season: Vec<f64>,
    trend: Vec<f64>,
    weights: Vec<f64>,
    /// The series without its trend or without its season, and that times the weights.
    rest: Vec<f64>,
    weighed: Vec<f64>,
    /// The smoothed seasons, a period longer on either side.
    cycle: Vec<f64>,
    low: (Vec<f64>, Vec<f64>),
}

impl<'a> Work<'a> {
    fn new(stl: &Stl, values: &'a [f64]) -> Self {
        let count = values.len();
        let none = vec![0.0; count];
        let longer = vec![0.0; count + 2 * stl.period];
        Self {
            values,
            period: stl.period,
            seasons: Seasons::new(stl.period, stl.seasonal),
            low_pass: Smoother::new(stl.low_pass),
            trends: Smoother::new(stl.trend),
            season: none.clone(),
            trend: none.clone(),
            weights: vec![1.0; count],
            rest: none.clone(),
            weighed: none,
            cycle: longer.clone(),
            low: (longer.clone(), longer),
        }
    }

    /// The inner loop.
    fn rounds(&mut self, rounds: usize, weighed: bool) {
        let count = self.values.len();
        for _ in 0..rounds {
            subtract(&mut self.rest, self.values, &self.trend);
            let mut weights = None;
            if weighed {
                multiply(&mut self.weighed, &self.rest, &self.weights);
                weights = Some((self.weights.as_slice(), self.weighed.as_slice()));
            }
            self.seasons.smooth(&self.rest, weights, &mut self.cycle);
            let (one, two) = (&mut self.low.0, &mut self.low.1);
            let length = moving_mean(&self.cycle, self.period, one);
            let length = moving_mean(&one[..length], self.period, two);
            let length = moving_mean(&two[..length], 3, one);
            self.low_pass
                .smooth(&one[..length], None, &mut two[..count]);
            subtract(&mut self.season, &self.cycle[self.period..], two);
            subtract(&mut self.rest, self.values, &self.season);
            let weights = weighed.then_some(self.weights.as_slice());
            self.trends.smooth(&self.rest, weights, &mut self.trend);
        }
    }

    /// Weights by how far the values lie from season and trend: bisquare, nothing beyond six times
    /// the median distance.
    fn weigh(&mut self) {
        let parts = self.season.iter().zip(&self.trend);
        for ((off, value), (season, trend)) in self.rest.iter_mut().zip(self.values).zip(parts) {
            *off = (value - (season + trend)).abs();
        }
        let limit = 6.0 * select::median(&self.rest).unwrap_or(0.0);
        for (weight, off) in self.weights.iter_mut().zip(&self.rest) {
            let share = off / limit;
            let rest = 1.0 - share * share;
            let bisquare = if *off <= 0.001 * limit {
                1.0
            } else {
                rest * rest
            };
            let bisquare = if *off <= 0.999 * limit { bisquare } else { 0.0 };
            *weight = if limit > 0.0 { bisquare } else { 1.0 };
        }
    }
}

fn subtract(out: &mut [f64], values: &[f64], less: &[f64]) {
    for ((out, value), less) in out.iter_mut().zip(values).zip(less) {
        *out = value - less;
    }
}

fn multiply(out: &mut [f64], values: &[f64], weights: &[f64]) {
    for ((out, value), weight) in out.iter_mut().zip(values).zip(weights) {
        *out = value * weight;
    }
}

/// The means of `length` values each, one for each place where there are as many; says how many.
fn moving_mean(values: &[f64], length: usize, out: &mut [f64]) -> usize {
    let share = length as f64;
    let (first, _) = values.split_at(length);
    let mut sum = first.iter().fold(0.0, |sum, value| sum + value);
    out[0] = sum / share;
    let moves = values[length..].iter().zip(values);
    for (out, (come, gone)) in out[1..].iter_mut().zip(moves) {
        sum += come - gone;
        *out = sum / share;
    }
    values.len() - length + 1
}
