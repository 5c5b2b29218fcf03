//! Calls as the metrics of Tempo's generator count them.

use std::collections::BTreeMap;

use fleetscope_model::{
    Dependencies, Dependency, Gap, GapKind, Labels, Sampling, Source, TimeRange,
};
use fleetscope_outbound::Failure;

use crate::prometheus::Readings;
use crate::site::Site;

/// The shortest and longest stretch looked at, in seconds: a rate needs two samples, the generator
/// writes one a minute, and structure is not worth a query over more than a day.
const SHORTEST: i64 = 600;
const LONGEST: i64 = 86_400;
/// Edges of one cluster.
const MOST: usize = 2_000;
const QUANTILES: [&str; 3] = ["0.5", "0.95", "0.99"];

/// Client, server, kind of connection.
type Key = (String, String, String);

/// The graph, or none where the generator does not run.
pub(super) async fn read(
    site: &Site,
    range: TimeRange,
) -> Result<(Option<Dependencies>, Vec<Gap>), Failure> {
    let prometheus = site.prometheus()?;
    let stretch = range.length().as_secs().clamp(SHORTEST, LONGEST);
    let rate = |what: &str| {
        format!(
            "sum by (client, server, connection_type) (rate(traces_service_graph_request_{what}[{stretch}s]))"
        )
    };
    let ask = |query: String| {
        let prometheus = &prometheus;
        async move { prometheus.instant(&query, range.end).await }
    };
    // Counters of edges stand still for a while after the last call: only growth is a call.
    let total = ask(format!("{} > 0", rate("total"))).await?;
    if total.series.is_empty() {
        return Ok((None, Vec::new()));
    }
    let quantile = |at: &str| ask(quantile(at, stretch));
    let [half, most, nearly_all] = QUANTILES.map(quantile);
    let (failed, half, most, nearly_all) =
        tokio::join!(ask(rate("failed_total")), half, most, nearly_all);
    let mut gaps: Vec<Gap> = Vec::new();
    let mut take = |readings: Result<Readings, Failure>| match readings {
        Ok(readings) => {
            gaps.extend(
                readings
                    .warning
                    .clone()
                    .map(|w| site.gap(Source::Prometheus, w)),
            );
            values(readings)
        }
        Err(failure) => {
            gaps.push(site.gap(Source::Prometheus, failure));
            BTreeMap::new()
        }
    };
    let total = take(Ok(total));
    let failed = take(failed);
    let quantiles = [take(half), take(most), take(nearly_all)];
    let cut = total.len() > MOST;
    let edge = |(key, rate): (Key, f64)| {
        // There is no series before the first failure.
        let failed = failed.get(&key).copied().unwrap_or(0.0);
        let quantiles = [0, 1, 2].map(|at: usize| quantiles[at].get(&key).copied());
        Dependency {
            per_second: Some(rate),
            calls: None,
            error_ratio: (failed / rate).clamp(0.0, 1.0),
            quantiles,
            client: key.0,
            server: key.1,
            connection: key.2,
        }
    };
    let edges = total.into_iter().take(MOST).map(edge).collect();
    if cut {
        let detail = format!("there are more than {MOST} edges: the rest is left out");
        gaps.push(site.gap(Source::Prometheus, Failure::new(GapKind::Truncated, detail)));
    }
    let found = Dependencies {
        cluster: site.cluster(),
        sampling: Sampling::ServiceGraph,
        edges,
    };
    Ok((Some(found), gaps))
}

/// By the server's own clock or, where it has none (a database), by the client's.
fn quantile(at: &str, stretch: i64) -> String {
    let of = |side: &str| {
        format!(
            "histogram_quantile({at}, sum by (client, server, connection_type, le) \
             (rate(traces_service_graph_request_{side}_seconds_bucket[{stretch}s]))) >= 0"
        )
    };
    format!("({}) or ({})", of("server"), of("client"))
}

fn values(readings: Readings) -> BTreeMap<Key, f64> {
    let finite = readings.series.into_iter().filter_map(|series| {
        let value = series.samples.last()?.value;
        value.is_finite().then(|| (key(&series.labels), value))
    });
    finite.collect()
}

fn key(labels: &Labels) -> Key {
    let text = |name: &str| labels.get(name).cloned().unwrap_or_default();
    (text("client"), text("server"), text("connection_type"))
}
