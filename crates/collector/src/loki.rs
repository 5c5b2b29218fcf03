//! Loki: log lines.

mod answer;
mod budget;
mod catalogue;
mod detected;
mod door;
mod expression;
mod instead;
mod logql;
mod logs;
mod pods;
mod query;
mod refusal;
mod tail;
mod tenant;
mod within;

use fleetscope_model::{Aspect, Caller, Collection, LogLine, LogQuery, Sight, Source, TimeRange};
use fleetscope_outbound::{Failure, Upstream};
use fleetscope_ports::Result;

use crate::Collector;
use crate::federation::Asking;
use crate::range;
use crate::site::Site;

/// Lines of one cluster: Loki's own default limit (`max_entries_limit_per_query`).
const MAX_LINES: u32 = 5_000;

/// Refuses a query without labels (`invalid_query`), with a name that is no label
/// (`invalid_label`), a backward range or a limit out of bounds; then asks the clusters.
pub(crate) async fn lines(
    collector: &Collector,
    caller: &Caller,
    query: &LogQuery,
) -> Result<Collection<LogLine>> {
    range::check(query.range)?;
    range::check_limit(query.limit, MAX_LINES)?;
    let logql = logql::build(&query.labels, query.matching.as_deref())?;
    let named = within::named(&query.labels);
    let (logql, named) = (&logql, named.as_ref());
    let asking = Asking::of(caller, &query.clusters, Source::Loki, &[Aspect::Logs]);
    collector
        .fan_out(asking.about(named), |site| async move {
            let logql = held(&site, logql, named.is_some());
            let answer = match site.upstream(Source::Loki) {
                Ok(upstream) => ask(&upstream, &logql, query).await,
                Err(failure) => Err(failure),
            };
            let mut lines = match answer {
                Ok(lines) => lines,
                Err(failure) => return Collection::gap(site.gap(Source::Loki, failure)),
            };
            if let Sight::Namespaces(namespaces) = site.sight(Aspect::Logs) {
                lines.retain(|line| within::shows(namespaces, &line.labels));
            }
            // Streams come one after another: the newest line may be the first of the last.
            lines.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.labels.cmp(&b.labels)));
            lines.truncate(query.limit as usize);
            let cluster = site.cluster();
            Collection {
                items: lines
                    .into_iter()
                    .map(|line| LogLine {
                        cluster,
                        at: line.at,
                        labels: line.labels,
                        line: line.text,
                    })
                    .collect(),
                gaps: Vec::new(),
            }
        })
        .await
}

/// The query, held to the namespaces that the caller may see. One that names its namespace itself
/// needs no more: of another one no line is shown.
fn held(site: &Site, query: &logql::Query, named: bool) -> String {
    match site.sight(Aspect::Logs) {
        Sight::Namespaces(namespaces) if !named => {
            query.among(within::label(site.endpoint(Source::Loki)), namespaces)
        }
        _ => query.to_string(),
    }
}

async fn ask(
    upstream: &Upstream,
    logql: &str,
    query: &LogQuery,
) -> Result<Vec<answer::Line>, Failure> {
    let (start, end) = nanoseconds(query.range);
    let limit = query.limit.to_string();
    let parameters = [
        ("query", logql),
        ("start", &start),
        ("end", &end),
        ("limit", &limit),
        ("direction", "backward"),
    ];
    let answer = upstream
        .get("/loki/api/v1/query_range", &parameters)
        .await?
        .success()?;
    answer::decode(&answer)
}

/// Loki takes numbers of fewer digits for seconds without complaint, so nanoseconds always; and
/// its end is exclusive, ours is not.
fn nanoseconds(range: TimeRange) -> (String, String) {
    let start = range.start.as_nanosecond();
    let end = range.end.as_nanosecond() + 1;
    (start.to_string(), end.to_string())
}
