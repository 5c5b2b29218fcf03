//! Spans into a tree.
//!
//! Children that begin before their parents are told and not moved: the clocks of their nodes
//! differ, by how much nobody knows. Where times are added up, only what lies within the parent
//! counts. A span whose parent is missing is an orphan and stands beside the root; so does the
//! first of a circle of spans that name each other.

mod critical;
mod links;
mod times;

use std::collections::BTreeMap;

use fleetscope_model::{
    ClusterId, CriticalStep, Omitted, PlacedSpan, ServiceShare, Span, SpanStatus, TraceId,
    TraceTree,
};

use links::Links;

/// Spans shown of one trace: more than anybody reads, and less than an answer of 20 MB.
const MOST_SPANS: usize = 5_000;
/// Steps shown of the critical path; the longest of more.
const MOST_STEPS: usize = 1_000;

/// The tree of the spans, each of which is there once. `None` of none.
pub(super) fn build(id: TraceId, spans: Vec<Span>) -> Option<TraceTree> {
    let links = Links::of(&spans);
    let start_ns = spans.iter().map(|span| span.start_ns).min()?;
    let end_ns = spans.iter().map(|span| span.end_ns).max()?;
    let own = times::own(&spans, &links);
    let steps = critical::path(&spans, &links);
    let mut held_up = vec![0; spans.len()];
    for step in &steps {
        if let Some(sum) = held_up.get_mut(step.index) {
            *sum += step.end - step.start;
        }
    }
    let services = services(&spans, &own);
    let (total, failed) = (spans.len(), spans.iter().filter(|s| has_failed(s)).count());
    let critical_path = shown_steps(&steps, &spans);
    let shown = shown(&links);
    let omitted = omitted(&spans, &shown);
    let mut spans: Vec<Option<Span>> = spans.into_iter().map(Some).collect();
    let mut placed = Vec::with_capacity(shown.len().min(MOST_SPANS));
    for &index in links.order.iter().filter(|&&index| shown[index]) {
        if let Some(span) = spans.get_mut(index).and_then(Option::take) {
            placed.push(PlacedSpan {
                depth: links.depth[index],
                self_ns: own[index],
                critical_ns: held_up[index],
                orphan: links.orphans[index],
                early_ns: links.early[index],
                span,
            });
        }
    }
    Some(TraceTree {
        id,
        spans: placed,
        total,
        failed,
        start_ns,
        end_ns,
        critical_path,
        services,
        omitted,
    })
}

fn has_failed(span: &Span) -> bool {
    span.status == SpanStatus::Error
}

/// Which spans are shown. The deepest go first, so that of each shown span the parents are too.
fn shown(links: &Links) -> Vec<bool> {
    let mut by_depth = links.order.clone();
    by_depth.sort_by_key(|&index| links.depth[index]);
    let mut shown = vec![false; by_depth.len()];
    for &index in by_depth.iter().take(MOST_SPANS) {
        shown[index] = true;
    }
    shown
}

fn omitted(spans: &[Span], shown: &[bool]) -> Option<Omitted> {
    let mut omitted = Omitted {
        spans: 0,
        failed: 0,
        by_service: BTreeMap::new(),
    };
    for (span, _) in spans.iter().zip(shown).filter(|(_, shown)| !**shown) {
        omitted.spans += 1;
        omitted.failed += usize::from(has_failed(span));
        *omitted.by_service.entry(span.service.clone()).or_default() += 1;
    }
    (omitted.spans > 0).then_some(omitted)
}

fn shown_steps(steps: &[critical::Step], spans: &[Span]) -> Vec<CriticalStep> {
    let mut longest: Vec<usize> = (0..steps.len()).collect();
    longest.sort_by_key(|&at| std::cmp::Reverse(steps[at].end - steps[at].start));
    longest.truncate(MOST_STEPS);
    longest.sort_unstable();
    let told = |at: usize| {
        let (step, span) = (&steps[at], &spans[steps[at].index]);
        CriticalStep {
            span: span.id,
            cluster: span.cluster,
            start_ns: step.start,
            end_ns: step.end,
        }
    };
    longest.into_iter().map(told).collect()
}

fn services(spans: &[Span], own: &[i64]) -> Vec<ServiceShare> {
    let mut all: BTreeMap<(ClusterId, &str), ServiceShare> = BTreeMap::new();
    for (span, own) in spans.iter().zip(own) {
        let share = all
            .entry((span.cluster, &span.service))
            .or_insert_with(|| ServiceShare {
                cluster: span.cluster,
                service: span.service.clone(),
                spans: 0,
                failed: 0,
                self_ns: 0,
            });
        share.spans += 1;
        share.failed += usize::from(has_failed(span));
        share.self_ns = share.self_ns.saturating_add(*own);
    }
    let mut all: Vec<ServiceShare> = all.into_values().collect();
    all.sort_by_key(|share| std::cmp::Reverse(share.self_ns));
    all
}

#[cfg(test)]
mod tests;
