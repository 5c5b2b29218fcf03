//! How far each value lies from the values just before it.
//!
//! A sum over a window that moves is mostly kept by adding what comes and subtracting what goes; its
//! errors add up for ever. Here the series is cut in blocks of the window's length: each window is the
//! end of one block and the beginning of the next, whose sums are running sums from their common
//! border (van Herk 1992, Gil and Werman 1993, there for maxima). Nothing is ever subtracted, so that
//! what happened before a window changes nothing in it. Several blocks are summed side by side, for one
//! running sum only waits for itself.

use super::known;
use super::moments::moments;

/// Where less than this share of the squares about the centre is left about the mean, the centre was a
/// bad one, and the window is looked at by itself.
const LEFT: f64 = 1e-3;
/// Mean squares below this are too near to the smallest numbers to calculate with.
const TINY: f64 = 1e-280;
/// Blocks side by side.
const SIDE_BY_SIDE: usize = 4;

/// For each value how many deviations it lies above the mean of the `window` values up to and with it;
/// NaN where it is a gap, where fewer than `least` (at least two) of them are known, or where they do
/// not spread. Writes as many as both have room for.
///
/// O(n), but for windows in which the values have moved by more than thirty times their spread: each of
/// those is summed by itself.
pub fn rolling_z(values: &[f64], window: usize, least: usize, scores: &mut [f64]) {
    let length = values.len().min(scores.len());
    let (values, scores) = (&values[..length], &mut scores[..length]);
    let least = least.max(2);
    if window < least {
        scores.fill(f64::NAN);
        return;
    }
    for (end, score) in scores.iter_mut().enumerate().take(window - 1) {
        *score = if end + 1 < least {
            f64::NAN
        } else {
            alone(&values[..=end], least)
        };
    }
    let mut sums = Sums::new(window.min(length));
    let mut start = 0;
    while start + window <= length {
        let stretch = &values[start..length.min(start + (SIDE_BY_SIDE + 1) * window - 1)];
        let scores = &mut scores[start + window - 1..];
        let whole = |stretch: &[f64]| stretch.iter().fold(true, |all, value| all & known(*value));
        if stretch.len() == (SIDE_BY_SIDE + 1) * window - 1 && whole(stretch) {
            sums.whole::<SIDE_BY_SIDE>(stretch, scores);
            start += SIDE_BY_SIDE * window;
            continue;
        }
        let stretch = &stretch[..stretch.len().min(2 * window - 1)];
        if whole(stretch) {
            sums.whole::<1>(stretch, scores);
        } else {
            sums.gappy(stretch, least, scores);
        }
        start += window;
    }
}

/// The score of the last value of a window, from this window only.
fn alone(window: &[f64], least: usize) -> f64 {
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
struct Sums {
    window: usize,
    /// From each place to the end of the block: Σd and Σd², where d is the distance from the centre.
    sums: Vec<[f64; SIDE_BY_SIDE]>,
    squares: Vec<[f64; SIDE_BY_SIDE]>,
    /// How many known values a window holds.
    counts: Vec<usize>,
}

impl Sums {
    fn new(window: usize) -> Self {
        Self {
            window,
            sums: vec![[0.0; SIDE_BY_SIDE]; window],
            squares: vec![[0.0; SIDE_BY_SIDE]; window],
            counts: Vec::new(),
        }
    }

    /// The scores of all windows that begin in the first `BLOCKS` blocks of a stretch without gaps.
    fn whole<const BLOCKS: usize>(&mut self, stretch: &[f64], scores: &mut [f64]) {
        let window = self.window;
        let blocks: [&[f64]; BLOCKS] =
            std::array::from_fn(|block| &stretch[block * window..(block + 1) * window]);
        let ends: [&[f64]; BLOCKS] = std::array::from_fn(|block| {
            let from = (block + 1) * window - 1;
            &stretch[from..stretch.len().min(from + window)]
        });
        let centers = blocks.map(center);
        self.to_border(blocks, centers);
        let count = self.from_border(ends, centers);
        let doubtful = self.scores(count);
        for (block, scores) in scores.chunks_mut(window).take(BLOCKS).enumerate() {
            for (score, row) in scores.iter_mut().zip(&self.sums[..count]) {
                *score = row[block];
            }
        }
        if doubtful > 0 {
            for (window, score) in stretch.windows(window).zip(scores) {
                if score.is_nan() {
                    *score = alone(window, 2);
                }
            }
        }
    }

    #[inline]
    fn to_border<const BLOCKS: usize>(&mut self, blocks: [&[f64]; BLOCKS], centers: [f64; BLOCKS]) {
        let (mut sum, mut square) = ([0.0; BLOCKS], [0.0; BLOCKS]);
        let window = self.sums.len();
        let blocks = blocks.map(|block| &block[..window]);
        let squares = &mut self.squares[..window];
        for place in (0..window).rev() {
            for block in 0..BLOCKS {
                let off = blocks[block][place] - centers[block];
                sum[block] += off;
                square[block] += off * off;
            }
            self.sums[place][..BLOCKS].copy_from_slice(&sum);
            squares[place][..BLOCKS].copy_from_slice(&square);
        }
    }

    /// Puts in the place of the sums how far the last value of each window lies from its mean, and in
    /// that of the squares the variances of the windows, NaN where in doubt.
    #[inline]
    fn from_border<const BLOCKS: usize>(
        &mut self,
        ends: [&[f64]; BLOCKS],
        centers: [f64; BLOCKS],
    ) -> usize {
        let share = 1.0 / self.window as f64;
        let count = ends[0].len().min(self.sums.len());
        let ends = ends.map(|ends| &ends[..count]);
        let (sums, squares) = (&mut self.sums[..count], &mut self.squares[..count]);
        let (mut sum, mut square) = ([0.0; BLOCKS], [0.0; BLOCKS]);
        for place in 0..count {
            // The end of the first window belongs to the first block.
            let counts = if place == 0 { 0.0 } else { 1.0 };
            let mut rows = [[0.0; BLOCKS]; 2];
            for block in 0..BLOCKS {
                let off = ends[block][place] - centers[block];
                sum[block] += off * counts;
                square[block] += off * off * counts;
                let mean = (sums[place][block] + sum[block]) * share;
                rows[0][block] = off - mean;
                let about_center = (squares[place][block] + square[block]) * share;
                let variance = about_center - mean * mean;
                rows[1][block] = if is_sure(variance, about_center) {
                    variance
                } else {
                    f64::NAN
                };
            }
            sums[place][..BLOCKS].copy_from_slice(&rows[0]);
            squares[place][..BLOCKS].copy_from_slice(&rows[1]);
        }
        count
    }

    /// Makes scores of them; says how many are in doubt.
    #[inline]
    fn scores(&mut self, count: usize) -> u64 {
        let offs = self.sums[..count].as_flattened_mut();
        let variances = self.squares[..count].as_flattened();
        let mut doubtful = 0;
        for (off, variance) in offs.iter_mut().zip(variances) {
            doubtful += u64::from(variance.is_nan());
            *off *= inverse_root(*variance);
        }
        doubtful
    }

    /// The scores of all windows that begin in the first block of a stretch with gaps.
    fn gappy(&mut self, stretch: &[f64], least: usize, scores: &mut [f64]) {
        let center = stretch.iter().copied().find(|value| known(*value));
        let center = center.unwrap_or(0.0);
        let filled: Vec<f64> = stretch
            .iter()
            .map(|value| if known(*value) { *value } else { center })
            .collect();
        self.to_border([&filled[..self.window]], [center]);
        self.count(stretch);
        let (mut sum, mut square) = (0.0, 0.0);
        for (start, window) in stretch.windows(self.window).enumerate() {
            let end = start + self.window - 1;
            if start > 0 {
                let off = filled[end] - center;
                sum += off;
                square += off * off;
            }
            let share = 1.0 / self.counts[start] as f64;
            let mean = (self.sums[start][0] + sum) * share;
            let about_center = (self.squares[start][0] + square) * share;
            let variance = about_center - mean * mean;
            scores[start] = if self.counts[start] < least || !known(stretch[end]) {
                f64::NAN
            } else if is_sure(variance, about_center) {
                (filled[end] - center - mean) * inverse_root(variance)
            } else {
                alone(window, least)
            };
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

/// Whether the variance was not lost in rounding.
#[inline]
fn is_sure(variance: f64, about_center: f64) -> bool {
    (variance >= LEFT * about_center) & (about_center >= TINY)
}

/// A value amid the block's: the median of three, so that a single wild one is no centre.
fn center(block: &[f64]) -> f64 {
    let (a, b, c) = (block[0], block[block.len() / 2], block[block.len() - 1]);
    a.max(b).min(a.min(b).max(c))
}
