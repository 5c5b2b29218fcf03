//! Calls as a sample of traces shows them.

use std::collections::{BTreeMap, HashMap};

use fleetscope_model::{
    Aspect, Dependencies, Dependency, Gap, GapKind, Sampling, Selection, Source, Span, SpanFilter,
    SpanId, SpanKind, SpanStatus, TimeRange, TraceId, TraceSearch, Wanted,
};
use fleetscope_outbound::Failure;
use futures::{StreamExt as _, stream};

use super::super::search::{ask, decode};
use super::super::value::text;
use super::super::{fields, lookup};
use crate::site::Site;

/// Traces that are read whole, and at the same time: a cluster has other readers.
const SAMPLE: u32 = 40;
const AT_ONCE: usize = 4;

/// Client, server, kind of connection.
type Key = (String, String, String);

/// The calls of one edge.
#[derive(Default)]
struct Calls {
    seconds: Vec<f64>,
    failed: u64,
}

/// The graph of a sample, and what of it could not be read.
pub(super) async fn read(
    site: &Site,
    range: TimeRange,
) -> Result<(Dependencies, Option<Gap>), Failure> {
    let upstream = site.upstream(Source::Tempo)?;
    let search = TraceSearch {
        clusters: Selection::All,
        wanted: Wanted::Fields(SpanFilter::default()),
        range,
        limit: SAMPLE,
    };
    let sight = site.sight(Aspect::Logs);
    let everything = fields::build(&SpanFilter::default());
    let everything =
        everything.map_err(|error| Failure::new(GapKind::Refused, error.to_string()))?;
    let answer = ask(&upstream, &everything.seen_by(sight), &search, "1").await?;
    let traces = decode(&answer.success()?, &upstream)?;
    let more = traces.len() as u32 >= SAMPLE;
    let ids = traces
        .iter()
        .filter_map(|trace| trace.summary.trace_id.parse().ok());
    let ids: Vec<TraceId> = ids.collect();
    let parts = stream::iter(ids.into_iter().map(|id| lookup::read(&upstream, id)));
    let mut parts = parts.buffered(AT_ONCE);
    let (mut edges, mut read, mut failure) = (BTreeMap::new(), 0, None);
    while let Some(part) = parts.next().await {
        match part {
            Ok(part) => {
                read += 1;
                let spans = part.spans.spans.into_iter();
                let seen = spans.filter(|span| sight.reaches(span.namespace.as_deref()));
                add(&mut edges, &seen.collect::<Vec<_>>());
            }
            Err(failed) => failure = failure.or(Some(failed)),
        }
    }
    if let (Some(failure), 0) = (&failure, read) {
        return Err(failure.clone());
    }
    let found = Dependencies {
        cluster: site.cluster(),
        sampling: Sampling::Traces { read, more },
        edges: edges
            .into_iter()
            .map(|(key, calls)| edge(key, calls, range, more || failure.is_some()))
            .collect(),
    };
    Ok((
        found,
        failure.map(|failure| site.gap(Source::Tempo, failure)),
    ))
}

/// How many there were is known only where the search had found all that the Tempo has.
fn edge(key: Key, mut calls: Calls, range: TimeRange, more: bool) -> Dependency {
    calls.seconds.sort_by(f64::total_cmp);
    let count = calls.seconds.len();
    let stretch = range.length().as_secs_f64();
    let rank = |share: f64| {
        let rank = (share * count as f64).ceil() as usize;
        calls.seconds.get(rank.max(1) - 1).copied()
    };
    Dependency {
        client: key.0,
        server: key.1,
        connection: key.2,
        per_second: (!more && stretch > 0.0).then(|| count as f64 / stretch),
        calls: Some(count as u64),
        error_ratio: calls.failed as f64 / count.max(1) as f64,
        quantiles: [0.5, 0.95, 0.99].map(rank),
    }
}

/// Adds the calls of one trace: spans whose parent is of another service, and client spans to what
/// has no spans of its own.
fn add(edges: &mut BTreeMap<Key, Calls>, spans: &[Span]) {
    let by_id: HashMap<SpanId, &Span> = spans.iter().map(|span| (span.id, span)).collect();
    let mut answered: Vec<SpanId> = Vec::new();
    for span in spans {
        let Some(parent) = span.parent.and_then(|id| by_id.get(&id)) else {
            continue;
        };
        if parent.service != span.service {
            answered.push(parent.id);
            let connection = match span.kind {
                SpanKind::Consumer => "messaging_system",
                _ => "",
            };
            let failed = [span, parent].map(|span| span.status == SpanStatus::Error);
            count(
                edges,
                (&parent.service, &span.service, connection),
                span,
                failed.contains(&true),
            );
        }
    }
    answered.sort_unstable();
    for span in spans {
        let calls = matches!(span.kind, SpanKind::Client | SpanKind::Producer);
        if calls
            && answered.binary_search(&span.id).is_err()
            && let Some((server, connection)) = peer(span)
        {
            let failed = span.status == SpanStatus::Error;
            count(edges, (&span.service, server, connection), span, failed);
        }
    }
}

fn count(edges: &mut BTreeMap<Key, Calls>, key: (&str, &str, &str), span: &Span, failed: bool) {
    if key.0.is_empty() || key.1.is_empty() || key.0 == key.1 {
        return;
    }
    let key = (key.0.to_owned(), key.1.to_owned(), key.2.to_owned());
    let calls = edges.entry(key).or_default();
    calls.seconds.push(span.length_ns() as f64 / 1e9);
    calls.failed += u64::from(failed);
}

/// What was called, as Tempo's generator names it.
fn peer(span: &Span) -> Option<(&str, &'static str)> {
    let said = |name| text(&span.attributes, name);
    let named = said("peer.service").or_else(|| said("server.address"));
    if let Some(system) = said("db.system").or_else(|| said("db.system.name")) {
        let name = named
            .or_else(|| said("db.name"))
            .or_else(|| said("db.namespace"));
        return Some((name.unwrap_or(system), "database"));
    }
    if let Some(system) = said("messaging.system") {
        return Some((named.unwrap_or(system), "messaging_system"));
    }
    said("peer.service").map(|name| (name, "virtual_node"))
}
