//! Loki: log lines.

mod answer;
mod logql;

use fleetscope_model::{Caller, Collection, LogLine, LogQuery, Source, TimeRange};
use fleetscope_outbound::{Failure, Upstream};
use fleetscope_ports::Result;

use crate::Collector;
use crate::range;

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
    let logql = &logql;
    collector
        .fan_out(caller, &query.clusters, |site| async move {
            let answer = match site.upstream(Source::Loki) {
                Ok(upstream) => ask(&upstream, logql, query).await,
                Err(failure) => Err(failure),
            };
            let mut lines = match answer {
                Ok(lines) => lines,
                Err(failure) => return Collection::gap(site.gap(Source::Loki, failure)),
            };
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
