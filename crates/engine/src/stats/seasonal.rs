//! Smooths each place in the period by itself, one value a period: all Mondays, all Tuesdays. That is
//! done for all places at once, row by row of the series as it lies in memory.

use super::loess::{Degree, Design, Loess, Smoother, Spot};

/// The smoother of the seasons.
pub(crate) struct Seasons {
    period: usize,
    smoother: Smoother,
    /// Σw, Σwu, Σwu², Σwy, Σwuy for each place of the period.
    sums: [Vec<f64>; 5],
}

/// Places of the period that have equally many values: columns `from..to` of so many rows.
#[derive(Clone, Copy)]
struct Columns {
    from: usize,
    to: usize,
    rows: usize,
}

impl Seasons {
    pub(crate) fn new(period: usize, loess: Loess) -> Self {
        Self {
            period,
            smoother: Smoother::new(loess),
            sums: std::array::from_fn(|_| vec![0.0; period]),
        }
    }

    /// The smoothed values with a period more on either side: `out` has two periods more than `values`.
    /// `weighed` are the products of values and weights.
    pub(crate) fn smooth(
        &mut self,
        values: &[f64],
        weights: Option<(&[f64], &[f64])>,
        out: &mut [f64],
    ) {
        let whole = values.len() / self.period;
        let more = values.len() % self.period;
        let long = Columns {
            from: 0,
            to: more,
            rows: whole + 1,
        };
        let short = Columns {
            from: more,
            to: self.period,
            rows: whole,
        };
        for columns in [long, short] {
            if columns.from < columns.to && columns.rows > 0 {
                self.columns(columns, values, weights, out);
            }
        }
    }

    fn columns(
        &mut self,
        columns: Columns,
        values: &[f64],
        weights: Option<(&[f64], &[f64])>,
        out: &mut [f64],
    ) {
        let loess = self.smoother.loess;
        let rows = columns.rows;
        let mut spots = loess.spots(rows);
        let span = loess.span.min(rows);
        spots.push(Spot {
            at: -1,
            from: 0,
            to: span,
        });
        spots.push(Spot {
            at: rows as i64,
            from: rows - span,
            to: rows,
        });
        for spot in &spots {
            self.smoother.aim(*spot, rows);
            match weights {
                None => self.plain(columns, *spot, values, out),
                Some(weights) => self.weighed(columns, *spot, values, weights, out),
            }
        }
        for pair in spots[..spots.len() - 2].windows(2) {
            self.join(columns, pair[0].at, pair[1].at, out);
        }
    }

    fn row(&self, columns: Columns, row: usize) -> std::ops::Range<usize> {
        row * self.period + columns.from..row * self.period + columns.to
    }

    /// Where a row of results goes: the first row is the one before the first value.
    fn target<'a>(&self, columns: Columns, at: i64, out: &'a mut [f64]) -> &'a mut [f64] {
        &mut out[self.row(columns, (at + 1) as usize)]
    }

    /// What is there where nothing counts: the value itself, and beyond the ends the fit next to them.
    fn instead(&self, columns: Columns, at: i64, values: &[f64], out: &[f64]) -> Vec<f64> {
        let last = columns.rows as i64 - 1;
        if at < 0 || at > last {
            let nearest = at.clamp(0, last);
            out[self.row(columns, (nearest + 1) as usize)].to_vec()
        } else {
            values[self.row(columns, at as usize)].to_vec()
        }
    }

    fn plain(&self, columns: Columns, spot: Spot, values: &[f64], out: &mut [f64]) {
        let Some(factors) = self.smoother.plain() else {
            let instead = self.instead(columns, spot.at, values, out);
            self.target(columns, spot.at, out).copy_from_slice(&instead);
            return;
        };
        let target = self.target(columns, spot.at, out);
        target.fill(0.0);
        for (row, factor) in (spot.from..spot.to).zip(factors) {
            add(target, *factor, &values[self.row(columns, row)]);
        }
    }

    fn weighed(
        &mut self,
        columns: Columns,
        spot: Spot,
        values: &[f64],
        (weights, weighed): (&[f64], &[f64]),
        out: &mut [f64],
    ) {
        let width = columns.to - columns.from;
        for sums in &mut self.sums {
            sums[..width].fill(0.0);
        }
        for (place, row) in (spot.from..spot.to).enumerate() {
            let row = self.row(columns, row);
            let (weights, weighed) = (&weights[row.clone()], &weighed[row]);
            let near = self.smoother.near[place];
            let first = self.smoother.first[place];
            let second = self.smoother.second[place];
            let factors = [near, first, second, near, first];
            let rows = [weights, weights, weights, weighed, weighed];
            for ((sums, factor), row) in self.sums.iter_mut().zip(factors).zip(rows) {
                add(&mut sums[..width], factor, row);
            }
        }
        let instead = self.instead(columns, spot.at, values, out);
        let (degree, wide) = (self.smoother.loess.degree, columns.rows as f64 - 1.0);
        let target = self.target(columns, spot.at, out);
        for ((place, fit), instead) in target.iter_mut().enumerate().zip(instead) {
            *fit = self.fit(place, degree, wide).unwrap_or(instead);
        }
    }

    fn fit(&self, place: usize, degree: Degree, wide: f64) -> Option<f64> {
        let design = Design {
            sum: self.sums[0][place],
            first: self.sums[1][place],
            second: self.sums[2][place],
        };
        let (level, slope) = design.factors(degree, wide)?;
        Some(level * self.sums[3][place] + slope * self.sums[4][place])
    }

    /// Puts the rows between two on the straight lines between theirs.
    fn join(&self, columns: Columns, from: i64, to: i64, out: &mut [f64]) {
        let length = (to - from) as f64;
        for at in from + 1..to {
            let share = (at - from) as f64 / length;
            for column in columns.from..columns.to {
                let place = |at: i64| (at + 1) as usize * self.period + column;
                let (start, end) = (out[place(from)], out[place(to)]);
                out[place(at)] = start + (end - start) * share;
            }
        }
    }
}

/// `sums += factor * row`.
#[inline]
fn add(sums: &mut [f64], factor: f64, row: &[f64]) {
    for (sum, value) in sums.iter_mut().zip(row) {
        *sum += factor * value;
    }
}
