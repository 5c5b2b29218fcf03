//! A series made ready to be judged: finite samples in order, up to the end of the judged range.

use fleetscope_model::{Series, TimeRange};

/// Values beyond this are no measurement: differences and squares of them would overflow.
const LARGEST: f64 = 1e100;
/// Blocks are what slow movement is measured in: long enough that fast noise averages out, short
/// enough that the daily load hardly moves within one (at most 4 % of its amplitude).
const BLOCK_MS: i64 = 10 * 60_000;
/// A block of fewer samples says little about its own median.
const BLOCK_SAMPLES: i64 = 10;
/// With less history than this nothing is known of what is usual.
pub(crate) const LEAST_HISTORY: usize = 15;

/// The finite samples of a series in order of time.
#[derive(Debug)]
pub(crate) struct Track {
    /// Milliseconds since the Unix epoch.
    pub(crate) at: Vec<i64>,
    /// Values; as many as times.
    pub(crate) value: Vec<f64>,
    /// Usual time between samples, in milliseconds; positive.
    pub(crate) step: i64,
    /// Index of the first sample that is judged; the ones before are history.
    pub(crate) judged_from: usize,
    /// Whether there is so little history that the series had to teach itself.
    pub(crate) newborn: bool,
}

impl Track {
    /// The samples up to the end of `judged`; `None` where nothing can be judged: no sample in the
    /// range, or too few before and in it to learn from.
    pub(crate) fn of(series: &Series, judged: TimeRange) -> Option<Self> {
        let (from, to) = (judged.start.as_millisecond(), judged.end.as_millisecond());
        let mut at: Vec<i64> = Vec::with_capacity(series.samples.len());
        let mut value = Vec::with_capacity(series.samples.len());
        for sample in &series.samples {
            let in_order = at.last().is_none_or(|last| *last < sample.at_ms);
            if in_order && sample.at_ms <= to && sample.value.abs() <= LARGEST {
                at.push(sample.at_ms);
                value.push(sample.value);
            }
        }
        let step = usual_step(&at)?;
        let history = at.partition_point(|t| *t < from);
        let newborn = history < LEAST_HISTORY;
        let judged_from = if newborn { LEAST_HISTORY } else { history };
        (judged_from < at.len()).then_some(Self {
            at,
            value,
            step,
            judged_from,
            newborn,
        })
    }

    /// Number of samples.
    pub(crate) fn len(&self) -> usize {
        self.at.len()
    }

    /// Length of a block in milliseconds: ten minutes or ten samples, less where the history
    /// would not fill eight such blocks.
    pub(crate) fn block_ms(&self) -> i64 {
        let wanted = BLOCK_MS.max(self.step * BLOCK_SAMPLES);
        let history = self.at[self.judged_from] - self.at[0];
        wanted.min((history / 8).max(self.step * 5))
    }

    /// Whether samples `i` and `j` have no hole of more than five steps a sample between them.
    pub(crate) fn close(&self, i: usize, j: usize) -> bool {
        (i..j).all(|k| self.at[k + 1] - self.at[k] <= 5 * self.step)
    }
}

/// The median distance of neighbours; `None` for fewer than two samples.
fn usual_step(at: &[i64]) -> Option<i64> {
    let mut distances: Vec<i64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if distances.is_empty() {
        return None;
    }
    let middle = distances.len() / 2;
    let (_, step, _) = distances.select_nth_unstable(middle);
    Some(*step)
}
