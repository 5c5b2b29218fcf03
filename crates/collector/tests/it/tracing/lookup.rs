//! Whole traces.

use super::*;

const CHECKOUT: &str = "313f677e60c8c224651fb62145d88319";

fn id(text: &str) -> TraceId {
    text.parse().unwrap()
}

/// One batch of one service, as Tempo's second lookup gives it.
fn batch(namespace: &str, cluster: &str, spans: &Value) -> Value {
    let attribute = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    json!({
        "resource": {"attributes": [
            attribute("service.name", namespace), attribute("k8s.namespace.name", namespace),
            attribute("k8s.cluster.name", cluster),
        ]},
        "scopeSpans": [{"spans": spans}],
    })
}

fn span(id: u64, parent: u64, start: i64, end: i64) -> Value {
    json!({
        "spanId": format!("{id:016x}"), "parentSpanId": if parent == 0 { String::new() } else { format!("{parent:016x}") },
        "name": format!("span {id}"), "kind": "SPAN_KIND_SERVER",
        "startTimeUnixNano": start.to_string(), "endTimeUnixNano": end.to_string(),
    })
}

#[tokio::test]
async fn a_recorded_trace_is_read_as_a_tree() {
    let server = recording::server("tempo-traces", "trace v2, JSON").await;
    let answer = of(&server)
        .trace(&caller(), &Selection::All, id(CHECKOUT))
        .await
        .unwrap();
    assert_eq!(server.seen()[0].path, format!("/api/v2/traces/{CHECKOUT}"));
    assert_eq!(answer.gaps, []);
    let tree = answer.trace.unwrap();
    let root = &tree.spans[0];
    assert_eq!(
        (root.depth, root.span.kind, root.span.status),
        (0, SpanKind::Server, SpanStatus::Error)
    );
    assert_eq!(root.span.id.to_string(), "673a8e3e5291ff00");
    assert_eq!(root.span.length_ns(), 748_751_834);
    assert_eq!(
        root.span.attributes["app.flags"].to_string(),
        r#"["new-ui","eu"]"#
    );
    assert_eq!(root.span.message, "upstream checkout failed");
    assert!(
        tree.spans
            .iter()
            .all(|placed| !placed.orphan && placed.early_ns == 0)
    );
    let path: i64 = tree
        .critical_path
        .iter()
        .map(|step| step.end_ns - step.start_ns)
        .sum();
    assert_eq!(path, root.span.length_ns());
    assert!(tree.failed > 0 && tree.total == tree.spans.len());
}

#[tokio::test]
async fn a_tempo_without_the_second_lookup_is_asked_by_the_first() {
    let server = Server::start(|seen| {
        if seen.path.starts_with("/api/v2/") {
            return reply(404, "text/plain", "404 page not found\n");
        }
        recording::answer("tempo-traces", "trace v1, JSON: cart")
    })
    .await;
    let answer = of(&server)
        .trace(&caller(), &Selection::All, id("1"))
        .await
        .unwrap();
    assert!(answer.trace.unwrap().total > 2);
    let empty = Server::start(|seen| {
        let body = if seen.path.starts_with("/api/v2/") {
            "404 page not found\n"
        } else {
            ""
        };
        reply(404, "text/plain", body)
    })
    .await;
    let error = of(&empty)
        .trace(&caller(), &Selection::All, id("1"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    // Whatever this is, it is no Tempo: nobody knows whether there is a trace.
    let other = Server::start(|_| reply(404, "text/plain", "404 page not found\n")).await;
    let answer = of(&other)
        .trace(&caller(), &Selection::All, id("1"))
        .await
        .unwrap();
    assert_eq!(
        (answer.trace, answer.gaps[0].kind),
        (None, GapKind::BadAnswer)
    );
}

#[tokio::test]
async fn a_trace_that_is_nowhere_is_not_found_and_one_that_may_be_is_a_gap() {
    let absent = recording::server("tempo-traces", "trace v2 not found").await;
    let dead = Server::nobody();
    let error = of(&absent)
        .trace(&caller(), &Selection::All, id("1"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let fleet = Fleet::new([
        ("a", only(Source::Tempo, absent.endpoint())),
        ("b", only(Source::Tempo, dead)),
    ]);
    let answer = fleet
        .collector(patient())
        .trace(&caller(), &Selection::All, id("1"))
        .await
        .unwrap();
    assert_eq!((answer.trace, answer.gaps.len()), (None, 1));
    assert_eq!(answer.gaps[0].cluster_name, "b");
    // A cluster without a Tempo has no part of any trace.
    let fleet = Fleet::new([
        ("a", only(Source::Tempo, absent.endpoint())),
        ("b", only(Source::Loki, absent.endpoint())),
    ]);
    let error = fleet
        .collector(patient())
        .trace(&caller(), &Selection::All, id("1"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn the_parts_of_several_clusters_are_one_tree_and_no_span_is_there_twice() {
    let shop = json!({"trace": {"resourceSpans": [
        batch("web", "shop", &json!([span(1, 0, 1_000, 9_000)])),
        // A shared Tempo: the shop's has the bank's span, too.
        batch("bank", "bank", &json!([span(2, 1, 2_000, 5_000)])),
    ]}});
    let bank = json!({"trace": {"resourceSpans": [batch("bank", "bank", &json!([
        span(2, 1, 2_000, 5_000), span(3, 2, 500, 4_000), span(4, 99, 3_000, 4_000),
    ]))]}, "status": "PARTIAL", "message": "trace exceeds max size"});
    let (a, b) = (
        Server::start(move |_| json(200, &shop)).await,
        Server::start(move |_| json(200, &bank)).await,
    );
    let fleet = Fleet::new([
        ("bank", only(Source::Tempo, b.endpoint())),
        ("shop", only(Source::Tempo, a.endpoint())),
    ]);
    let answer = fleet
        .collector(patient())
        .trace(&caller(), &Selection::All, id("1"))
        .await
        .unwrap();
    let tree = answer.trace.unwrap();
    let told: Vec<_> = tree
        .spans
        .iter()
        .map(|p| (p.span.id.0, p.span.cluster, p.depth, p.orphan, p.early_ns))
        .collect();
    let (bank, shop) = (crate::fleet::id(1), crate::fleet::id(2));
    assert_eq!(
        told,
        [
            (1, shop, 0, false, 0),
            (2, bank, 1, false, 0),
            (3, bank, 2, false, 1_500),
            (4, bank, 0, true, 0)
        ]
    );
    assert_eq!(answer.gaps.len(), 1);
    assert_eq!(answer.gaps[0].kind, GapKind::Truncated);
    assert!(answer.gaps[0].detail.contains("trace exceeds max size"));
}

#[tokio::test]
async fn spans_of_other_namespaces_are_left_out_and_said_to_be() {
    let body = json!({"trace": {"resourceSpans": [
        batch("bank", "x", &json!([span(1, 0, 1_000, 9_000)])),
        batch("shop", "x", &json!([span(2, 1, 2_000, 5_000), span(3, 2, 3_000, 4_000)])),
    ]}});
    let server = Server::start(move |_| json(200, &body)).await;
    let answer = held(&server, "shop")
        .trace(&caller(), &Selection::All, id("1"))
        .await
        .unwrap();
    let tree = answer.trace.unwrap();
    let told: Vec<_> = tree.spans.iter().map(|p| (p.span.id.0, p.orphan)).collect();
    assert_eq!(told, [(2, true), (3, false)]);
    assert_eq!((tree.total, tree.start_ns), (2, 2_000));
    assert_eq!(answer.gaps[0].kind, GapKind::Forbidden);
    // A trace of which nothing may be seen is one that is not there.
    let error = held(&server, "till")
        .trace(&caller(), &Selection::All, id("1"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let absent = recording::server("tempo-traces", "trace v2 not found").await;
    let never = held(&absent, "till")
        .trace(&caller(), &Selection::All, id("1"))
        .await
        .unwrap_err();
    assert_eq!(error.message(), never.message());
}

#[tokio::test]
async fn spans_that_can_not_be_read_are_counted() {
    let broken = json!({"spanId": "?", "startTimeUnixNano": "5"});
    let body = json!({"trace": {"resourceSpans": [batch("shop", "x", &json!([span(1, 0, 1, 2), broken]))]}});
    let server = Server::start(move |_| json(200, &body)).await;
    let answer = of(&server)
        .trace(&caller(), &Selection::All, id("1"))
        .await
        .unwrap();
    assert_eq!(answer.trace.unwrap().total, 1);
    assert!(answer.gaps[0].detail.contains("1 spans whose id or time"));
}
