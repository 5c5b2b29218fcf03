//! Several series of one entity at once: readings that are ordinary each by itself, and together are
//! not.
//!
//! Mahalanobis distance (1936) to an exponentially weighted mean and covariance; correlations are
//! shrunk towards none by as much as they are uncertain (Schäfer and Strimmer 2005).

use serde::{Deserialize, Serialize};

use super::linear::{self, Matrix};
use super::zscore::LEAST;
use super::{LARGEST, Score, at_least_rounding, tails};

/// Memory of mean and covariance: 480 readings.
const WEIGHT: f64 = 1.0 / 480.0;
/// Series at most: time grows with the cube, and more of one entity say the same again.
pub const MOST: usize = 16;
/// A row whose distance is beyond this Gaussian deviation is drawn in to it before it teaches.
const CLIP: f64 = 3.0;

/// What the rows of an entity's series look like together.
///
/// Streaming; 2 KB of state for sixteen series. Raw score: the Gaussian deviation that is as
/// improbable as the squared distance. A series without a reading is left out of the row. A new level
/// is the norm after about 1,500 rows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Joint {
    last_ms: Option<i64>,
    count: u32,
    mean: Vec<f64>,
    covariance: Matrix,
    size: Vec<f64>,
}

/// A row's score and what each series has to do with it.
#[derive(Debug, Clone, PartialEq)]
pub struct JointScore {
    /// How unusual the row is.
    pub score: Score,
    /// Each series' part of the squared distance, summing to it; negative where a series makes the
    /// row more usual, 0 where it had no reading.
    pub parts: Vec<f64>,
}

impl Joint {
    /// For so many series, at most [`MOST`]; the rest of a row is not looked at.
    pub fn new(series: usize) -> Self {
        let series = series.min(MOST);
        Self {
            last_ms: None,
            count: 0,
            mean: vec![0.0; series],
            covariance: vec![vec![0.0; series]; series],
            size: vec![0.0; series],
        }
    }

    /// Scores the next row: one value a series, NaN or infinite where there is none. None where the
    /// row is not later than the one before, fewer than two series have a value, or too little is
    /// known.
    pub fn push(&mut self, at_ms: i64, row: &[f64]) -> Option<JointScore> {
        if self.last_ms.is_some_and(|last| at_ms <= last) || !self.is_sound() {
            return None;
        }
        let usable = |i: &usize| {
            row.get(*i)
                .is_some_and(|v| v.is_finite() && v.abs() <= LARGEST)
        };
        let known: Vec<usize> = (0..self.mean.len()).filter(usable).collect();
        if known.len() < 2 {
            return None;
        }
        self.last_ms = Some(at_ms);
        for i in &known {
            self.size[*i] = (self.size[*i] * (1.0 - WEIGHT)).max(row[*i].abs());
        }
        let ready = self.count as usize >= LEAST.max(4 * self.mean.len());
        let judged = self.judge(row, &known);
        let drawn_in = match &judged {
            Some(judged) if ready && judged.score.raw > CLIP => CLIP / judged.score.raw,
            _ => 1.0,
        };
        self.learn(row, &known, drawn_in);
        judged.filter(|_| ready)
    }

    /// Whether a restored state has the shape it was saved with.
    fn is_sound(&self) -> bool {
        let series = self.mean.len();
        self.size.len() == series
            && self.covariance.len() == series
            && self.covariance.iter().all(|row| row.len() == series)
    }

    fn judge(&self, row: &[f64], known: &[usize]) -> Option<JointScore> {
        if self.count < 2 {
            return None;
        }
        let deviation: Vec<f64> = known
            .iter()
            .map(|i| at_least_rounding(self.covariance[*i][*i].max(0.0).sqrt(), self.size[*i]))
            .collect();
        let lower = linear::cholesky(&self.shrunk(known, &deviation))?;
        let off: Vec<f64> = known
            .iter()
            .zip(&deviation)
            .map(|(i, d)| (row[*i] - self.mean[*i]) / d)
            .collect();
        let turned = linear::solve(&lower, &off);
        let parts_known: Vec<f64> = off.iter().zip(&turned).map(|(a, b)| a * b).collect();
        let squared: f64 = parts_known.iter().sum();
        let mut parts = vec![0.0; self.mean.len()];
        for (i, part) in known.iter().zip(parts_known) {
            parts[*i] = part;
        }
        let freedom = known.len() as f64;
        Some(JointScore {
            score: Score::of(tails::gaussian_of_chi_squared(squared, freedom)),
            parts,
        })
    }

    /// Correlations, shrunk by λ = Σ Var(r) / Σ r², with Var(r) = (1 − r²)²/n.
    fn shrunk(&self, known: &[usize], deviation: &[f64]) -> Matrix {
        let count = known.len();
        let readings = f64::from(self.count).min(2.0 / WEIGHT);
        let mut matrix = vec![vec![1.0; count]; count];
        let (mut doubt, mut strength) = (0.0, 0.0);
        for a in 0..count {
            for b in 0..a {
                let r = self.covariance[known[a]][known[b]] / (deviation[a] * deviation[b]);
                let r = r.clamp(-1.0, 1.0);
                (matrix[a][b], matrix[b][a]) = (r, r);
                doubt += (1.0 - r * r).powi(2) / readings;
                strength += r * r;
            }
        }
        // Never quite none: two series that are the same would have no inverse.
        let shrink = if strength > 0.0 {
            (doubt / strength).clamp(1e-3, 1.0)
        } else {
            1.0
        };
        for (a, row) in matrix.iter_mut().enumerate() {
            for (b, cell) in row.iter_mut().enumerate() {
                if a != b {
                    *cell *= 1.0 - shrink;
                }
            }
        }
        matrix
    }

    fn learn(&mut self, row: &[f64], known: &[usize], drawn_in: f64) {
        self.count = self.count.saturating_add(1);
        let weight = (1.0 / f64::from(self.count)).max(WEIGHT);
        let mut off = vec![None; self.mean.len()];
        for i in known {
            let o = (row[*i] - self.mean[*i]) * drawn_in;
            off[*i] = Some(o);
            self.mean[*i] += weight * o;
        }
        for (cells, a) in self.covariance.iter_mut().zip(&off) {
            for (cell, b) in cells.iter_mut().zip(&off) {
                if let (Some(a), Some(b)) = (a, b) {
                    *cell = (1.0 - weight) * (*cell + weight * a * b);
                }
            }
        }
    }
}
