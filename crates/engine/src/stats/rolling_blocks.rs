//! Sums over a window that moves.
//!
//! Mostly such a sum is kept by adding what comes and subtracting what goes; its
//! errors add up for ever. Here the series is cut in blocks of the window's length: each window is the
//! end of one block and the beginning of the next, whose sums are running sums from their common
//! border (van Herk 1992, Gil and Werman 1993, there for maxima). Nothing is ever subtracted, so that
//! what happened before a window changes nothing in it. Several blocks are summed side by side, for one
//! running sum only waits for itself.

use super::known;
use super::moments::moments;
use super::rolling_rows::{Borders, Row};

/// Where less than this share of the squares about the centre is left about the mean, the centre was a
/// bad one, and the window is looked at by itself.
pub(super) const LEFT: f64 = 1e-3;
/// Mean squares below this are too near to the smallest numbers to calculate with.
pub(super) const TINY: f64 = 1e-280;
/// Mean squares above this come of values that may be gaps.
pub(super) const HUGE: f64 = 1e180;
/// Blocks side by side.
pub(crate) const SIDE_BY_SIDE: usize = 4;

/// The score of the last value of a window, from this window only.
pub(crate) fn alone(window: &[f64], least: usize) -> f64 {
    let moments = moments(window);
    match (window.last(), moments.deviation()) {
        (Some(value), Some(deviation)) if known(*value) && moments.count >= least => {
            (value - moments.mean) / deviation
        }
        _ => f64::NAN,
    }
}

/// One over the root, by a step of fourth and one of third order (Householder 1970) from a guess at half the
/// exponent (Lomont 2003, "Fast inverse square root"): the same bits everywhere, and no waiting for the
/// one unit that divides. Of a number of ordinary size, exact to a few units in the last place.
#[inline]
fn inverse_root(value: f64) -> f64 {
    let mut root = f64::from_bits(0x5fe6_eb50_c7b5_37a9_u64.wrapping_sub(value.to_bits() >> 1));
    let off = 1.0 - value * root * root;
    root += root * off * (0.5 + off * (0.375 + off * 0.3125));
    let off = 1.0 - value * root * root;
    root + root * off * (0.5 + off * 0.375)
}

/// Running sums from the borders of blocks, for blocks side by side.
pub(crate) struct Sums {
    window: usize,
    /// From each place to the end of the block: Σd and Σd², where d is the distance from the centre.
    totals: Vec<Row>,
    squares: Vec<Row>,
    /// How many known values a window holds.
    counts: Vec<usize>,
}

impl Sums {
    pub(crate) fn new(window: usize) -> Self {
        Self {
            window,
            totals: vec![[0.0; SIDE_BY_SIDE]; window],
            squares: vec![[0.0; SIDE_BY_SIDE]; window],
            counts: Vec::new(),
        }
    }

    /// The scores of all windows that begin in the first blocks of a stretch, as many as go side by side;
    /// whether it has no gaps, for else they are none.
    pub(crate) fn whole(&mut self, stretch: &[f64], scores: &mut [f64]) -> bool {
        let window = self.window;
        let block = |number: usize| &stretch[number * window..(number + 1) * window];
        let blocks: [&[f64]; SIDE_BY_SIDE] = std::array::from_fn(block);
        let nexts = std::array::from_fn(|number| {
            let from = (number + 1) * window;
            &stretch[from..from + window - 1]
        });
        let centers = blocks.map(center);
        let mut borders = Borders {
            totals: &mut self.totals,
            squares: &mut self.squares,
            centers,
        };
        borders.before(blocks);
        let mut sure = borders.beyond(nexts, apart(scores, window));
        for (number, block) in blocks.iter().enumerate() {
            let off = block[window - 1] - centers[number];
            let (sum, square) = (self.totals[0][number], self.squares[0][number]);
            let score = scored(off, sum, square, window as f64);
            sure &= score.is_some();
            scores[number * window] = score.unwrap_or(f64::NAN);
        }
        if sure {
            return true;
        }
        let whole = stretch.iter().all(|value| known(*value));
        if whole {
            again(stretch, window, scores);
        }
        whole
    }

    /// The scores of all windows that begin in the first block of a stretch, with or without gaps.
    pub(crate) fn one(&mut self, stretch: &[f64], least: usize, scores: &mut [f64]) {
        let center = stretch.iter().copied().find(|value| known(*value));
        let center = center.unwrap_or(0.0);
        let off = |value: f64| if known(value) { value - center } else { 0.0 };
        let (mut sum, mut square) = (0.0, 0.0);
        for (place, value) in stretch[..self.window].iter().enumerate().rev() {
            sum += off(*value);
            square += off(*value) * off(*value);
            (self.totals[place][0], self.squares[place][0]) = (sum, square);
        }
        self.count(stretch);
        let (mut sum, mut square) = (0.0, 0.0);
        for (start, window) in stretch.windows(self.window).enumerate() {
            let value = stretch[start + self.window - 1];
            if start > 0 {
                sum += off(value);
                square += off(value) * off(value);
            }
            let count = self.counts[start];
            scores[start] = f64::NAN;
            if count >= least && known(value) {
                let (sum, square) = (self.totals[start][0] + sum, self.squares[start][0] + square);
                scores[start] = scored(off(value), sum, square, count as f64)
                    .unwrap_or_else(|| alone(window, least));
            }
        }
    }

    fn count(&mut self, stretch: &[f64]) {
        self.counts.clear();
        let mut count = stretch[..self.window]
            .iter()
            .filter(|value| known(**value))
            .count();
        self.counts.push(count);
        for (gone, come) in stretch.iter().zip(&stretch[self.window..]) {
            count += usize::from(known(*come));
            count -= usize::from(known(*gone));
            self.counts.push(count);
        }
    }
}

/// The score of a value so far from the centre, in a window of these sums; NaN where the values are all
/// the same, and `None` where they must be looked at again.
pub(crate) fn scored(off: f64, sum: f64, square: f64, count: f64) -> Option<f64> {
    let share = 1.0 / count;
    let (mean, about_center) = (sum * share, square * share);
    let variance = sure(about_center - mean * mean, about_center);
    let score = (off - mean) * inverse_root(variance);
    (variance <= HUGE || square.abs() <= 0.0).then_some(score)
}

/// The variance; NaN where it may have been lost in rounding.
#[inline]
fn sure(variance: f64, about_center: f64) -> f64 {
    if variance > (LEFT * about_center).max(TINY) {
        variance
    } else {
        f64::NAN
    }
}

/// Of each block the places of the windows that reach beyond its border.
fn apart(scores: &mut [f64], window: usize) -> [&mut [f64]; SIDE_BY_SIDE] {
    let mut blocks = scores.chunks_mut(window);
    std::array::from_fn(|_| match blocks.next() {
        Some([_, beyond @ ..]) => beyond,
        _ => &mut [],
    })
}

/// Looks by itself at each window that is in doubt, unless its values are all the same.
fn again(stretch: &[f64], window: usize, scores: &mut [f64]) {
    let mut same_since = 0;
    let first = stretch.len().min(window) - 1;
    for (end, value) in stretch.iter().enumerate() {
        if end > 0 && (*value - stretch[end - 1]).abs() > 0.0 {
            same_since = end;
        }
        let Some(start) = end.checked_sub(first) else {
            continue;
        };
        let Some(score) = scores.get_mut(start).filter(|score| score.is_nan()) else {
            continue;
        };
        if same_since > start {
            *score = alone(&stretch[start..=end], 2);
        }
    }
}

/// A value amid the block's: the median of three, so that a single wild one is no centre.
fn center(block: &[f64]) -> f64 {
    let (a, b, c) = (block[0], block[block.len() / 2], block[block.len() - 1]);
    a.max(b).min(a.min(b).max(c))
}
