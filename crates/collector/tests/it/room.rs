//! What all answers together take: reads wait for room, and are gaps where none comes.

use std::sync::Arc;
use std::time::Duration;

use fleetscope_collector::Collector;
use fleetscope_model::{
    ClusterId, Evaluated, Evaluation, GapKind, Selection, Source, Union, Window,
};
use fleetscope_outbound::{Outbound, OutboundOptions};
use fleetscope_ports::{Metrics as _, Unrestricted};
use futures::future::join_all;
use serde_json::json;

use crate::fleet::{Fleet, at, caller, id, only, patient};
use crate::server::{self, Server};

const NAMES: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];

/// Bytes of one answer, beside its frame.
const PADDING: usize = 100_000;

/// A server whose answers are large, and twelve clusters that are read there.
async fn twelve(options: OutboundOptions) -> (Server, Outbound, Collector) {
    let server = Server::start(|_| {
        let series = json!({ "metric": { "pad": "x".repeat(PADDING) }, "value": [1, "1"] });
        let body = json!({ "status": "success",
            "data": { "resultType": "vector", "result": [series] } });
        server::json(200, &body)
    })
    .await;
    let clusters = NAMES.map(|name| (name, only(Source::Prometheus, server.endpoint())));
    let outbound = Outbound::new(options).unwrap();
    let fleet = Arc::new(Fleet::new(clusters));
    let collector = Collector::new(fleet, Arc::new(Unrestricted), outbound.clone());
    (server, outbound, collector)
}

async fn ask(collector: &Collector, clusters: Selection) -> Evaluated {
    let asked = Evaluation {
        clusters,
        query: "up".to_owned(),
        window: Window::At(at("2026-11-22T12:00:00Z")),
        union: Union::Each,
        points: None,
    };
    collector.evaluate(&caller(), &asked).await.unwrap()
}

/// What `/metrics` says of this.
fn told(outbound: &Outbound, name: &str) -> String {
    let mut text = String::new();
    let mut registry = prometheus_client::registry::Registry::default();
    outbound.metrics().register(&mut registry);
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    let line = text.lines().find(|line| line.starts_with(name));
    line.unwrap_or_else(|| panic!("no {name} in {text}"))
        .rsplit(' ')
        .next()
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_question_whose_answers_are_too_much_together_as_many_come_as_there_is_room_for() {
    let (_server, outbound, collector) = twelve(OutboundOptions {
        timeout: Duration::from_secs(4),
        max_response: 200_000,
        max_reading: 350_000,
        ..OutboundOptions::default()
    })
    .await;
    let found = ask(&collector, Selection::All).await;
    assert_eq!(found.answered, 3, "{:?}", found.gaps);
    assert_eq!(found.gaps.len(), 9);
    for gap in &found.gaps {
        assert_eq!(gap.kind, GapKind::Overloaded);
        assert!(
            gap.detail.contains("outbound.max_reading"),
            "{}",
            gap.detail
        );
    }
    assert_eq!(told(&outbound, "outbound_crowded_out_total"), "9");
    // All of it is given back.
    assert_eq!(told(&outbound, "outbound_reading_bytes"), "0");
    let all = NAMES.iter().zip(1..).map(|(_, n)| id(n));
    for one in all {
        assert_eq!(ask(&collector, Selection::Only(vec![one])).await.gaps, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_that_each_fit_wait_for_each_other_and_are_all_answered() {
    let (_server, outbound, collector) = twelve(OutboundOptions {
        max_response: 200_000,
        max_reading: 200_000,
        ..patient()
    })
    .await;
    let reads = (1..=NAMES.len() as u128).map(|n| {
        let collector = &collector;
        let one: ClusterId = id(n);
        async move { ask(collector, Selection::Only(vec![one])).await }
    });
    for found in join_all(reads).await {
        assert_eq!((found.answered, found.gaps), (1, vec![]));
    }
    assert_eq!(told(&outbound, "outbound_reading_bytes"), "0");
}
