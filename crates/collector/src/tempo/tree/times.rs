//! Time that a span spent by itself.

use fleetscope_model::Span;

use super::links::Links;

/// Of each span, how much of its time no child of it covers. Children may overlap, and may go on
/// after their parent: only what lies within it counts.
pub(super) fn own(spans: &[Span], links: &Links) -> Vec<i64> {
    let own = |(at, span): (usize, &Span)| {
        let (mut covered, mut until) = (0, span.start_ns);
        // By their start.
        for &child in &links.children[at] {
            let from = spans[child].start_ns.max(until);
            let to = spans[child].end_ns.min(span.end_ns);
            if to > from {
                covered += to - from;
                until = to;
            }
        }
        span.length_ns() - covered
    };
    spans.iter().enumerate().map(own).collect()
}
