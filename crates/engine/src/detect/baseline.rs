//! What was expected of each sample, from the samples before it.
//!
//! The series is walked block by block. Each block is forecast by a robust line through the medians
//! of the two hours before it, so slow daily load is followed, while what stands out is left out of
//! later forecasts and a lasting fault does not become the norm by lasting. The errors of these
//! forecasts over the history are honest: they hold noise *and* how badly a line foretells this
//! series.

use super::robust::{self, Line, MAD_TO_DEVIATION};
use super::threshold::Floor;
use super::track::Track;

/// Blocks that a forecast rests on: two hours, over which daily load is nearly straight.
const BLOCKS: usize = 12;
/// How far back blocks are sought where nearer ones stood out: six hours.
const REACH: usize = 36;
/// After so many blocks at a new level (90 minutes) it is the norm.
const ACCEPTED_AFTER: usize = 9;
/// What differs by more than this many deviations is kept out of later forecasts. Three is usual
/// for cleaning; four because cleaned-away noise makes the rest look calmer than it is.
const STANDS_OUT: f64 = 4.0;
/// A block whose median differs by more than this many deviations *of a sample* is kept out as a
/// whole; otherwise the tamer half of a shifted block would drag the forecast along. Noise with a
/// memory of ten samples gets there once in a hundred blocks, white noise never.
const BLOCK_STANDS_OUT: f64 = 2.5;
/// A line is drawn on for at most about this many blocks; then the forecast levels off (damped
/// trend, Gardner 1985): what climbs for an hour mostly stops.
const DAMPING: f64 = 3.0;

/// Expected values and what is left of the real ones.
#[derive(Debug)]
pub(crate) struct Baseline {
    /// The expected value of each sample; NaN where nothing was known yet.
    pub(crate) center: Vec<f64>,
    /// Real minus expected; NaN where nothing was known yet.
    pub(crate) residual: Vec<f64>,
    /// Whether the sample was kept out of later forecasts.
    pub(crate) stood_out: Vec<bool>,
    /// The blocks, oldest first; those without samples are left out.
    pub(crate) blocks: Vec<Block>,
}

/// Ten minutes or so of samples.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    /// First sample.
    pub(crate) from: usize,
    /// One past the last sample.
    pub(crate) to: usize,
    /// Middle, in blocks since the first sample.
    pub(crate) place: f64,
    /// Median of all its samples.
    pub(crate) median: f64,
    /// Median of the samples that did not stand out; `None` where most did.
    usual: Option<f64>,
}

impl Baseline {
    /// Walks the series once.
    pub(crate) fn of(track: &Track, floor: &Floor) -> Self {
        let mut walk = Walk::new(track, floor);
        for index in 0..walk.base.blocks.len() {
            walk.step(index);
        }
        walk.base
    }
}

struct Walk<'a> {
    track: &'a Track,
    floor: &'a Floor,
    base: Baseline,
    /// Sizes of the forecast errors so far, sorted.
    errors: Vec<f64>,
    scratch: Vec<f64>,
    points: Vec<(f64, f64)>,
}

impl<'a> Walk<'a> {
    fn new(track: &'a Track, floor: &'a Floor) -> Self {
        let count = track.len();
        let base = Baseline {
            center: vec![f64::NAN; count],
            residual: vec![f64::NAN; count],
            stood_out: vec![false; count],
            blocks: blocks(track),
        };
        let (errors, scratch, points) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            track,
            floor,
            base,
            errors,
            scratch,
            points,
        }
    }

    fn step(&mut self, index: usize) {
        match self.forecast(index) {
            Some((line, from)) => {
                self.judge(index, line, from);
                self.learn(index);
            }
            None => self.base.blocks[index].usual = Some(self.base.blocks[index].median),
        }
        if self.errors.is_empty() && index == 2 {
            self.first_errors();
        }
    }

    /// The line through the usual blocks before this one, and the place it is drawn on from.
    fn forecast(&mut self, index: usize) -> Option<(Line, f64)> {
        self.points.clear();
        let before = &self.base.blocks[index.saturating_sub(REACH)..index];
        for block in before.iter().rev() {
            if let Some(usual) = block.usual {
                self.points.push((block.place, usual));
            }
            if self.points.len() == BLOCKS {
                break;
            }
        }
        if self.points.len() < 3 {
            return None;
        }
        let last = self.points[0].0;
        self.points.reverse();
        robust::theil_sen(&self.points, &mut self.scratch).map(|line| (line, last))
    }

    fn judge(&mut self, index: usize, line: Line, last: f64) {
        let block = &self.base.blocks[index];
        let deviation = self.deviation();
        let per_block = self.track.block_ms() as f64;
        for i in block.from..block.to {
            let place = (self.track.at[i] - self.track.at[0]) as f64 / per_block;
            let beyond = (place - last).max(0.0);
            let drawn_on = DAMPING * (1.0 - (-beyond / DAMPING).exp());
            let center = line.level + line.slope * (last + drawn_on);
            let residual = self.track.value[i] - center;
            let allowed = STANDS_OUT * deviation.max(self.floor.deviation(center));
            self.base.center[i] = center;
            self.base.residual[i] = residual;
            self.base.stood_out[i] = residual.abs() > allowed;
        }
    }

    /// Takes the block's ordinary samples for later forecasts, or a new norm that has lasted.
    fn learn(&mut self, index: usize) {
        let (from, to) = (self.base.blocks[index].from, self.base.blocks[index].to);
        self.scratch.clear();
        self.scratch
            .extend_from_slice(&self.base.residual[from..to]);
        let shift = robust::median(&mut self.scratch).unwrap_or(0.0).abs();
        let deviation = self
            .deviation()
            .max(self.floor.deviation(self.base.center[from]));
        let in_place = shift <= BLOCK_STANDS_OUT * deviation;
        self.scratch.clear();
        for i in from..to {
            if in_place && !self.base.stood_out[i] {
                self.scratch.push(self.track.value[i]);
                let size = self.base.residual[i].abs();
                let place = self.errors.partition_point(|e| *e < size);
                self.errors.insert(place, size);
            }
        }
        let enough = in_place && self.scratch.len() * 2 >= to - from;
        let usual = robust::median(&mut self.scratch).filter(|_| enough);
        self.base.blocks[index].usual = usual;
        let recent = &mut self.base.blocks[(index + 1).saturating_sub(ACCEPTED_AFTER)..=index];
        if recent.len() == ACCEPTED_AFTER && recent.iter().all(|block| block.usual.is_none()) {
            for block in recent {
                block.usual = Some(block.median);
            }
        }
    }

    fn deviation(&self) -> f64 {
        let middle = self
            .errors
            .get(self.errors.len() / 2)
            .copied()
            .unwrap_or(0.0);
        MAD_TO_DEVIATION * middle
    }

    /// How far the first three blocks lie from a line through themselves: all that is known of the
    /// noise before the first forecast.
    fn first_errors(&mut self) {
        let Some((line, _)) = self.forecast(3) else {
            return;
        };
        let per_block = self.track.block_ms() as f64;
        for i in 0..self.base.blocks[2].to {
            let place = (self.track.at[i] - self.track.at[0]) as f64 / per_block;
            self.base.center[i] = line.level + line.slope * place;
            self.base.residual[i] = self.track.value[i] - self.base.center[i];
            self.errors.push(self.base.residual[i].abs());
        }
        self.errors.sort_by(f64::total_cmp);
    }
}

fn blocks(track: &Track) -> Vec<Block> {
    let length = track.block_ms();
    let mut blocks = Vec::new();
    let mut scratch = Vec::new();
    let mut from = 0;
    while from < track.len() {
        let number = (track.at[from] - track.at[0]) / length;
        let end = track.at[0] + (number + 1) * length;
        let to = from + track.at[from..].partition_point(|t| *t < end);
        scratch.clear();
        scratch.extend_from_slice(&track.value[from..to]);
        let median = robust::median(&mut scratch).unwrap_or(f64::NAN);
        blocks.push(Block {
            from,
            to,
            place: number as f64 + 0.5,
            median,
            usual: None,
        });
        from = to;
    }
    blocks
}
