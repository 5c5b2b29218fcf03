//! Where there is no Loki: pod logs by the Kubernetes API.

use fleetscope_collector::Collector;
use fleetscope_model::{GapKind, LogAnswer, LogExpression, LogQuestion, LogsAbout, Source};
use fleetscope_ports::Logs;
use serde_json::{Value, json};

use super::query::{raw, seeing};
use crate::fleet::{Fleet, caller, patient};
use crate::server::{self, Server, reply};

pub(super) fn pod(namespace: &str, name: &str, containers: &[&str]) -> Value {
    let containers: Vec<Value> = containers
        .iter()
        .map(|name| json!({ "name": name }))
        .collect();
    json!({
        "metadata": { "namespace": namespace, "name": name,
                      "labels": { "app.kubernetes.io/name": "cart" } },
        "spec": { "nodeName": "node-1", "containers": containers },
    })
}

/// Pods of two namespaces; those named `waiting` have no logs yet.
async fn kubernetes() -> Server {
    Server::start(|seen| {
        if seen.path == "/api/v1/pods" {
            let items = [
                pod("shop", "cart-1", &["cart", "proxy"]),
                pod("shop", "waiting", &["cart"]),
                pod("bank", "vault-1", &["vault"]),
            ];
            return server::json(
                200,
                &json!({ "kind": "PodList", "apiVersion": "v1",
                "metadata": { "resourceVersion": "1" }, "items": items }),
            );
        }
        if seen.path.contains("waiting") {
            return server::json(
                400,
                &json!({ "kind": "Status", "code": 400,
                "message": "container \"cart\" in pod \"waiting\" is waiting to start" }),
            );
        }
        let who = seen.field("container").unwrap_or_default();
        let lines = format!(
            "2026-11-22T09:10:00.5Z {who} started\n2026-11-22T09:20:00Z level=error {who} failed\n\
             2026-11-22T10:30:00Z {who} after the end\n2026-11-22T09:50:00Z cut in the mi"
        );
        reply(200, "text/plain", lines)
    })
    .await
}

async fn ask(collector: &Collector, question: &LogQuestion) -> LogAnswer {
    Logs::query(collector, &caller(), question).await.unwrap()
}

fn shown(answer: &LogAnswer) -> Vec<&str> {
    answer.lines.iter().map(|line| line.line.as_str()).collect()
}

#[tokio::test]
async fn lines_have_the_same_shape_and_the_answer_says_where_they_come_from() {
    let server = kubernetes().await;
    let collector = Fleet::of_one(Source::Kubernetes, server.endpoint()).collector(patient());
    let answer = ask(&collector, &raw("{namespace=\"shop\"} != \"proxy\"")).await;
    assert_eq!(shown(&answer), ["level=error cart failed", "cart started"]);
    assert_eq!(answer.gaps, [], "a container that waits is no gap");
    let labels = &answer.lines[0].labels;
    for (name, value) in [
        ("namespace", "shop"),
        ("pod", "cart-1"),
        ("container", "cart"),
        ("app", "cart"),
        ("service_name", "cart"),
        ("node", "node-1"),
        ("detected_level", "error"),
    ] {
        assert_eq!(labels[name], value, "{name}");
    }
    assert_eq!(answer.substitutes.len(), 1);
    assert_eq!(answer.substitutes[0].source, Source::Kubernetes);
    assert!(answer.substitutes[0].detail.contains("no Loki"));
    let seen = server.seen();
    let log = seen
        .iter()
        .find(|seen| seen.path.ends_with("/cart-1/log"))
        .unwrap();
    assert_eq!(log.path, "/api/v1/namespaces/shop/pods/cart-1/log");
    assert_eq!(log.field("timestamps"), Some("true"));
    assert_eq!(log.field("sinceTime"), Some("2026-11-22T09:00:00Z"));
}

#[tokio::test]
async fn pods_of_other_namespaces_are_not_read() {
    let server = kubernetes().await;
    let fleet = Fleet::of_one(Source::Kubernetes, server.endpoint());
    let collector = seeing(fleet, &["bank"]);
    let answer = ask(&collector, &raw("{pod=~\".+\"} |= \"started\"")).await;
    assert_eq!(shown(&answer), ["vault started"]);
    let read: Vec<String> = server.seen().into_iter().map(|seen| seen.path).collect();
    assert!(!read.iter().any(|path| path.contains("/shop/")), "{read:?}");
}

#[tokio::test]
async fn what_needs_a_loki_is_a_gap_that_says_so() {
    let server = kubernetes().await;
    let collector = Fleet::of_one(Source::Kubernetes, server.endpoint()).collector(patient());
    let answer = ask(&collector, &raw("sum(rate({namespace=\"shop\"}[5m]))")).await;
    assert_eq!(answer.gaps[0].kind, GapKind::NotConfigured);
    assert!(
        answer.gaps[0].detail.contains("register a Loki"),
        "{answer:?}"
    );
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn more_containers_than_are_read_are_told() {
    let server = Server::start(|seen| {
        if seen.path == "/api/v1/pods" {
            let items: Vec<Value> = (0..30)
                .map(|n| pod("shop", &format!("cart-{n}"), &["cart"]))
                .collect();
            return server::json(
                200,
                &json!({ "kind": "PodList", "apiVersion": "v1",
                "metadata": { "resourceVersion": "1" }, "items": items }),
            );
        }
        reply(200, "text/plain", "2026-11-22T09:10:00Z x\n")
    })
    .await;
    let collector = Fleet::of_one(Source::Kubernetes, server.endpoint()).collector(patient());
    let mut question = raw("{app=\"cart\"}");
    question.limit = 100;
    let answer = ask(&collector, &question).await;
    assert_eq!(answer.lines.len(), 20);
    assert_eq!(answer.gaps[0].kind, GapKind::Truncated);
    assert!(
        answer.gaps[0].detail.starts_with("30 containers"),
        "{answer:?}"
    );
}

/// What is asked about the streams that a query selects.
fn about(query: Option<&str>) -> LogsAbout {
    LogsAbout {
        scope: raw("{}").scope,
        expression: query.map(|query| LogExpression::Raw(query.to_owned())),
        limit: 100,
    }
}

#[tokio::test]
async fn labels_values_streams_and_fields_are_those_of_containers_and_it_is_said() {
    let server = kubernetes().await;
    let collector = Fleet::of_one(Source::Kubernetes, server.endpoint()).collector(patient());
    let caller = caller();
    let names = collector.labels(&caller, &about(None)).await.unwrap();
    let expected = [
        "app",
        "cluster",
        "container",
        "namespace",
        "node",
        "pod",
        "service_name",
    ];
    assert_eq!(names.items, expected);
    assert_eq!(names.substitutes[0].source, Source::Kubernetes);
    let shop = about(Some("{namespace=\"shop\"}"));
    let values = collector
        .label_values(&caller, "container", &shop)
        .await
        .unwrap();
    assert_eq!(values.items, ["cart", "proxy"]);
    let streams = collector.streams(&caller, &shop).await.unwrap();
    assert_eq!((streams.items.len(), streams.substitutes.len()), (3, 1));
    let fields = collector.fields(&caller, &shop).await.unwrap();
    let of: Vec<&str> = fields
        .items
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    assert_eq!(of, ["level"]);
    assert_eq!((fields.gaps.len(), fields.substitutes.len()), (0, 1));

    let volume = collector.volume(&caller, &shop, &[]).await.unwrap();
    assert_eq!(volume.gaps[0].kind, GapKind::NotConfigured);
    assert!(
        volume.gaps[0].detail.contains("register a Loki"),
        "{volume:?}"
    );
    let wrong = about(Some("{namespace=\"shop\"} | json"));
    let streams = collector.streams(&caller, &wrong).await.unwrap();
    assert_eq!(streams.gaps[0].kind, GapKind::NotConfigured);
}

#[tokio::test]
async fn labels_of_other_namespaces_are_not_told() {
    let server = kubernetes().await;
    let fleet = Fleet::of_one(Source::Kubernetes, server.endpoint());
    let collector = seeing(fleet, &["bank"]);
    let values = collector
        .label_values(&caller(), "pod", &about(None))
        .await
        .unwrap();
    assert_eq!(values.items, ["vault-1"]);
}
