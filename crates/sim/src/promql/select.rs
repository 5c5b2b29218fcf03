//! Reading samples: instant vectors, range vectors, subqueries.

use super::Error;
use super::LOOKBACK_MS;
use super::eval::Context;
use super::plan::{At, RangeSource, Selector, Shift, Window};
use super::value::{Column, SampleStream, Series, Vector, distinct};
use super::window::Samples;
use crate::tsdb::{self, Labels, is_stale};

/// What is done with the samples of each series of a range vector.
type Visit<'v> = &'v mut dyn FnMut(&Labels, &[i64], &[f64]) -> Result<(), Error>;

impl Context<'_> {
    /// The newest sample of each series at each step, unless it is stale or older than the
    /// lookback; `value` makes the value of the element from the sample's time and value.
    pub(super) fn instant_vector(
        &self,
        selector: &Selector,
        value: fn(i64, f64) -> f64,
    ) -> Result<Vector, Error> {
        let mut vector = Vector::new();
        let (mut times, mut values) = (Vec::new(), Vec::new());
        for series in self.db.select(&selector.matchers) {
            let points = if self.count == 1 {
                let reference = self.reference(selector.shift, self.start_ms);
                let sample = series.latest(reference).filter(|s| is_live(*s, reference));
                vec![sample.map(|(t, v)| value(t, v))]
            } else {
                times.clear();
                values.clear();
                let (first, last) = self.references(selector.shift);
                let from = first.saturating_sub(LOOKBACK_MS);
                series.copy_range(from, last, &mut times, &mut values);
                self.latest(selector.shift, (&times, &values), value)
            };
            let labels = series.labels().clone();
            let series = Series { labels, points };
            if !series.is_empty() {
                self.charge(self.count)?;
                vector.push(series);
            }
        }
        Ok(vector)
    }

    /// Walks the samples and the steps together.
    fn latest(
        &self,
        shift: Shift,
        samples: (&[i64], &[f64]),
        value: fn(i64, f64) -> f64,
    ) -> Column {
        let (times, values) = samples;
        let mut next = 0;
        let at = |t: i64| {
            let reference = self.reference(shift, t);
            while next < times.len() && times[next] <= reference {
                next += 1;
            }
            let position = next.checked_sub(1)?;
            let sample = (times[position], values[position]);
            is_live(sample, reference).then(|| value(sample.0, sample.1))
        };
        self.times().map(at).collect()
    }

    /// Applies a function to the window of each series at each step.
    pub(super) fn window(&self, window: &Window) -> Result<Vector, Error> {
        let scalars = match &window.scalar {
            Some(scalar) => self.scalar(scalar)?,
            None => Vec::new(),
        };
        let mut vector = Vector::new();
        self.each_series(&window.source, &mut |labels, times, values| {
            let scalar_at = |step: usize| scalars.get(step).copied().unwrap_or(f64::NAN);
            let points = self.windows(&window.source, times, |step, samples: Span| {
                (window.function)(&Samples {
                    times: &times[samples.from..samples.to],
                    values: &values[samples.from..samples.to],
                    start_ms: samples.start_ms,
                    end_ms: samples.end_ms,
                    at_ms: self.start_ms + step as i64 * self.step_ms,
                    scalar: scalar_at(step),
                })
            });
            let labels = if window.keeps_name {
                labels.clone()
            } else {
                labels.without_name()
            };
            self.charge(self.count)?;
            vector.push(Series { labels, points });
            Ok(())
        })?;
        distinct(vector)
    }

    /// 1 at each step at which no series has a sample in its window.
    pub(super) fn absent_over_time(
        &self,
        source: &RangeSource,
        labels: &Labels,
    ) -> Result<Vector, Error> {
        let mut found = vec![false; self.count];
        self.each_series(source, &mut |_, times, _| {
            self.windows(source, times, |step, _| {
                found[step] = true;
                None
            });
            Ok(())
        })?;
        let points: Column = found.iter().map(|found| (!found).then_some(1.0)).collect();
        let labels = labels.clone();
        distinct(vec![Series { labels, points }])
    }

    /// The samples of a range vector that is the whole query.
    pub(super) fn range_vector(&self, source: &RangeSource) -> Result<Vec<SampleStream>, Error> {
        let mut streams = Vec::new();
        self.each_series(source, &mut |labels, times, values| {
            self.charge(times.len())?;
            let points = times.iter().copied().zip(values.iter().copied()).collect();
            let labels = labels.clone();
            streams.push(SampleStream { labels, points });
            Ok(())
        })?;
        Ok(streams)
    }

    /// Calls `visit` with the samples each series has in any of the windows, without stale markers;
    /// series without samples are left out.
    fn each_series(&self, source: &RangeSource, visit: Visit) -> Result<(), Error> {
        match source {
            RangeSource::Selector { selector, range_ms } => {
                let (first, last) = self.references(selector.shift);
                let (mut times, mut values) = (Vec::new(), Vec::new());
                for series in self.db.select(&selector.matchers) {
                    read_live(
                        series,
                        (first.saturating_sub(*range_ms), last),
                        &mut times,
                        &mut values,
                    );
                    if !times.is_empty() {
                        visit(series.labels(), &times, &values)?;
                    }
                }
                Ok(())
            }
            RangeSource::Subquery { .. } => self.each_subquery_series(source, visit),
        }
    }

    fn each_subquery_series(&self, source: &RangeSource, visit: Visit) -> Result<(), Error> {
        let RangeSource::Subquery {
            inner,
            range_ms,
            step_ms,
            shift,
        } = source
        else {
            return Ok(());
        };
        let (first, last) = self.references(*shift);
        let start = first_aligned(first.saturating_sub(*range_ms), *step_ms);
        let nested = self.nested(start, last, *step_ms)?;
        let inner_times: Vec<i64> = nested.times().collect();
        for series in nested.vector(inner)? {
            let present = inner_times.iter().zip(&series.points);
            let present = present.filter_map(|(t, point)| point.map(|value| (*t, value)));
            let (times, values): (Vec<i64>, Vec<f64>) = present.unzip();
            if !times.is_empty() {
                visit(&series.labels, &times, &values)?;
            }
        }
        Ok(())
    }

    /// Moves the window of `source` over sample times step by step; both its bounds belong to it.
    /// A step whose window is empty has no value.
    fn windows(
        &self,
        source: &RangeSource,
        times: &[i64],
        mut function: impl FnMut(usize, Span) -> Option<f64>,
    ) -> Column {
        let (shift, range_ms) = (source.shift(), source.range_ms());
        let (mut from, mut to) = (0, 0);
        let at = |(step, t): (usize, i64)| {
            let end_ms = self.reference(shift, t);
            let start_ms = end_ms.saturating_sub(range_ms);
            while to < times.len() && times[to] <= end_ms {
                to += 1;
            }
            while from < to && times[from] < start_ms {
                from += 1;
            }
            let span = Span {
                from,
                to,
                start_ms,
                end_ms,
            };
            if from < to {
                function(step, span)
            } else {
                None
            }
        };
        self.times().enumerate().map(at).collect()
    }

    /// The time that a selector looks at when the step is at `t_ms`.
    fn reference(&self, shift: Shift, t_ms: i64) -> i64 {
        let at = match shift.at {
            None => t_ms,
            Some(At::Time(fixed)) => fixed,
            Some(At::Start) => self.query.0,
            Some(At::End) => self.query.1,
        };
        at.saturating_sub(shift.offset_ms)
    }

    /// The first and the last reference time.
    fn references(&self, shift: Shift) -> (i64, i64) {
        let last = self.start_ms + (self.count.max(1) - 1) as i64 * self.step_ms;
        (
            self.reference(shift, self.start_ms),
            self.reference(shift, last),
        )
    }
}

/// The samples of one window: positions `from..to`, and the bounds in time.
struct Span {
    from: usize,
    to: usize,
    start_ms: i64,
    end_ms: i64,
}

fn is_live((t_ms, value): (i64, f64), reference: i64) -> bool {
    t_ms >= reference.saturating_sub(LOOKBACK_MS) && !is_stale(value)
}

/// The samples in `[bounds.0, bounds.1]` without stale markers.
fn read_live(
    series: &tsdb::Series,
    bounds: (i64, i64),
    times: &mut Vec<i64>,
    values: &mut Vec<f64>,
) {
    times.clear();
    values.clear();
    series.copy_range(bounds.0, bounds.1, times, values);
    if values.iter().any(|value| is_stale(*value)) {
        let live = |i: &usize| !is_stale(values[*i]);
        let kept: Vec<usize> = (0..values.len()).filter(live).collect();
        *times = kept.iter().map(|i| times[*i]).collect();
        *values = kept.iter().map(|i| values[*i]).collect();
    }
}

/// The first multiple of the step at or after `bound`; subqueries are aligned to the step and not
/// to the query.
fn first_aligned(bound: i64, step_ms: i64) -> i64 {
    let aligned = step_ms * (bound / step_ms);
    if aligned < bound {
        aligned + step_ms
    } else {
        aligned
    }
}
