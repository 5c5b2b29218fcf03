//! Several seasons at once, such as days in weeks: MSTL (Bandara, Hyndman and Bergmeir 2021, "MSTL: a
//! seasonal-trend decomposition algorithm for time series with multiple seasonal patterns").

use super::stl::{Decomposition, Stl};

/// How a series of several seasons is taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mstl {
    /// How each season is found, the shortest first.
    pub seasons: Vec<Stl>,
    /// How often all are found in turn.
    pub rounds: usize,
}

/// The parts of a series of several seasons.
#[derive(Debug, Clone, PartialEq)]
pub struct SeveralSeasons {
    /// What comes again each season, in the order of the periods.
    pub seasonal: Vec<Vec<f64>>,
    /// What moves slowly.
    pub trend: Vec<f64>,
    /// What is left; NaN at gaps.
    pub remainder: Vec<f64>,
    /// How much each value counted, 0 to 1.
    pub weights: Vec<f64>,
}

impl Mstl {
    /// The usual smoothers: two rounds, and longer periods smoothed over more seasons (11, 15, 19, …).
    pub fn of(periods: &[usize]) -> Self {
        let mut periods = periods.to_vec();
        periods.sort_unstable();
        periods.dedup();
        let seasons = periods.iter().zip(1..);
        Self {
            seasons: seasons
                .map(|(period, number)| Stl::with_seasonal(*period, 7 + 4 * number))
                .collect(),
            rounds: 2,
        }
    }

    /// The parts; periods of which the series does not hold two and a bit are left out, and it is
    /// `None` where none remains or nothing is known.
    pub fn decompose(&self, values: &[f64]) -> Option<SeveralSeasons> {
        let seasons: Vec<&Stl> = self
            .seasons
            .iter()
            .filter(|stl| 2 * stl.period < values.len())
            .collect();
        let mut seasonal = vec![vec![0.0; values.len()]; seasons.len()];
        let mut rest = values.to_vec();
        let mut last: Option<Decomposition> = None;
        for _ in 0..self.rounds.max(1) {
            for (stl, season) in seasons.iter().zip(&mut seasonal) {
                rest.iter_mut().zip(&*season).for_each(|(r, s)| *r += s);
                let mut parts = stl.decompose(&rest)?;
                std::mem::swap(season, &mut parts.seasonal);
                rest.iter_mut().zip(&*season).for_each(|(r, s)| *r -= s);
                last = Some(parts);
            }
        }
        let last = last?;
        Some(SeveralSeasons {
            seasonal,
            trend: last.trend,
            remainder: last.remainder,
            weights: last.weights,
        })
    }
}
