//! Whole traces.

use std::collections::BTreeSet;

use fleetscope_client::wire;
use fleetscope_model::{Cluster, ClusterId, Gap, PlacedSpan, TraceAnswer, TraceId, TraceTree};

use super::{Names, at, attributes, gap, milliseconds, status};

/// A trace; without spans where none could be read.
pub fn trace(id: TraceId, answer: TraceAnswer, clusters: &[Cluster]) -> wire::Trace {
    match answer.trace {
        Some(found) => whole(found, answer.gaps, &Names::of(clusters)),
        None => wire::Trace {
            trace_id: id.to_string(),
            started_at: None,
            duration_ms: 0.0,
            span_count: 0,
            error_count: 0,
            clusters: Vec::new(),
            spans: Vec::new(),
            critical_path: Vec::new(),
            services: Vec::new(),
            omitted: None,
            gaps: answer.gaps.into_iter().map(gap).collect(),
        },
    }
}

fn whole(found: TraceTree, gaps: Vec<Gap>, names: &Names<'_>) -> wire::Trace {
    let begin = found.start_ns;
    let clusters: BTreeSet<ClusterId> = found.services.iter().map(|share| share.cluster).collect();
    let step = |step: fleetscope_model::CriticalStep| wire::CriticalStep {
        cluster: names.name(step.cluster),
        span_id: step.span.to_string(),
        offset_ms: milliseconds(step.start_ns - begin),
        duration_ms: milliseconds(step.end_ns - step.start_ns),
    };
    let share = |share: fleetscope_model::ServiceShare| wire::ServiceShare {
        cluster: names.name(share.cluster),
        service: share.service,
        spans: share.spans,
        errors: share.failed,
        self_ms: milliseconds(share.self_ns),
    };
    wire::Trace {
        trace_id: found.id.to_string(),
        started_at: Some(at(begin)),
        duration_ms: milliseconds(found.end_ns - begin),
        span_count: found.total,
        error_count: found.failed,
        clusters: clusters.into_iter().map(|id| names.name(id)).collect(),
        spans: found
            .spans
            .iter()
            .map(|placed| span(placed, begin, names))
            .collect(),
        critical_path: found.critical_path.into_iter().map(step).collect(),
        services: found.services.into_iter().map(share).collect(),
        omitted: found.omitted.map(|omitted| wire::OmittedSpans {
            spans: omitted.spans,
            errors: omitted.failed,
            by_service: omitted.by_service,
        }),
        gaps: gaps.into_iter().map(gap).collect(),
    }
}

fn span(placed: &PlacedSpan, begin: i64, names: &Names<'_>) -> wire::TraceSpan {
    let span = &placed.span;
    let event = |event: &fleetscope_model::SpanEvent| wire::SpanEvent {
        at: at(event.at_ns),
        name: event.name.clone(),
        attributes: attributes(&event.attributes),
    };
    wire::TraceSpan {
        cluster: names.name(span.cluster),
        span_id: span.id.to_string(),
        parent_span_id: span.parent.map(|id| id.to_string()),
        depth: placed.depth,
        service: span.service.clone(),
        namespace: span.namespace.clone(),
        name: span.name.clone(),
        kind: span.kind.as_str().to_owned(),
        status: status(span.status),
        message: span.message.clone(),
        started_at: at(span.start_ns),
        offset_ms: milliseconds(span.start_ns - begin),
        duration_ms: milliseconds(span.length_ns()),
        self_ms: milliseconds(placed.self_ns),
        critical_ms: milliseconds(placed.critical_ns),
        orphan: placed.orphan,
        starts_before_parent_ms: (placed.early_ns > 0).then(|| milliseconds(placed.early_ns)),
        attributes: attributes(&span.attributes),
        resource: attributes(&span.resource),
        events: span.events.iter().map(event).collect(),
    }
}
