//! Traces found by fields or by `TraceQL`.

use fleetscope_model::{
    Aspect, AttributeValue, Attributes, Caller, Collection, ErrorKind, FoundSpan, FoundTrace, Gap,
    Sight, Source, SpanId, TraceSearch, TraceSummary, Wanted,
};
use fleetscope_outbound::failure::printable;
use fleetscope_outbound::{Answer, Failure, Upstream};
use fleetscope_ports::{Error, Result};
use serde::Deserialize;

use super::traceql::Search;
use super::value::{Pair, attributes};
use super::{MAX_TRACES, answer, fields, held, seconds};
use crate::Collector;
use crate::federation::Asking;
use crate::range::{self, invalid};
use crate::site::Site;

/// Characters of `TraceQL`.
const LONGEST: usize = 10_000;
/// Spans shown of each trace.
const SPANS_SHOWN: &str = "10";
/// What is told of each span that a search by fields finds.
const SELECTED: &str = "select(name, status, resource.service.name, resource.k8s.namespace.name)";

/// A search that may be asked: with its parts, or as it was written.
enum Query {
    Fields(Search),
    Raw(String),
}

/// What came of one cluster.
enum Part {
    Found(Vec<FoundTrace>),
    /// It does not take the query for `TraceQL`, in its own words.
    Wrong(String, Gap),
}

/// Refuses a search that is wrong in itself; then asks the clusters. A search stops when it has
/// enough: with a limit its traces are a sample of those there are, not the newest of them.
pub(super) async fn search(
    collector: &Collector,
    caller: &Caller,
    search: &TraceSearch,
) -> Result<Collection<FoundTrace>> {
    range::check(search.range)?;
    range::check_limit(search.limit, MAX_TRACES)?;
    let query = &checked(&search.wanted)?;
    let asking = Asking::of(caller, &search.clusters, Source::Tempo, &[Aspect::Logs]);
    let parts = collector
        .fan_out(asking, |site| async move {
            match part(&site, query, search).await {
                Ok(part) => Collection {
                    items: vec![part],
                    gaps: Vec::new(),
                },
                Err(failure) => Collection::gap(site.gap(Source::Tempo, failure)),
            }
        })
        .await?;
    joined(parts)
}

fn checked(wanted: &Wanted) -> Result<Query> {
    match wanted {
        Wanted::Fields(filter) => fields::build(filter).map(Query::Fields),
        Wanted::TraceQl(text) if text.chars().count() > LONGEST => {
            let message = format!("the query is longer than {LONGEST} characters: shorten it");
            Err(invalid("invalid_query", message))
        }
        Wanted::TraceQl(text) if text.trim().is_empty() => {
            let message = "the query is empty: write TraceQL, such as { status = error }";
            Err(invalid("invalid_query", message))
        }
        Wanted::TraceQl(text) => Ok(Query::Raw(text.clone())),
    }
}

/// What all clusters gave. A query that is taken for none by each that looked at it is wrong; one
/// that some take is a gap on the others, whose version may be older.
fn joined(parts: Collection<Part>) -> Result<Collection<FoundTrace>> {
    let mut whole = Collection {
        items: Vec::new(),
        gaps: parts.gaps,
    };
    let (mut wrong, mut understood) = (None, false);
    for part in parts.items {
        match part {
            Part::Found(traces) => {
                understood = true;
                whole.items.extend(traces);
            }
            Part::Wrong(said, gap) => {
                wrong = wrong.or(Some(said));
                whole.gaps.push(gap);
            }
        }
    }
    match wrong {
        Some(said) if !understood => Err(Error::new(ErrorKind::Invalid, "invalid_query", said)),
        _ => Ok(whole),
    }
}

async fn part(site: &Site, query: &Query, search: &TraceSearch) -> Result<Part, Failure> {
    let upstream = site.upstream(Source::Tempo)?;
    let sight = site.sight(Aspect::Logs);
    let text = match (query, sight) {
        (Query::Fields(fields), sight) => format!("{} | {SELECTED}", fields.seen_by(sight)),
        (Query::Raw(text), Sight::Whole) => text.clone(),
        (Query::Raw(text), Sight::Namespaces(namespaces)) => {
            format!("{} | {SELECTED}", held::held(text, namespaces)?)
        }
    };
    let answer = ask(&upstream, &text, search, SPANS_SHOWN).await?;
    if let (Some(said), Query::Raw(asked)) = (wrong_query(&answer), query) {
        let place = if *asked == text {
            String::new()
        } else {
            format!("; it was sent as: {text}")
        };
        let failure = answer.refusal(&said);
        return Ok(Part::Wrong(
            format!("{said}{place}"),
            site.gap(Source::Tempo, failure),
        ));
    }
    let mut traces = decode(&answer.success()?, &upstream)?;
    if *sight != Sight::Whole {
        traces.retain_mut(|trace| hold(trace, sight));
    }
    traces.sort_by(|a, b| {
        let newest = b.summary.started_at.cmp(&a.summary.started_at);
        newest.then_with(|| a.summary.trace_id.cmp(&b.summary.trace_id))
    });
    Ok(Part::Found(traces))
}

pub(super) async fn ask(
    upstream: &Upstream,
    traceql: &str,
    search: &TraceSearch,
    spans: &str,
) -> Result<Answer, Failure> {
    let (start, end) = seconds(search.range);
    let limit = search.limit.to_string();
    let parameters = [
        ("q", traceql),
        ("start", &start),
        ("end", &end),
        ("limit", &limit),
        ("spss", spans),
    ];
    upstream.get("/api/search", &parameters).await
}

/// Why a query is none, where that is what an answer says. Ranges and limits are refused with the
/// same status.
fn wrong_query(answer: &Answer) -> Option<String> {
    let said = printable(&String::from_utf8_lossy(&answer.body));
    let of_query = said.contains("TraceQL") || said.contains("parse error");
    (answer.status.as_u16() == 400 && of_query).then_some(said)
}

/// What the search tells beside the summary.
#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    traces: Vec<Trace>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trace {
    #[serde(default)]
    span_sets: Vec<SpanSet>,
    span_set: Option<SpanSet>,
}

#[derive(Default, Deserialize)]
struct SpanSet {
    #[serde(default)]
    spans: Vec<Raw>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    #[serde(rename = "spanID", default)]
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    start_time_unix_nano: String,
    #[serde(default)]
    duration_nanos: String,
    #[serde(default)]
    attributes: Vec<Pair>,
}

/// The traces of an answer with the spans shown of them.
pub(super) fn decode(answer: &Answer, upstream: &Upstream) -> Result<Vec<FoundTrace>, Failure> {
    let summaries = answer::decode(answer, upstream.cluster())?;
    let body: Body = answer.json()?;
    let traces = summaries.into_iter().zip(body.traces);
    Ok(traces
        .map(|(summary, trace)| found(summary, trace))
        .collect())
}

fn found(summary: TraceSummary, trace: Trace) -> FoundTrace {
    // `spanSet` repeats the first of `spanSets`; old versions have only it.
    let sets = if trace.span_sets.is_empty() {
        trace.span_set.into_iter().collect()
    } else {
        trace.span_sets
    };
    let spans = sets.into_iter().flat_map(|set| set.spans);
    let span = |raw: Raw| {
        Some(FoundSpan {
            id: u64::from_str_radix(&raw.id, 16).ok().map(SpanId)?,
            name: raw.name,
            start_ns: raw.start_time_unix_nano.parse().ok()?,
            length_ns: raw.duration_nanos.parse().unwrap_or(0),
            attributes: attributes(raw.attributes),
        })
    };
    FoundTrace {
        summary,
        spans: spans.filter_map(span).collect(),
    }
}

/// Looks at the answer once more: spans that say another namespace, or none, are not shown, nor a
/// trace without any. Of the root only a service that is seen is named.
fn hold(trace: &mut FoundTrace, sight: &Sight) -> bool {
    let before = trace.spans.len();
    trace
        .spans
        .retain(|span| sight.reaches(said(&span.attributes, "k8s.namespace.name")));
    let hidden = (before - trace.spans.len()) as u32;
    let summary = &mut trace.summary;
    summary.matched_spans = summary.matched_spans.saturating_sub(hidden);
    let root = Some(summary.root_service.as_str());
    if !trace
        .spans
        .iter()
        .any(|span| said(&span.attributes, "service.name") == root)
    {
        summary.root_service.clear();
        summary.root_name.clear();
    }
    !trace.spans.is_empty()
}

fn said<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a str> {
    match attributes.get(name)? {
        AttributeValue::Text(text) => Some(text),
        _ => None,
    }
}
