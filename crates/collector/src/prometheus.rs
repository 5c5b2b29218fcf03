//! The Prometheus HTTP API: instant and range queries.

mod answer;
mod promql;
mod steps;
mod syntax;
mod within;

use std::borrow::Cow;

use fleetscope_model::{
    Aspect, Caller, ClusterSeries, Collection, GapKind, MetricQuery, RangeQuery, Series, Sight,
    Source,
};
use fleetscope_outbound::{Failure, Upstream};
use fleetscope_ports::Result;
use jiff::Timestamp;

use crate::Collector;
use crate::federation::Asking;
use crate::site::Site;

pub(crate) use steps::Steps;

/// What a metric query shows.
const METRICS: &[Aspect] = &[Aspect::Metrics];

/// Series in one answer. More than this is no answer that a person or a detector can use, but the
/// sign of a missing aggregation.
const MAX_SERIES: usize = 5_000;

/// Refuses a query that is not `PromQL` or has no value at an instant; then asks the clusters.
pub(crate) async fn instant(
    collector: &Collector,
    caller: &Caller,
    query: &MetricQuery,
) -> Result<Collection<ClusterSeries>> {
    promql::check(&query.query)?;
    let named = within::named(&query.query);
    let asking = Asking::of(caller, &query.clusters, Source::Prometheus, METRICS);
    collector
        .fan_out(asking.about(named.as_ref()), |site| async move {
            let answer = match asked(&site, &query.query) {
                Ok((prometheus, text)) => prometheus.instant(&text, query.at).await,
                Err(failure) => Err(failure),
            };
            collect(&site, answer)
        })
        .await
}

/// Refuses what [`instant`] refuses, a range that ends before it starts, a step of nothing, and
/// too many points; then asks the clusters.
pub(crate) async fn range(
    collector: &Collector,
    caller: &Caller,
    query: &RangeQuery,
) -> Result<Collection<ClusterSeries>> {
    promql::check(&query.query)?;
    let steps = Steps::new(query.range, query.step)?;
    let named = within::named(&query.query);
    let asking = Asking::of(caller, &query.clusters, Source::Prometheus, METRICS);
    collector
        .fan_out(asking.about(named.as_ref()), |site| async move {
            let answer = match asked(&site, &query.query) {
                Ok((prometheus, text)) => prometheus.range(&text, steps).await,
                Err(failure) => Err(failure),
            };
            collect(&site, answer)
        })
        .await
}

/// Whom to ask, and the query as it may be asked: whole, or held to the namespaces that the caller
/// may see.
fn asked<'q>(site: &Site, query: &'q str) -> Result<(Prometheus, Cow<'q, str>), Failure> {
    let query = match site.sight(Aspect::Metrics) {
        Sight::Whole => Cow::Borrowed(query),
        Sight::Namespaces(namespaces) => Cow::Owned(within::within(query, namespaces)?),
    };
    Ok((site.prometheus()?, query))
}

/// One server that speaks the Prometheus HTTP API.
pub(crate) struct Prometheus {
    upstream: Upstream,
}

/// Series and what the server warned of.
pub(crate) struct Readings {
    /// Sorted by labels.
    pub(crate) series: Vec<Series>,
    /// What makes them less than whole, for example a store that Thanos could not reach.
    pub(crate) warning: Option<Failure>,
}

impl Prometheus {
    pub(crate) fn new(upstream: Upstream) -> Self {
        Self { upstream }
    }

    /// The value of every resulting series at an instant.
    pub(crate) async fn instant(&self, query: &str, at: Timestamp) -> Result<Readings, Failure> {
        let time = seconds(at.as_millisecond());
        self.ask("/api/v1/query", &[("query", query), ("time", &time)])
            .await
    }

    /// The samples of every resulting series at the steps.
    async fn range(&self, query: &str, steps: Steps) -> Result<Readings, Failure> {
        let (start, end, step) = (
            seconds(steps.start),
            seconds(steps.end),
            seconds(steps.step),
        );
        let form = [
            ("query", query),
            ("start", &start),
            ("end", &end),
            ("step", &step),
        ];
        self.ask("/api/v1/query_range", &form).await
    }

    /// By POST, since a query may be longer than what servers take in a URL.
    async fn ask(&self, path: &str, form: &[(&str, &str)]) -> Result<Readings, Failure> {
        // The server need not go on when nobody waits any more.
        let timeout = seconds(self.upstream.time_left().as_millis() as i64);
        let mut form = form.to_vec();
        form.push(("timeout", &timeout));
        let answer = self.upstream.post_form(path, &form).await?;
        let mut readings = answer::decode(&answer)?;
        if readings.series.len() > MAX_SERIES {
            return Err(too_many(readings.series.len()));
        }
        readings.series.sort_by(|a, b| a.labels.cmp(&b.labels));
        Ok(readings)
    }
}

fn collect(site: &Site, answer: Result<Readings, Failure>) -> Collection<ClusterSeries> {
    let cluster = site.cluster();
    match answer {
        Ok(readings) => Collection {
            items: readings
                .series
                .into_iter()
                .map(|series| ClusterSeries { cluster, series })
                .collect(),
            gaps: readings
                .warning
                .into_iter()
                .map(|warning| site.gap(Source::Prometheus, warning))
                .collect(),
        },
        Err(failure) => Collection::gap(site.gap(Source::Prometheus, failure)),
    }
}

/// Seconds with three decimals: exact, since Prometheus itself counts in milliseconds.
fn seconds(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let ms = ms.unsigned_abs();
    format!("{sign}{}.{:03}", ms / 1000, ms % 1000)
}

fn too_many(count: usize) -> Failure {
    Failure::new(
        GapKind::Truncated,
        format!(
            "the query gives {count} series, {MAX_SERIES} are the most, and none is used: \
             aggregate, for example with sum by (…) or topk, or select fewer"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_to_the_millisecond() {
        assert_eq!(seconds(1_435_781_451_781), "1435781451.781");
        assert_eq!(seconds(15_000), "15.000");
        assert_eq!(seconds(-1), "-0.001");
    }
}
