//! Many clusters, some of them broken.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fleetscope_model::{ErrorKind, Fault, GapKind, MetricQuery, Selection, Source};
use fleetscope_outbound::{Outbound, OutboundOptions};
use fleetscope_ports::Telemetry;
use serde_json::json;

use crate::fleet::{Fleet, caller, hour, id, impatient, only, patient};
use crate::server::{self, Server};

/// What a machine shared with others may be late by.
const SLACK: Duration = Duration::from_millis(450);

fn query(clusters: Selection) -> MetricQuery {
    MetricQuery {
        clusters,
        query: "up".to_owned(),
        at: hour().end,
    }
}

/// A Prometheus with two series, not in the order of their labels.
async fn healthy() -> Server {
    let series = |job: &str| json!({"metric": {"job": job}, "value": [1_000.5, "1"]});
    let body = json!({"status": "success", "data": {
        "resultType": "vector", "result": [series("web"), series("api")]}});
    Server::start(move |_| server::json(200, &body)).await
}

async fn hung() -> Server {
    Server::raw(|stream| async move {
        let _held = stream;
        std::future::pending::<()>().await;
    })
    .await
}

#[tokio::test]
async fn a_hung_cluster_is_a_gap_and_the_others_answer() {
    let (a, b, c) = (healthy().await, hung().await, healthy().await);
    // Long enough for the healthy ones on a busy machine.
    let options = OutboundOptions {
        timeout: Duration::from_secs(3),
        ..OutboundOptions::default()
    };
    let prometheus = |server: &Server| only(Source::Prometheus, server.endpoint());
    let fleet = Fleet::new([
        ("zeta", prometheus(&a)),
        ("hung", prometheus(&b)),
        ("alpha", prometheus(&c)),
    ]);
    let started = Instant::now();
    let answer = fleet
        .collector(options)
        .instant(&caller(), &query(Selection::All))
        .await
        .unwrap();
    assert!(started.elapsed() < Duration::from_secs(8));

    let order: Vec<(_, &str)> = answer
        .items
        .iter()
        .map(|item| (item.cluster, item.series.labels["job"].as_str()))
        .collect();
    assert_eq!(
        order,
        [
            (id(3), "api"),
            (id(3), "web"),
            (id(1), "api"),
            (id(1), "web")
        ]
    );
    let gaps: Vec<(&str, GapKind)> = answer
        .gaps
        .iter()
        .map(|gap| (gap.cluster_name.as_str(), gap.kind))
        .collect();
    assert_eq!(gaps, [("hung", GapKind::Timeout)]);
}

#[tokio::test]
async fn twenty_hung_clusters_take_no_longer_than_one() {
    let server = hung().await;
    let names = [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r",
        "s", "t",
    ];
    let fleet = Fleet::new(names.map(|name| (name, only(Source::Prometheus, server.endpoint()))));
    let started = Instant::now();
    let answer = fleet
        .collector(impatient())
        .instant(&caller(), &query(Selection::All))
        .await
        .unwrap();
    assert_eq!(answer.gaps.len(), 20);
    // One after the other would be 8 s.
    assert!(
        started.elapsed() < Duration::from_secs(4),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn an_unknown_cluster_is_an_error_and_nothing_is_asked() {
    let server = healthy().await;
    let collector = Fleet::of_one(Source::Prometheus, server.endpoint()).collector(patient());
    let selection = Selection::Only(vec![id(1), id(9)]);
    let error = collector
        .instant(&caller(), &query(selection))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn only_the_selected_clusters_are_asked() {
    let (a, b) = (healthy().await, healthy().await);
    let fleet = Fleet::new([
        ("a", only(Source::Prometheus, a.endpoint())),
        ("b", only(Source::Prometheus, b.endpoint())),
    ]);
    let selection = Selection::Only(vec![id(2)]);
    let answer = fleet
        .collector(patient())
        .instant(&caller(), &query(selection))
        .await
        .unwrap();
    assert!(answer.items.iter().all(|item| item.cluster == id(2)));
    assert_eq!((a.seen().len(), b.seen().len()), (0, 1));
}

#[tokio::test]
async fn reads_beyond_the_clusters_own_limit_are_turned_away() {
    let server = hung().await;
    let options = OutboundOptions {
        concurrency_per_cluster: 1,
        ..impatient()
    };
    let collector = Fleet::of_one(Source::Prometheus, server.endpoint()).collector(options);
    let (caller, query) = (caller(), query(Selection::All));
    let other = MetricQuery {
        query: "down".to_owned(),
        ..query.clone()
    };
    let (a, b) = tokio::join!(
        collector.instant(&caller, &query),
        collector.instant(&caller, &other)
    );
    let mut kinds = [a, b].map(|answer| answer.unwrap().gaps[0].kind);
    kinds.sort();
    assert_eq!(kinds, [GapKind::Timeout, GapKind::Overloaded]);
}

#[tokio::test]
async fn a_hung_cluster_of_ten_is_asked_three_times_and_then_left_alone() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let silent = Server::raw(move |stream| {
        count.fetch_add(1, Ordering::SeqCst);
        async move {
            let _held = stream;
            std::future::pending::<()>().await;
        }
    })
    .await;
    let well = healthy().await;
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "hung", "i"];
    let fleet = Fleet::new(names.map(|name| {
        let server = if name == "hung" { &silent } else { &well };
        (name, only(Source::Prometheus, server.endpoint()))
    }));
    let collector = fleet.collector(impatient());
    let (caller, query) = (caller(), query(Selection::All));
    for _ in 0..3 {
        let started = Instant::now();
        let answer = collector.instant(&caller, &query).await.unwrap();
        let late = started.elapsed().saturating_sub(impatient().timeout);
        // 50 ms, and what a busy machine may take for scheduling.
        assert!(late < Duration::from_millis(50) + SLACK, "{late:?}");
        assert_eq!((answer.items.len(), answer.gaps.len()), (18, 1));
        assert_eq!(answer.gaps[0].kind, GapKind::Timeout);
    }
    let before = (asked.load(Ordering::SeqCst), well.seen().len());
    assert_eq!(before, (3, 27));
    let started = Instant::now();
    for _ in 0..5 {
        let answer = collector.instant(&caller, &query).await.unwrap();
        assert_eq!((answer.items.len(), answer.gaps.len()), (18, 1));
        let gap = &answer.gaps[0];
        assert_eq!(
            (gap.cluster_name.as_str(), gap.kind),
            ("hung", GapKind::Unreachable)
        );
        for said in [
            "has not answered for",
            "is asked again in",
            "at last: no complete answer",
        ] {
            assert!(gap.detail.contains(said), "{}", gap.detail);
        }
    }
    // As long as the first pause lasts, no call reaches it and nobody waits for it.
    assert!(
        started.elapsed() < Duration::from_secs(1),
        "{:?}",
        started.elapsed()
    );
    let after = (asked.load(Ordering::SeqCst), well.seen().len());
    assert_eq!(after, (3, 72));
}

#[tokio::test]
async fn a_cluster_that_comes_back_is_read_again_after_a_knock() {
    let up = Arc::new(AtomicBool::new(false));
    let shown = Arc::clone(&up);
    let server = Server::raw(move |stream| {
        let up = shown.load(Ordering::SeqCst);
        async move {
            if up {
                server::answer_once(
                    stream,
                    r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#,
                )
                .await;
            } else {
                let _held = stream;
                std::future::pending::<()>().await;
            }
        }
    })
    .await;
    let collector = Fleet::of_one(Source::Prometheus, server.endpoint()).collector(impatient());
    let (caller, query) = (caller(), query(Selection::All));
    for _ in 0..4 {
        let answer = collector.instant(&caller, &query).await.unwrap();
        assert_eq!(answer.gaps.len(), 1);
    }
    up.store(true, Ordering::SeqCst);
    let started = Instant::now();
    loop {
        let answer = collector.instant(&caller, &query).await.unwrap();
        if answer.gaps.is_empty() {
            break;
        }
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "{:?}",
            answer.gaps
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_get_that_is_hung_up_on_is_repeated_and_a_post_is_not() {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let server = Server::raw(move |stream| {
        let nth = count.fetch_add(1, Ordering::SeqCst);
        async move {
            if nth == 2 {
                server::answer_once(stream, "{}").await;
            }
        }
    })
    .await;
    let outbound = Outbound::new(patient()).unwrap();
    let upstream = outbound
        .upstream(id(1), Source::Loki, &server.endpoint())
        .unwrap();
    assert!(upstream.get("/x", &[]).await.unwrap().status.is_success());
    assert_eq!(calls.load(Ordering::SeqCst), 3);
    let failure = upstream.post_form("/x", &[]).await.unwrap_err();
    assert_eq!(failure.kind, GapKind::Truncated);
    assert_eq!(calls.load(Ordering::SeqCst), 4);
}
