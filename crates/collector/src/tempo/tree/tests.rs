//! What a tree must hold whatever the spans.

use std::sync::Arc;

use fleetscope_model::{Attributes, SpanId, SpanKind};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn span(id: u64, parent: u64, start: i64, end: i64) -> Span {
    Span {
        cluster: ClusterId::new(Uuid::nil()),
        id: SpanId(id),
        parent: (parent != 0).then_some(SpanId(parent)),
        service: format!("s{}", id % 3),
        namespace: None,
        name: String::new(),
        kind: SpanKind::Internal,
        start_ns: start,
        end_ns: end,
        status: SpanStatus::Unset,
        message: String::new(),
        attributes: Attributes::new(),
        resource: Arc::default(),
        events: Vec::new(),
    }
}

fn tree(spans: Vec<Span>) -> TraceTree {
    build(TraceId(1), spans).unwrap()
}

/// Id, depth, own time, share of the critical path.
fn told(tree: &TraceTree) -> Vec<(u64, u32, i64, i64)> {
    let told = |p: &PlacedSpan| (p.span.id.0, p.depth, p.self_ns, p.critical_ns);
    tree.spans.iter().map(told).collect()
}

#[test]
fn children_follow_their_parent_by_their_start_and_leave_it_the_time_they_did_not_take() {
    let tree = tree(vec![
        span(3, 1, 50, 90),
        span(4, 2, 15, 20),
        span(1, 0, 0, 100),
        span(2, 1, 10, 60),
    ]);
    // Between 50 and 60 both children ran; 2 had ended before 3 did and overlaps it, so that it
    // held nobody up.
    assert_eq!(
        told(&tree),
        [(1, 0, 20, 60), (2, 1, 45, 0), (4, 2, 5, 0), (3, 1, 40, 40)]
    );
    assert_eq!(
        (tree.total, tree.failed, tree.omitted.is_none()),
        (4, 0, true)
    );
}

#[test]
fn one_call_after_another_is_the_critical_path() {
    let tree = tree(vec![
        span(1, 0, 0, 100),
        span(2, 1, 10, 40),
        span(3, 1, 50, 95),
    ]);
    let path: Vec<_> = tree
        .critical_path
        .iter()
        .map(|s| (s.span.0, s.start_ns, s.end_ns))
        .collect();
    assert_eq!(
        path,
        [
            (1, 0, 10),
            (2, 10, 40),
            (1, 40, 50),
            (3, 50, 95),
            (1, 95, 100)
        ]
    );
}

#[test]
fn a_child_that_began_before_its_parent_is_told_and_not_moved() {
    let tree = tree(vec![span(1, 0, 100, 200), span(2, 1, 70, 180)]);
    assert_eq!(
        (tree.spans[1].span.start_ns, tree.spans[1].early_ns),
        (70, 30)
    );
    assert_eq!((tree.start_ns, tree.end_ns), (70, 200));
    assert_eq!(told(&tree), [(1, 0, 20, 20), (2, 1, 110, 80)]);
}

#[test]
fn a_span_without_its_parent_is_an_orphan_beside_the_root() {
    let tree = tree(vec![
        span(5, 9, 0, 10),
        span(1, 0, 20, 60),
        span(6, 5, 1, 2),
    ]);
    let orphans: Vec<_> = tree
        .spans
        .iter()
        .map(|p| (p.span.id.0, p.depth, p.orphan))
        .collect();
    assert_eq!(orphans, [(5, 0, true), (6, 1, false), (1, 0, false)]);
    // What the trace took is what its root took.
    assert_eq!(tree.critical_path.len(), 1);
    assert_eq!(tree.critical_path[0].span, SpanId(1));
}

#[test]
fn spans_that_name_each_other_are_all_there_once() {
    let tree = tree(vec![span(1, 2, 0, 10), span(2, 1, 5, 9), span(3, 3, 1, 2)]);
    let ids: Vec<_> = tree.spans.iter().map(|p| (p.span.id.0, p.orphan)).collect();
    assert_eq!(ids, [(3, true), (1, true), (2, false)]);
}

#[test]
fn a_client_and_a_server_of_one_id_are_parent_and_child() {
    let mut spans = vec![
        span(1, 0, 0, 100),
        span(7, 1, 10, 50),
        span(7, 1, 12, 48),
        span(8, 7, 20, 30),
    ];
    spans[1].kind = SpanKind::Client;
    spans[2].kind = SpanKind::Server;
    let tree = tree(spans);
    let depths: Vec<_> = tree.spans.iter().map(|p| (p.span.id.0, p.depth)).collect();
    assert_eq!(depths, [(1, 0), (7, 1), (7, 2), (8, 3)]);
}

#[test]
fn of_too_many_spans_the_deepest_are_left_out_and_counted() {
    let mut spans = vec![span(1, 0, 0, 1_000_000)];
    spans.extend((2..=6_000).map(|id| span(id, id - 1, id as i64, 1_000_000 - id as i64)));
    spans[5_999].status = SpanStatus::Error;
    let tree = tree(spans);
    assert_eq!(
        (tree.spans.len(), tree.total, tree.failed),
        (5_000, 6_000, 1)
    );
    let omitted = tree.omitted.unwrap();
    assert_eq!((omitted.spans, omitted.failed), (1_000, 1));
    assert_eq!(omitted.by_service.values().sum::<usize>(), 1_000);
    assert_eq!(tree.critical_path.len(), 1_000);
}

proptest! {
    #[test]
    fn every_span_is_placed_once_and_the_critical_path_has_no_break(
        drawn in prop::collection::vec((1_u64..20, 0_u64..20, 0_i64..500, 0_i64..300, any::<bool>()), 1..40)
    ) {
        let spans: Vec<Span> = drawn
            .iter()
            .map(|&(id, parent, start, length, serves)| {
                let mut one = span(id, parent, start, start + length);
                one.kind = if serves { SpanKind::Server } else { SpanKind::Client };
                one
            })
            .collect();
        let links = Links::of(&spans);
        let mut order = links.order.clone();
        order.sort_unstable();
        prop_assert_eq!(order, (0..spans.len()).collect::<Vec<_>>());

        let root = &spans[links.root.unwrap()];
        let mut at = root.start_ns;
        for step in critical::path(&spans, &links) {
            prop_assert_eq!(step.start, at);
            prop_assert!(step.end > step.start);
            let span = &spans[step.index];
            prop_assert!(span.start_ns <= step.start && step.end <= span.end_ns);
            at = step.end;
        }
        prop_assert_eq!(at, root.end_ns);

        let made = tree(spans.clone());
        prop_assert_eq!(made.spans.len(), spans.len());
        for placed in &made.spans {
            prop_assert!((0..=placed.span.length_ns()).contains(&placed.self_ns));
            prop_assert!((0..=placed.span.length_ns()).contains(&placed.critical_ns));
        }
    }
}
