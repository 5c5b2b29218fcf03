//! One series: its labels and its samples.

use super::chunk::Chunk;
use super::{Labels, is_stale};

/// A series and its samples, oldest first. Made by the database only.
pub struct Series {
    labels: Labels,
    chunks: Vec<Chunk>,
    listed: bool,
}

impl Series {
    pub(super) fn new(labels: Labels) -> Self {
        Self {
            labels,
            chunks: Vec::new(),
            listed: false,
        }
    }

    /// The labels, metric name included.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// The newest sample taken at `t_ms` or before, stale markers included.
    pub fn latest(&self, t_ms: i64) -> Option<(i64, f64)> {
        let next = self.chunks.partition_point(|c| c.first_time() <= t_ms);
        let chunk = self.chunks.get(next.checked_sub(1)?)?;
        let position = chunk.count_until(t_ms).checked_sub(1)?;
        Some((chunk.time(position), chunk.values()[position]))
    }

    /// Appends the samples taken in `[from_ms, to_ms]`, stale markers included, to `times` and
    /// `values`.
    pub fn copy_range(
        &self,
        from_ms: i64,
        to_ms: i64,
        times: &mut Vec<i64>,
        values: &mut Vec<f64>,
    ) {
        let first = self.chunks.partition_point(|c| c.last_time() < from_ms);
        for chunk in &self.chunks[first..] {
            if chunk.first_time() > to_ms {
                return;
            }
            let start = chunk.count_until(from_ms.saturating_sub(1));
            let end = chunk.count_until(to_ms);
            times.extend((start..end).map(|position| chunk.time(position)));
            values.extend_from_slice(&chunk.values()[start..end]);
        }
    }

    /// Every sample, oldest first, stale markers left out.
    pub fn samples(&self) -> impl Iterator<Item = (i64, f64)> {
        let stored = self.chunks.iter().flat_map(|chunk| {
            let times = (0..chunk.len()).map(|position| chunk.time(position));
            times.zip(chunk.values().iter().copied())
        });
        stored.filter(|(_, value)| !is_stale(*value))
    }

    /// Whether any sample or stale marker lies in `[from_ms, to_ms]`.
    pub fn has_samples_in(&self, from_ms: i64, to_ms: i64) -> bool {
        self.latest(to_ms).is_some_and(|(t, _)| t >= from_ms)
    }

    /// The time of the oldest sample, `None` for a series without any.
    pub fn first_time(&self) -> Option<i64> {
        self.chunks.first().map(Chunk::first_time)
    }

    /// Adds a sample; `false` when it is not newer than the last one.
    pub(super) fn push(&mut self, t_ms: i64, value: f64) -> bool {
        if let Some(open) = self.chunks.last_mut() {
            if t_ms <= open.last_time() {
                return false;
            }
            if open.push(t_ms, value) {
                return true;
            }
        }
        self.chunks.push(Chunk::new(t_ms, value));
        true
    }

    /// Drops the chunks that end before `cutoff_ms`; `true` when nothing is left.
    pub(super) fn expire(&mut self, cutoff_ms: i64) -> bool {
        let expired = self.chunks.partition_point(|c| c.last_time() < cutoff_ms);
        self.chunks.drain(..expired);
        self.chunks.is_empty()
    }

    pub(super) fn is_listed(&self) -> bool {
        self.listed
    }

    pub(super) fn set_listed(&mut self, listed: bool) {
        self.listed = listed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_read_back_is_what_was_written(
            gaps in proptest::collection::vec(prop_oneof![8 => Just(30i64), 1 => 1i64..100], 1..600),
            from in -50i64..20_000,
            length in 0i64..20_000,
        ) {
            let mut series = Series::new(Labels::default());
            let mut t = 0;
            let mut written = Vec::new();
            for gap in gaps {
                t += gap;
                prop_assert!(series.push(t, t as f64));
                written.push(t);
            }
            let to = from + length;
            let (mut times, mut values) = (Vec::new(), Vec::new());
            series.copy_range(from, to, &mut times, &mut values);
            let expected: Vec<i64> = written.iter().copied().filter(|t| (from..=to).contains(t)).collect();
            prop_assert_eq!(&times, &expected);
            prop_assert_eq!(values, expected.iter().map(|t| *t as f64).collect::<Vec<_>>());
            let latest = written.iter().copied().rfind(|t| *t <= to);
            prop_assert_eq!(series.latest(to).map(|(t, _)| t), latest);
            prop_assert_eq!(series.has_samples_in(from, to), !expected.is_empty());
        }
    }
}
