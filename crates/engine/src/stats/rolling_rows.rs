//! The inner loops of rolling scores: blocks side by side in the lanes of one vector.
//!
//! They are written with vectors of four, which a narrow processor works off in halves: operation for operation the
//! same, so the same bits. Nothing is multiplied and added in one rounding.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for wider instructions"
)]

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, f64x4, u64x4};

use super::rolling_blocks::{HUGE, LEFT, SIDE_BY_SIDE, TINY};

/// One number of each block.
pub(super) type Row = [f64; SIDE_BY_SIDE];

/// Running sums from the border of blocks: of distances from the centre, and of their squares.
pub(super) struct Borders<'a> {
    pub(super) totals: &'a mut [Row],
    pub(super) squares: &'a mut [Row],
    pub(super) centers: Row,
}

impl Borders<'_> {
    /// Adds up each block from its border back.
    pub(super) fn before(&mut self, blocks: [&[f64]; SIDE_BY_SIDE]) {
        dispatch!(Level::new(), simd => self.before_with(simd, blocks));
    }

    #[inline(always)]
    fn before_with<S: Simd>(&mut self, simd: S, blocks: [&[f64]; SIDE_BY_SIDE]) {
        let mut sums = Sums::new(simd, self.centers);
        let blocks = blocks.map(|block| block.as_rchunks::<SIDE_BY_SIDE>());
        let (totals_rest, totals) = self.totals.as_rchunks_mut::<SIDE_BY_SIDE>();
        let (squares_rest, squares) = self.squares.as_rchunks_mut::<SIDE_BY_SIDE>();
        for at in (0..totals.len()).rev() {
            let columns = blocks.map(|(_, fours)| f64x4::load_array_ref(simd, &fours[at]));
            let rows = transposed(columns);
            for row in (0..SIDE_BY_SIDE).rev() {
                sums.add(rows[row]);
                totals[at][row] = sums.sum.into();
                squares[at][row] = sums.square.into();
            }
        }
        for at in (0..totals_rest.len()).rev() {
            sums.add(f64x4::load_array(simd, blocks.map(|(rest, _)| rest[at])));
            totals_rest[at] = sums.sum.into();
            squares_rest[at] = sums.square.into();
        }
    }

    /// Adds up what follows each border, and writes the scores of the windows that reach beyond it, of each block
    /// in its own place; whether none of them is in doubt. Those that are, are NaN.
    pub(super) fn beyond(
        &self,
        nexts: [&[f64]; SIDE_BY_SIDE],
        scores: [&mut [f64]; SIDE_BY_SIDE],
    ) -> bool {
        dispatch!(Level::new(), simd => self.beyond_with(simd, nexts, scores))
    }

    #[inline(always)]
    fn beyond_with<S: Simd>(
        &self,
        simd: S,
        nexts: [&[f64]; SIDE_BY_SIDE],
        scores: [&mut [f64]; SIDE_BY_SIDE],
    ) -> bool {
        let beyond = self.totals.len() - 1;
        let share = 1.0 / self.totals.len() as f64;
        let mut sums = Sums::new(simd, self.centers);
        let nexts = nexts.map(|next| next[..beyond].as_chunks::<SIDE_BY_SIDE>());
        let mut scores = scores.map(|to| to[..beyond].as_chunks_mut::<SIDE_BY_SIDE>());
        let (totals, totals_rest) = self.totals[1..].as_chunks::<SIDE_BY_SIDE>();
        let (squares, squares_rest) = self.squares[1..=beyond].as_chunks::<SIDE_BY_SIDE>();
        for at in 0..totals.len() {
            let columns = nexts.map(|(fours, _)| f64x4::load_array_ref(simd, &fours[at]));
            let mut rows = transposed(columns);
            for row in 0..SIDE_BY_SIDE {
                sums.add(rows[row]);
                rows[row] = sums.score(&totals[at][row], &squares[at][row], share);
            }
            for ((fours, _), found) in scores.iter_mut().zip(transposed(rows)) {
                found.store_array(&mut fours[at]);
            }
        }
        for at in 0..totals_rest.len() {
            sums.add(f64x4::load_array(simd, nexts.map(|(_, rest)| rest[at])));
            let found = sums.score(&totals_rest[at], &squares_rest[at], share);
            for ((_, rest), found) in scores.iter_mut().zip(found.to_array()) {
                rest[at] = found;
            }
        }
        sums.all_sure()
    }
}

/// Running sums of four blocks.
struct Sums<S: Simd> {
    centers: f64x4<S>,
    off: f64x4<S>,
    sum: f64x4<S>,
    square: f64x4<S>,
    /// 0, and NaN for ever once a variance was.
    doubt: f64x4<S>,
}

impl<S: Simd> Sums<S> {
    #[inline(always)]
    fn new(simd: S, centers: Row) -> Self {
        let nothing = f64x4::splat(simd, 0.0);
        Self {
            centers: f64x4::load_array(simd, centers),
            off: nothing,
            sum: nothing,
            square: nothing,
            doubt: nothing,
        }
    }

    #[inline(always)]
    fn add(&mut self, values: f64x4<S>) {
        self.off = values - self.centers;
        self.sum += self.off;
        self.square += self.off * self.off;
    }

    /// The scores of what was added last, in windows that begin where a border's sums do.
    #[inline(always)]
    fn score(&mut self, total: &Row, square: &Row, share: f64) -> f64x4<S> {
        let simd = self.sum.simd;
        let share = f64x4::splat(simd, share);
        let mean = (f64x4::load_array_ref(simd, total) + self.sum) * share;
        let about_center = (f64x4::load_array_ref(simd, square) + self.square) * share;
        let variance = sure(about_center - mean * mean, about_center);
        self.doubt += variance * f64x4::splat(simd, 0.0);
        (self.off - mean) * inverse_root(variance)
    }

    #[inline(always)]
    fn all_sure(&self) -> bool {
        let nothing = f64x4::splat(self.doubt.simd, 0.0);
        self.doubt.simd_eq(nothing).all_true()
    }
}

/// Rows to columns.
#[inline(always)]
fn transposed<S: Simd>(rows: [f64x4<S>; 4]) -> [f64x4<S>; 4] {
    let [a, b, c, d] = rows;
    let (low, high) = (a.interleave(c), b.interleave(d));
    let (first, second) = low.0.interleave(high.0);
    let (third, fourth) = low.1.interleave(high.1);
    [first, second, third, fourth]
}

/// The variance; NaN where it may have been lost in rounding, or comes of values that may be gaps.
#[inline(always)]
fn sure<S: Simd>(variance: f64x4<S>, about_center: f64x4<S>) -> f64x4<S> {
    let simd = variance.simd;
    let left = variance.simd_gt(about_center * f64x4::splat(simd, LEFT));
    let ordinary = variance.simd_gt(f64x4::splat(simd, TINY));
    let small = variance.simd_le(f64x4::splat(simd, HUGE));
    (left & ordinary & small).select(variance, f64x4::splat(simd, f64::NAN))
}

/// As `rolling_blocks::inverse_root`, of four at a time.
#[inline(always)]
fn inverse_root<S: Simd>(value: f64x4<S>) -> f64x4<S> {
    let simd = value.simd;
    let of = |number: f64| f64x4::splat(simd, number);
    let bits: u64x4<S> = value.bitcast();
    let guess = u64x4::splat(simd, 0x5fe6_eb50_c7b5_37a9) - (bits >> 1);
    let root: f64x4<S> = guess.bitcast();
    let off = of(1.0) - value * root * root;
    let root = root + root * off * (of(0.5) + off * (of(0.375) + off * of(0.3125)));
    let off = of(1.0) - value * root * root;
    root + root * off * (of(0.5) + off * of(0.375))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: usize = 37;

    /// Sums of blocks and scores of the windows beyond their borders, as bits.
    fn bits(level: Level, values: &[f64]) -> (Vec<u64>, bool) {
        let block = |number: usize| &values[number * WINDOW..(number + 1) * WINDOW];
        let (mut totals, mut squares) = ([[0.0; 4]; WINDOW], [[0.0; 4]; WINDOW]);
        let mut borders = Borders {
            totals: &mut totals,
            squares: &mut squares,
            centers: std::array::from_fn(|number| block(number)[WINDOW / 2]),
        };
        let (blocks, nexts) = ([0, 1, 2, 3].map(block), [1, 2, 3, 4].map(block));
        dispatch!(level, simd => borders.before_with(simd, blocks));
        let mut scores = [[0.0; WINDOW]; 4];
        let [a, b, c, d] = &mut scores;
        let places: [&mut [f64]; 4] = [a, b, c, d];
        let sure = dispatch!(level, simd => borders.beyond_with(simd, nexts, places));
        let sums = totals.as_flattened().iter().chain(squares.as_flattened());
        let all = sums.chain(scores.as_flattened());
        (all.map(|value| value.to_bits()).collect(), sure)
    }

    /// Numbers whose every digit matters to the order of additions.
    fn numbers() -> Vec<f64> {
        let number = |i: usize| (i * i % 101) as f64 / 7.0 + (i % 13) as f64 / 3.0;
        (0..5 * WINDOW).map(number).collect()
    }

    #[test]
    fn narrow_and_wide_instructions_give_the_same_bits() {
        let values = numbers();
        let expected = bits(Level::baseline(), &values);
        assert!(expected.1);
        assert_eq!(bits(Level::new(), &values), expected);
        #[cfg(target_arch = "x86_64")]
        {
            let wider = [
                Level::new().as_sse4_2().map(Level::Sse4_2),
                Level::new().as_avx2().map(Level::Avx2),
            ];
            for level in wider.into_iter().flatten() {
                assert_eq!(bits(level, &values), expected, "{level:?}");
            }
        }
    }

    #[test]
    fn a_window_in_doubt_is_told() {
        let mut values = numbers();
        values[3 * WINDOW + 5] = f64::NAN;
        assert!(!bits(Level::new(), &values).1);
    }
}
