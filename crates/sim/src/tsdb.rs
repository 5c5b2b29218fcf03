//! An in-memory time series database: what the simulated Prometheus has scraped.
//!
//! Samples are `(i64 ms since the epoch, f64)`. Series are kept in label order, the order in which
//! a real Prometheus reads a block, so that answers which depend on input order (ties of `topk`)
//! come out the same. Retention is applied to whole chunks, now and then, so a series may answer
//! for up to an eighth more than the retention asked for.

use std::collections::BTreeMap;

mod chunk;
mod index;
mod labels;
mod matcher;
mod openmetrics;
mod series;

pub use labels::Labels;
pub(crate) use labels::NAME;
pub use matcher::{MatchKind, Matcher};
pub use series::Series;

use index::Index;

/// The bits of the NaN that marks a series as ended, `value.StaleNaN` in Prometheus.
///
/// It is told apart from every other NaN by its bits only: see [`is_stale`].
pub const STALE_NAN_BITS: u64 = 0x7ff0_0000_0000_0002;

/// Whether `value` is the stale marker and not a sample.
pub fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE_NAN_BITS
}

/// The handle of a series, valid for the life of its [`Tsdb`] even when all samples have expired.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SeriesId(pub u32);

/// The type of a metric, as `# TYPE` states it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum MetricKind {
    /// A value that only grows, but for resets.
    Counter,
    /// A value that goes up and down.
    Gauge,
    /// Cumulative buckets (`_bucket` with `le`), `_sum` and `_count`.
    Histogram,
    /// Pre-computed quantiles, `_sum` and `_count`.
    Summary,
    /// Constant 1 with facts as labels.
    Info,
    /// Not stated.
    Unknown,
}

impl MetricKind {
    /// The name used by `# TYPE` lines and by `/api/v1/metadata`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
            Self::Info => "info",
            Self::Unknown => "unknown",
        }
    }
}

/// What is known of a metric family besides its samples.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Metadata {
    /// The type.
    pub kind: MetricKind,
    /// One sentence for people.
    pub help: String,
    /// The unit, or empty.
    pub unit: String,
}

/// A time series database in memory, bounded by its retention.
///
/// About 8 bytes a sample: series scraped at a steady interval store no timestamps.
pub struct Tsdb {
    retention_ms: i64,
    series: Vec<Series>,
    index: Index,
    metadata: BTreeMap<String, Metadata>,
    newest_ms: i64,
    swept_ms: i64,
    appended: u64,
}

impl Tsdb {
    /// An empty database that keeps samples for about `retention_ms` behind the newest one.
    pub fn new(retention_ms: i64) -> Self {
        Self {
            retention_ms: retention_ms.max(1),
            series: Vec::new(),
            index: Index::default(),
            metadata: BTreeMap::new(),
            newest_ms: i64::MIN,
            swept_ms: i64::MIN,
            appended: 0,
        }
    }

    /// The series with exactly these labels (`__name__` is one of them), created if it is new.
    ///
    /// The order of `labels` does not matter and labels with an empty value are as good as absent,
    /// as in Prometheus. A new series is invisible until its first sample.
    pub fn series(&mut self, labels: &[(&str, &str)]) -> SeriesId {
        let mut sorted: Vec<(&str, &str)> = labels
            .iter()
            .copied()
            .filter(|(_, value)| !value.is_empty())
            .collect();
        sorted.sort_unstable();
        if let Some(id) = self.index.find(&sorted, &self.series) {
            return id;
        }
        let id = SeriesId(self.series.len() as u32);
        let labels = self.index.register(id, &sorted);
        self.series.push(Series::new(labels));
        id
    }

    /// Adds a sample. One that is not newer than the last of its series is dropped, as Prometheus
    /// drops out-of-order samples.
    pub fn append(&mut self, id: SeriesId, t_ms: i64, value: f64) {
        let Some(series) = self.series.get_mut(id.0 as usize) else {
            return;
        };
        if !series.push(t_ms, value) {
            return;
        }
        self.appended += 1;
        if !series.is_listed() {
            series.set_listed(true);
            self.index.list(id, &self.series);
        }
        if t_ms > self.newest_ms {
            self.newest_ms = t_ms;
            self.sweep_when_due();
        }
    }

    /// Ends a series at `t_ms`: from then on instant vectors no longer hold it, at once instead of
    /// after the lookback of 5 minutes. A later [`append`](Self::append) brings it back.
    pub fn mark_stale(&mut self, id: SeriesId, t_ms: i64) {
        self.append(id, t_ms, f64::from_bits(STALE_NAN_BITS));
    }

    /// States the type, help and unit of a metric family. The last statement wins.
    pub fn describe(&mut self, name: &str, kind: MetricKind, help: &str, unit: &str) {
        let metadata = Metadata {
            kind,
            help: help.to_owned(),
            unit: unit.to_owned(),
        };
        self.metadata.insert(name.to_owned(), metadata);
    }

    /// What was [described](Self::describe), by metric name.
    pub fn metadata(&self) -> &BTreeMap<String, Metadata> {
        &self.metadata
    }

    /// The series that satisfy all of `matchers`, in label order.
    ///
    /// A label that a series does not have matches as the empty string. At least one matcher must
    /// refuse the empty string; the query language sees to that, and without one nothing is found.
    pub fn select(&self, matchers: &[Matcher]) -> Vec<&Series> {
        self.index.select(matchers, &self.series)
    }

    /// All series that hold samples, by metric name, then in label order.
    pub fn all(&self) -> impl Iterator<Item = &Series> {
        self.index
            .values(NAME)
            .flat_map(|(_, ids)| ids)
            .filter_map(|id| self.series.get(id.0 as usize))
    }

    /// The number of series that hold samples.
    pub fn series_count(&self) -> usize {
        self.series.iter().filter(|s| s.is_listed()).count()
    }

    /// The number of samples and stale markers taken in since the start.
    pub fn appended(&self) -> u64 {
        self.appended
    }

    /// The oldest and the newest sample's time (ms), or `None` when nothing was ever appended.
    pub fn time_range(&self) -> Option<(i64, i64)> {
        let oldest = self.series.iter().filter_map(Series::first_time).min()?;
        Some((oldest, self.newest_ms))
    }

    /// Every sample with its timestamp as `OpenMetrics` text, for
    /// `promtool tsdb create-blocks-from openmetrics`. Stale markers have no form in that format
    /// and are left out.
    pub fn openmetrics(&self) -> String {
        openmetrics::write(self)
    }

    /// Expires old chunks of all series: the dead ones, too, which get no appends any more.
    fn sweep_when_due(&mut self) {
        let due = self.swept_ms.saturating_add(self.retention_ms / 8);
        if self.swept_ms != i64::MIN && self.newest_ms < due {
            return;
        }
        self.swept_ms = self.newest_ms;
        let cutoff = self.newest_ms.saturating_sub(self.retention_ms);
        for position in 0..self.series.len() {
            let series = &mut self.series[position];
            if series.is_listed() && series.expire(cutoff) {
                self.index.unlist(SeriesId(position as u32), &self.series);
                self.series[position].set_listed(false);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up(db: &mut Tsdb, instance: &str) -> SeriesId {
        db.series(&[("__name__", "up"), ("instance", instance)])
    }

    fn names(db: &Tsdb, matchers: &[Matcher]) -> Vec<String> {
        let found = db.select(matchers);
        found.iter().map(|s| s.labels().to_string()).collect()
    }

    #[test]
    fn the_order_of_labels_does_not_make_another_series() {
        let mut db = Tsdb::new(1000);
        let one = db.series(&[("__name__", "up"), ("job", "a")]);
        let same = db.series(&[("job", "a"), ("__name__", "up"), ("empty", "")]);
        assert_eq!(one, same);
    }

    #[test]
    fn a_series_is_invisible_until_its_first_sample() {
        let mut db = Tsdb::new(1000);
        let id = up(&mut db, "a");
        let all = [Matcher::equal("__name__", "up")];
        assert!(names(&db, &all).is_empty());
        db.append(id, 1, 1.0);
        assert_eq!(names(&db, &all), [r#"{__name__="up", instance="a"}"#]);
    }

    #[test]
    fn series_are_found_in_label_order_whatever_the_order_of_creation() {
        let mut db = Tsdb::new(1000);
        for instance in ["c", "a", "b"] {
            let id = up(&mut db, instance);
            db.append(id, 1, 1.0);
        }
        let found = names(&db, &[Matcher::equal("__name__", "up")]);
        assert!(found.is_sorted() && found.len() == 3, "{found:?}");
    }

    #[test]
    fn samples_beyond_the_retention_are_dropped_and_their_series_vanish() {
        let mut db = Tsdb::new(80_000);
        let dead = up(&mut db, "dead");
        let live = up(&mut db, "live");
        db.append(dead, 0, 1.0);
        for t in 0..1000 {
            db.append(live, t * 1000, 1.0);
        }
        let found = names(&db, &[Matcher::equal("__name__", "up")]);
        assert_eq!(found, [r#"{__name__="up", instance="live"}"#]);
        let (oldest, newest) = db.time_range().unwrap();
        assert_eq!(newest, 999_000);
        assert!(newest - oldest < 80_000 + 10_000 + 128_000, "{oldest}");
        db.append(dead, 1_000_000, 2.0);
        assert_eq!(names(&db, &[Matcher::equal("instance", "dead")]).len(), 1);
    }

    #[test]
    fn an_out_of_order_sample_is_dropped() {
        let mut db = Tsdb::new(1000);
        let id = up(&mut db, "a");
        db.append(id, 10, 1.0);
        db.append(id, 10, 2.0);
        db.append(id, 9, 3.0);
        let found = db.select(&[Matcher::equal("__name__", "up")]);
        assert_eq!(found[0].latest(100), Some((10, 1.0)));
    }
}
