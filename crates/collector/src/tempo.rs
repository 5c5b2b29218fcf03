//! Tempo: traces found by a search, read whole, and what they tell of services.

mod answer;
mod dependencies;
mod fields;
mod held;
mod lookup;
mod otlp;
mod port;
mod search;
mod services;
mod tokens;
mod traceql;
mod tree;
mod value;

use fleetscope_model::{
    Aspect, Caller, Collection, Sight, Source, TimeRange, TraceQuery, TraceSummary,
};
use fleetscope_outbound::{Failure, Upstream};
use fleetscope_ports::Result;

use crate::Collector;
use crate::federation::Asking;
use crate::range;

/// Traces of one cluster: a search stops at the first so many, so more is no better sample.
const MAX_TRACES: u32 = 1_000;

/// Refuses a query without a service (`invalid_service`), a backward range or a limit out of
/// bounds; then asks the clusters. A search stops when it has enough: with a limit its traces are
/// a sample of those there are, not the newest of them.
pub(crate) async fn traces(
    collector: &Collector,
    caller: &Caller,
    query: &TraceQuery,
) -> Result<Collection<TraceSummary>> {
    range::check(query.range)?;
    range::check_limit(query.limit, MAX_TRACES)?;
    let traceql = traceql::build(query)?;
    let traceql = &traceql;
    let asking = Asking::of(caller, &query.clusters, Source::Tempo, &[Aspect::Logs]);
    collector
        .fan_out(asking, |site| async move {
            let sight = site.sight(Aspect::Logs);
            let answer = match site.upstream(Source::Tempo) {
                Ok(upstream) => ask(&upstream, &traceql.seen_by(sight), query).await,
                Err(failure) => Err(failure),
            };
            let mut traces = match answer {
                Ok(traces) => traces,
                Err(failure) => return Collection::gap(site.gap(Source::Tempo, failure)),
            };
            if *sight != Sight::Whole {
                for trace in &mut traces {
                    hide_root(trace, query);
                }
            }
            traces.sort_by(|a, b| {
                let newest = b.started_at.cmp(&a.started_at);
                newest.then_with(|| a.trace_id.cmp(&b.trace_id))
            });
            Collection {
                items: traces,
                gaps: Vec::new(),
            }
        })
        .await
}

/// A trace begins where its first caller is, which may be in a namespace that the reader may not
/// see: only a root of the service that was asked for is named.
fn hide_root(trace: &mut TraceSummary, query: &TraceQuery) {
    if trace.root_service != query.service {
        trace.root_service.clear();
        trace.root_name.clear();
    }
}

async fn ask(
    upstream: &Upstream,
    traceql: &str,
    query: &TraceQuery,
) -> Result<Vec<TraceSummary>, Failure> {
    let (start, end) = seconds(query.range);
    let limit = query.limit.to_string();
    let parameters = [
        ("q", traceql),
        ("start", &start),
        ("end", &end),
        ("limit", &limit),
        // Their number is told anyway; of the spans themselves one is enough.
        ("spss", "1"),
    ];
    let answer = upstream.get("/api/search", &parameters).await?.success()?;
    answer::decode(&answer, upstream.cluster())
}

/// Whole seconds around the range; Tempo wants its end after its start.
pub(crate) fn seconds(range: TimeRange) -> (String, String) {
    let start = range.start.as_second();
    let end = range.end.as_second() + 1;
    (start.to_string(), end.to_string())
}
