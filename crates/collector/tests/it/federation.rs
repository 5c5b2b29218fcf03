//! Many clusters, some of them broken.

use std::time::{Duration, Instant};

use fleetscope_model::{ErrorKind, Fault, GapKind, MetricQuery, Selection, Source};
use fleetscope_outbound::OutboundOptions;
use fleetscope_ports::Telemetry;
use serde_json::json;

use crate::fleet::{Fleet, caller, hour, id, impatient, only, patient};
use crate::server::{self, Server};

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
    let (a, b) = tokio::join!(
        collector.instant(&caller, &query),
        collector.instant(&caller, &query)
    );
    let mut kinds = [a, b].map(|answer| answer.unwrap().gaps[0].kind);
    kinds.sort();
    assert_eq!(kinds, [GapKind::Timeout, GapKind::Overloaded]);
}
