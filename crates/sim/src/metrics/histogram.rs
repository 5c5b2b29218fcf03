//! Histograms whose buckets are filled from a distribution instead of single observations.

use super::{Counter, Sink, series};
use crate::tsdb::{SeriesId, Tsdb};
use crate::world::latency::Latency;

/// Tempo's span metrics: `metrics_generator.processor.span_metrics.histogram_buckets`.
pub(super) const SPAN_BOUNDS: &[f64] = &[
    0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192,
    16.384,
];
/// Tempo's service graphs: `metrics_generator.processor.service_graphs.histogram_buckets`.
pub(super) const EDGE_BOUNDS: &[f64] = &[0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8];
/// vLLM's end-to-end latency, up to a minute.
pub(super) const COMPLETION_BOUNDS: &[f64] = &[
    0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0,
];

#[derive(Clone, Debug)]
pub(super) struct Histogram {
    bounds: &'static [f64],
    /// One for each bound and one for +Inf; empty where only sum and count are kept.
    buckets: Vec<Counter>,
    sum: Counter,
    count: Counter,
}

impl Histogram {
    pub(super) fn new(
        db: &mut Tsdb,
        name: &str,
        labels: &[(&str, &str)],
        bounds: &'static [f64],
    ) -> Self {
        let bucket = format!("{name}_bucket");
        let mut buckets = Vec::with_capacity(bounds.len() + 1);
        for bound in bounds {
            let le = [("le", bound.to_string())];
            let le = [(le[0].0, le[0].1.as_str())];
            buckets.push(Counter::of(series(db, &bucket, labels, &le)));
        }
        buckets.push(Counter::of(series(db, &bucket, labels, &[("le", "+Inf")])));
        Self {
            buckets,
            ..Self::without_buckets(db, name, labels, bounds)
        }
    }

    /// Only `_sum` and `_count`.
    pub(super) fn without_buckets(
        db: &mut Tsdb,
        name: &str,
        labels: &[(&str, &str)],
        bounds: &'static [f64],
    ) -> Self {
        Self {
            bounds,
            buckets: Vec::new(),
            sum: Counter::real(series(db, &format!("{name}_sum"), labels, &[])),
            count: Counter::of(series(db, &format!("{name}_count"), labels, &[])),
        }
    }

    /// So many more observations of this distribution, in seconds.
    pub(super) fn observe(&mut self, sink: &mut Sink<'_>, count: f64, latency: Latency) {
        if !self.buckets.is_empty() {
            let distribution = latency.distribution();
            for (bound, bucket) in self.bounds.iter().zip(&mut self.buckets) {
                let share = if count > 0.0 {
                    distribution.below(*bound)
                } else {
                    0.0
                };
                bucket.add(sink, count * share);
            }
            if let Some(last) = self.buckets.last_mut() {
                last.add(sink, count);
            }
        }
        self.sum.add(sink, count * latency.mean);
        self.count.add(sink, count);
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = SeriesId> {
        let ends = [self.sum.id, self.count.id];
        self.buckets.iter().map(|bucket| bucket.id).chain(ends)
    }
}
