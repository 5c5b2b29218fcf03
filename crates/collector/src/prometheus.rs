//! The Prometheus HTTP API: instant and range queries.

pub(crate) mod answer;
pub(crate) mod catalog;
pub(crate) mod merge;
pub(crate) mod plan;
pub(crate) mod promql;
mod steps;
mod syntax;
pub(crate) mod within;

use std::borrow::Cow;
use std::collections::BTreeSet;

use fleetscope_model::{
    Aspect, Caller, ClusterSeries, Collection, GapKind, MetricQuery, RangeQuery, Series, Shape,
    Sight, Source,
};
use fleetscope_outbound::{Answer, Failure, Room, Sharing, Upstream};
use fleetscope_ports::Result;
use jiff::Timestamp;

use crate::Collector;
use crate::federation::Asking;
use crate::site::Site;

pub(crate) use steps::Steps;

/// What a metric query shows.
pub(crate) const METRICS: &[Aspect] = &[Aspect::Metrics];

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
pub(crate) fn asked<'q>(
    site: &Site,
    query: &'q str,
) -> Result<(Prometheus, Cow<'q, str>), Failure> {
    let query = match site.sight(Aspect::Metrics) {
        Sight::Whole => Cow::Borrowed(query),
        Sight::Namespaces(namespaces) => Cow::Owned(within::within(query, namespaces)?),
    };
    let named = within::named(&query);
    Ok((site.prometheus()?.about(named.as_ref()), query))
}

/// One server that speaks the Prometheus HTTP API.
pub(crate) struct Prometheus {
    upstream: Upstream,
    /// What an answer may be shared by, beside the request.
    scope: String,
    /// The namespaces that are named in the URL beside the query: those of the caller, where it
    /// sees no more.
    tenancy: Vec<String>,
    closed: bool,
}

/// The most namespaces that are named in the URL.
const MOST_TENANCY: usize = 20;

/// Series and what the server warned of.
pub(crate) struct Readings {
    /// Sorted by labels.
    pub(crate) series: Vec<Series>,
    /// What kind of value they are.
    pub(crate) shape: Shape,
    /// What makes them less than whole, for example a store that Thanos could not reach.
    pub(crate) warning: Option<Failure>,
    /// What the answer took of the room for all answers: the series take about as much.
    pub(crate) room: Room,
}

impl Prometheus {
    pub(crate) fn new(upstream: Upstream, site: &Site) -> Self {
        let tenancy = match site.sight(Aspect::Metrics) {
            Sight::Namespaces(names) if names.len() <= MOST_TENANCY => {
                names.iter().cloned().collect()
            }
            _ => Vec::new(),
        };
        Self {
            upstream,
            scope: site.scope(Aspect::Metrics),
            tenancy,
            closed: false,
        }
    }

    /// The same server, asked about what can't change any more, or may.
    pub(crate) fn closed(self, closed: bool) -> Self {
        Self { closed, ..self }
    }

    /// The same server, asked about these namespaces where the caller sees all: the tenancy port
    /// of OpenShift's thanos-querier wants them named in the URL.
    pub(crate) fn about(mut self, namespaces: Option<&BTreeSet<String>>) -> Self {
        if self.tenancy.is_empty()
            && let Some(names) = namespaces.filter(|names| names.len() <= MOST_TENANCY)
        {
            self.tenancy = names.iter().cloned().collect();
        }
        self
    }

    /// The value of every resulting series at an instant.
    pub(crate) async fn instant(&self, query: &str, at: Timestamp) -> Result<Readings, Failure> {
        let answer = self.instant_answer(query, at).await?;
        read(&answer)
    }

    /// The same as it came.
    pub(crate) async fn instant_answer(
        &self,
        query: &str,
        at: Timestamp,
    ) -> Result<Answer, Failure> {
        let time = seconds(at.as_millisecond());
        self.ask("/api/v1/query", &[("query", query), ("time", &time)])
            .await
    }

    /// The samples of every resulting series at the steps.
    pub(crate) async fn range(&self, query: &str, steps: Steps) -> Result<Readings, Failure> {
        let answer = self.range_answer(query, steps).await?;
        read(&answer)
    }

    /// The same as it came.
    pub(crate) async fn range_answer(&self, query: &str, steps: Steps) -> Result<Answer, Failure> {
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
    async fn ask(&self, path: &str, form: &[(&str, &str)]) -> Result<Answer, Failure> {
        // The server need not go on when nobody waits any more. In whole seconds, so that those who
        // ask the same a moment apart ask the same.
        let left = self.upstream.time_left().as_millis() as i64;
        let timeout = seconds((left + 999) / 1000 * 1000);
        let mut form = form.to_vec();
        form.push(("timeout", &timeout));
        // VictoriaMetrics would move the instants that are asked for, and hide the last half minute.
        form.push(("nocache", "1"));
        let query = form.iter().find(|(name, _)| *name == "query");
        let question = query.map_or("", |(_, query)| query);
        let upstream = self.upstream.clone().asking(question);
        let sharing = self.sharing();
        upstream
            .read_form(path, &self.named(), &form, &sharing)
            .await
    }

    /// What the server lists for form fields.
    pub(crate) async fn form(&self, path: &str, form: &[(&str, &str)]) -> Result<Answer, Failure> {
        let (named, sharing) = (self.named(), self.sharing());
        self.upstream.read_form(path, &named, form, &sharing).await
    }

    /// A list that the server keeps, by GET; `Refused` and the like as any other answer.
    pub(crate) async fn list(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, Failure> {
        let query: Vec<_> = self
            .named()
            .into_iter()
            .chain(query.iter().copied())
            .collect();
        self.upstream.read_get(path, &query, &self.sharing()).await
    }

    fn sharing(&self) -> Sharing {
        Sharing {
            scope: self.scope.clone(),
            closed: self.closed,
        }
    }

    fn named(&self) -> Vec<(&str, &str)> {
        let names = self.tenancy.iter();
        names.map(|name| ("namespace", name.as_str())).collect()
    }
}

/// The series of an answer, sorted by labels, if there are not too many.
fn read(answer: &Answer) -> Result<Readings, Failure> {
    let mut readings = answer::decode(answer)?;
    if readings.series.len() > MAX_SERIES {
        return Err(too_many(readings.series.len()));
    }
    readings.series.sort_by(|a, b| a.labels.cmp(&b.labels));
    Ok(readings)
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
pub(crate) fn seconds(ms: i64) -> String {
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
