//! Searches for traces, and what they find.

use fleetscope_client::wire;
use fleetscope_model::{
    AttributeFilter, AttributeScope, AttributeValue, Cluster, Collection, Comparison, FoundTrace,
    SpanFilter, SpanStatus, TraceSearch, Wanted,
};
use jiff::Timestamp;

use super::{Names, at, attributes, gap, milliseconds};
use crate::convert::{selection, time};
use crate::error::ApiError;
use crate::v1::analysis::anomaly::create::window;

/// Traces of each cluster where the caller does not say.
const USUAL_LIMIT: u32 = 20;

/// A search as it was asked.
pub fn asked(asked: wire::TraceSearch, now: Timestamp) -> Result<TraceSearch, ApiError> {
    Ok(TraceSearch {
        clusters: selection(asked.clusters.clone())?,
        range: window(asked.start, asked.end, now)?,
        limit: asked.limit.unwrap_or(USUAL_LIMIT),
        wanted: wanted(asked)?,
    })
}

fn wanted(asked: wire::TraceSearch) -> Result<Wanted, ApiError> {
    let duration =
        |name: &str, text: Option<String>| text.map(|text| time::duration(name, &text)).transpose();
    let filter = SpanFilter {
        service: asked.service,
        operation: asked.operation,
        at_least: duration("/min_duration", asked.min_duration)?,
        at_most: duration("/max_duration", asked.max_duration)?,
        status: asked.status.map(status),
        attributes: asked.attributes.into_iter().map(condition).collect(),
    };
    match asked.query {
        None => Ok(Wanted::Fields(filter)),
        Some(query) if filter == SpanFilter::default() => Ok(Wanted::TraceQl(query)),
        Some(_) => Err(ApiError::invalid(
            "/query",
            "give either a query or fields, not both: put the fields' conditions into the query",
        )),
    }
}

const fn status(status: wire::SpanStatus) -> SpanStatus {
    match status {
        wire::SpanStatus::Unset => SpanStatus::Unset,
        wire::SpanStatus::Ok => SpanStatus::Ok,
        wire::SpanStatus::Error => SpanStatus::Error,
    }
}

fn condition(asked: wire::AttributeCondition) -> AttributeFilter {
    use wire::Comparison as Asked;
    AttributeFilter {
        name: asked.name,
        scope: match asked.scope {
            wire::AttributeScope::Any => AttributeScope::Any,
            wire::AttributeScope::Resource => AttributeScope::Resource,
            wire::AttributeScope::Span => AttributeScope::Span,
            wire::AttributeScope::Event => AttributeScope::Event,
        },
        comparison: match asked.op {
            Asked::Equal => Comparison::Equal,
            Asked::Unequal => Comparison::Unequal,
            Asked::Less => Comparison::Less,
            Asked::AtMost => Comparison::AtMost,
            Asked::Greater => Comparison::Greater,
            Asked::AtLeast => Comparison::AtLeast,
            Asked::Matches => Comparison::Matches,
            Asked::MatchesNot => Comparison::MatchesNot,
        },
        value: match asked.value {
            wire::AttributeValue::Truth(truth) => AttributeValue::Truth(truth),
            wire::AttributeValue::Integer(number) => AttributeValue::Integer(number),
            wire::AttributeValue::Number(number) => AttributeValue::Number(number),
            wire::AttributeValue::Text(text) => AttributeValue::Text(text),
        },
    }
}

/// What a search found.
pub fn answer(found: Collection<FoundTrace>, clusters: &[Cluster]) -> wire::TraceSearchAnswer {
    let names = Names::of(clusters);
    wire::TraceSearchAnswer {
        traces: found
            .items
            .into_iter()
            .map(|one| trace(one, &names))
            .collect(),
        gaps: found.gaps.into_iter().map(gap).collect(),
    }
}

fn trace(found: FoundTrace, names: &Names<'_>) -> wire::FoundTrace {
    let summary = found.summary;
    let cluster = names.name(summary.cluster);
    let span = |span: &fleetscope_model::FoundSpan| wire::MatchedSpan {
        cluster: cluster.clone(),
        span_id: span.id.to_string(),
        name: span.name.clone(),
        started_at: at(span.start_ns),
        duration_ms: milliseconds(span.length_ns),
        attributes: attributes(&span.attributes),
    };
    wire::FoundTrace {
        spans: found.spans.iter().map(span).collect(),
        cluster,
        trace_id: summary.trace_id,
        root_service: summary.root_service,
        root_name: summary.root_name,
        started_at: summary.started_at,
        duration_ms: summary.duration_ms,
        matched_spans: summary.matched_spans,
    }
}
