//! A run of samples of one series.

/// Samples in a chunk: one hour and a bit at a scrape interval of 30 s. It is the grain at which
/// retention frees memory.
const CAPACITY: usize = 128;

/// A steady run this long is closed when its rhythm breaks; a shorter one is rewritten with its
/// timestamps listed, so that jitter does not end in chunks of two samples.
const LONG_RUN: usize = 16;

/// When the samples were taken (ms).
enum Times {
    /// At `first`, `first + step`, and so on: nothing to store per sample.
    Steady { first: i64, step: i64 },
    /// At irregular times.
    Listed(Vec<i64>),
}

/// Up to [`CAPACITY`] samples in time order, never empty.
pub(super) struct Chunk {
    times: Times,
    values: Vec<f64>,
}

impl Chunk {
    pub(super) fn new(t_ms: i64, value: f64) -> Self {
        Self {
            times: Times::Steady {
                first: t_ms,
                step: 0,
            },
            values: vec![value],
        }
    }

    /// Adds a sample newer than the last one; `false` when it must go to a new chunk.
    pub(super) fn push(&mut self, t_ms: i64, value: f64) -> bool {
        let len = self.values.len();
        if len >= CAPACITY {
            return false;
        }
        match &mut self.times {
            Times::Steady { first, step } if len == 1 => *step = t_ms - *first,
            Times::Steady { first, step } if t_ms == *first + *step * len as i64 => {}
            Times::Steady { .. } if len >= LONG_RUN => {
                self.values.shrink_to_fit();
                return false;
            }
            Times::Steady { .. } => {
                let listed = (0..len).map(|i| self.time(i)).chain([t_ms]).collect();
                self.times = Times::Listed(listed);
            }
            Times::Listed(times) => times.push(t_ms),
        }
        self.values.push(value);
        true
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    pub(super) fn values(&self) -> &[f64] {
        &self.values
    }

    /// The time of the sample at `position`, which must be below [`len`](Self::len).
    pub(super) fn time(&self, position: usize) -> i64 {
        match &self.times {
            Times::Steady { first, step } => first + step * position as i64,
            Times::Listed(times) => times[position],
        }
    }

    pub(super) fn first_time(&self) -> i64 {
        self.time(0)
    }

    pub(super) fn last_time(&self) -> i64 {
        self.time(self.values.len() - 1)
    }

    /// How many samples were taken at `t_ms` or before.
    pub(super) fn count_until(&self, t_ms: i64) -> usize {
        match &self.times {
            Times::Steady { first, .. } if t_ms < *first => 0,
            Times::Steady { step: 0, .. } => self.values.len(),
            Times::Steady { first, step } => {
                let complete = t_ms.saturating_sub(*first) / step;
                self.values.len().min(complete as usize + 1)
            }
            Times::Listed(times) => times.partition_point(|t| *t <= t_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(times: &[i64]) -> Chunk {
        let mut chunk = Chunk::new(times[0], 0.0);
        for t in &times[1..] {
            assert!(chunk.push(*t, 0.0));
        }
        chunk
    }

    #[test]
    fn positions_are_found_in_steady_and_in_irregular_chunks() {
        let steady = chunk(&[100, 130, 160]);
        let irregular = chunk(&[100, 130, 161]);
        for (t, expected) in [(99, 0), (100, 1), (129, 1), (130, 2), (160, 3), (999, 3)] {
            assert_eq!(steady.count_until(t), expected, "steady {t}");
        }
        for (t, expected) in [(99, 0), (100, 1), (160, 2), (161, 3), (999, 3)] {
            assert_eq!(irregular.count_until(t), expected, "irregular {t}");
        }
        assert_eq!(chunk(&[5]).count_until(i64::MAX), 1);
    }

    #[test]
    fn a_long_steady_run_is_closed_when_its_rhythm_breaks() {
        let times: Vec<i64> = (0..20).map(|i| i * 30).collect();
        let mut chunk = chunk(&times);
        assert!(!chunk.push(601, 0.0));
        assert!(chunk.push(600, 0.0));
    }

    #[test]
    fn a_full_chunk_refuses() {
        let times: Vec<i64> = (0..CAPACITY as i64).collect();
        assert!(!chunk(&times).push(CAPACITY as i64, 0.0));
    }
}
