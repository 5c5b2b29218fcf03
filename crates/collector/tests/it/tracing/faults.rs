//! Tempos that fail: each is a gap, in time, and whoever answers is heard.

use std::time::{Duration, Instant};

use super::*;

async fn hung() -> Server {
    Server::raw(|stream| async move {
        let _held = stream;
        std::future::pending::<()>().await;
    })
    .await
}

/// Promises more than it sends.
async fn cut() -> Server {
    const CUT: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
        content-length: 900\r\n\r\n{\"traces\":[";
    Server::raw(|stream| crate::server::cut(stream, CUT)).await
}

/// Every question about traces: how much was found, and the gaps by cluster.
async fn asked(collector: &Collector) -> Vec<(usize, Vec<(String, GapKind)>)> {
    let (caller, all) = (caller(), Selection::All);
    let gaps = |gaps: Vec<fleetscope_model::Gap>| {
        gaps.into_iter()
            .map(|gap| (gap.cluster_name, gap.kind))
            .collect::<Vec<_>>()
    };
    let search = collector.search(&caller, &raw("{ }")).await.unwrap();
    let trace = collector.trace(&caller, &all, TraceId(1)).await.unwrap();
    let services = collector
        .services(&caller, &all, hour(), None)
        .await
        .unwrap();
    let calls = collector.dependencies(&caller, &all, hour()).await.unwrap();
    vec![
        (search.items.len(), gaps(search.gaps)),
        (usize::from(trace.trace.is_some()), gaps(trace.gaps)),
        (services.items.len(), gaps(services.gaps)),
        (calls.items.len(), gaps(calls.gaps)),
    ]
}

fn healthy(seen: &crate::server::Seen) -> axum::response::Response {
    let span =
        json!({"spanId": "0000000000000001", "startTimeUnixNano": "1", "endTimeUnixNano": "2"});
    json(
        200,
        &match seen.path.as_str() {
            "/api/search" => json!({"traces": [{"traceID": "1", "startTimeUnixNano": "1"}]}),
            path if path.ends_with("/values") => {
                json!({"tagValues": [{"type": "string", "value": "a"}]})
            }
            _ => json!({"trace": {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}}),
        },
    )
}

#[tokio::test]
async fn dead_slow_broken_and_cut_clusters_are_gaps_beside_one_that_answers() {
    let well = Server::start(healthy).await;
    let (slow, cut) = (hung().await, cut().await);
    let garbage = Server::start(|_| reply(200, "application/json", "{\"traces\": 5")).await;
    let page = Server::start(|_| reply(200, "text/html", "<html>log in</html>")).await;
    let tempo = |endpoint| only(Source::Tempo, endpoint);
    let fleet = Fleet::new([
        ("a-well", tempo(well.endpoint())),
        ("b-dead", tempo(Server::nobody())),
        ("c-slow", tempo(slow.endpoint())),
        ("d-cut", tempo(cut.endpoint())),
        ("e-garbage", tempo(garbage.endpoint())),
        ("f-page", tempo(page.endpoint())),
    ]);
    let options = OutboundOptions {
        timeout: Duration::from_secs(2),
        ..impatient()
    };
    let collector = fleet.collector(options);
    let started = Instant::now();
    let answers = asked(&collector).await;
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "{:?}",
        started.elapsed()
    );
    for (found, gaps) in answers {
        assert_eq!(found, 1, "{gaps:?}");
        let names: Vec<&str> = gaps.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["b-dead", "c-slow", "d-cut", "e-garbage", "f-page"]);
        let kinds: Vec<GapKind> = gaps.iter().map(|(_, kind)| *kind).collect();
        assert_eq!(kinds[0], GapKind::Unreachable);
        assert!(
            matches!(kinds[1], GapKind::Timeout | GapKind::Unreachable),
            "{kinds:?}"
        );
        assert!(
            matches!(kinds[2], GapKind::Truncated | GapKind::Unreachable),
            "{kinds:?}"
        );
        assert_eq!(kinds[3..], [GapKind::BadAnswer, GapKind::BadAnswer]);
    }
}

#[tokio::test]
async fn a_trace_above_the_cap_is_a_gap_that_says_so() {
    let body = format!("{{\"trace\":{{}},\"message\":\"{}\"}}", "x".repeat(200_000));
    let server = Server::start(move |_| reply(200, "application/json", body.clone())).await;
    let options = OutboundOptions {
        max_response: 100_000,
        ..patient()
    };
    let collector = Fleet::of_one(Source::Tempo, server.endpoint()).collector(options);
    let answer = collector
        .trace(&caller(), &Selection::All, TraceId(1))
        .await
        .unwrap();
    assert_eq!(
        (answer.trace, answer.gaps[0].kind),
        (None, GapKind::Truncated)
    );
}

#[tokio::test]
async fn of_a_trace_of_many_spans_the_deepest_are_left_out_and_counted() {
    let spans: Vec<Value> = (1..=5_200_u64)
        .map(|id| {
            json!({"spanId": format!("{id:016x}"), "parentSpanId": if id == 1 { String::new() } else { "0000000000000001".to_owned() },
                "startTimeUnixNano": "1", "endTimeUnixNano": "9"})
        })
        .collect();
    let body = json!({"trace": {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}});
    let server = Server::start(move |_| json(200, &body)).await;
    let answer = of(&server)
        .trace(&caller(), &Selection::All, TraceId(1))
        .await
        .unwrap();
    let tree = answer.trace.unwrap();
    assert_eq!((tree.total, tree.spans.len()), (5_200, 5_000));
    assert_eq!(tree.omitted.unwrap().spans, 200);
}
