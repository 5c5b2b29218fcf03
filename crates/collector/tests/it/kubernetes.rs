//! The Kubernetes API: recorded answers, pages, expired pages, refusals, and events.

use std::sync::atomic::{AtomicUsize, Ordering};

use fleetscope_kubernetes::Kubernetes;
use fleetscope_model::{EntityKind, GapKind, Selection, Source};
use fleetscope_outbound::Outbound;
use fleetscope_ports::Telemetry;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::fleet::{Fleet, at, caller, id, only, patient};
use crate::recording;
use crate::server::{self, Seen, Server};

fn connect(server: &Server) -> Kubernetes {
    let outbound = Outbound::new(patient()).unwrap();
    let upstream = outbound.upstream(id(1), Source::Kubernetes, &server.endpoint());
    Kubernetes::new(upstream.unwrap())
}

/// A list of one page.
pub(crate) fn list(items: &[Value]) -> Value {
    json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": items})
}

#[tokio::test]
async fn recorded_nodes_are_read_page_by_page() {
    let server = Server::start(|seen| {
        let page = match seen.field("continue") {
            None => "nodes list, page 1",
            Some(_) => "nodes list, page 2",
        };
        recording::answer("kubernetes", page)
    })
    .await;
    let nodes = connect(&server).nodes().await;
    assert_eq!(nodes.failure, None);
    let names: Vec<&str> = nodes
        .items
        .iter()
        .map(|node| node.meta.name.as_str())
        .collect();
    assert_eq!(names, ["127.0.0.1", "gpu-1", "gpu-2", "gpu-3"]);
    let ready = nodes.items[0]
        .conditions
        .iter()
        .find(|c| c.kind == "Ready")
        .unwrap();
    assert_eq!(ready.status, "True");
    let seen = server.seen();
    assert_eq!((seen.len(), seen[0].path.as_str()), (2, "/api/v1/nodes"));
    assert_eq!(seen[0].field("limit"), Some("500"));
}

#[tokio::test]
async fn an_expired_page_is_gone_on_with_as_the_server_offers() {
    let page = |name: &str, next: Option<&str>| {
        let mut page = list(&[json!({"metadata": {"name": name, "uid": name}})]);
        page["metadata"]["continue"] = next.into();
        page
    };
    let server = Server::start(move |seen: &Seen| match seen.field("continue") {
        None => server::json(200, &page("a", Some("old"))),
        Some("old") => recording::answer("kubernetes", "410 for a continue token"),
        Some(_) => server::json(200, &page("b", None)),
    })
    .await;
    let nodes = connect(&server).nodes().await;
    assert_eq!(nodes.failure, None);
    assert_eq!(nodes.items.len(), 2);
    let offered = "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiYzJcdTAwMDAifQ";
    assert_eq!(server.seen()[2].field("continue"), Some(offered));
}

#[tokio::test]
async fn a_list_that_keeps_expiring_is_begun_anew_once() {
    let server = recording::server("kubernetes", "410 for a list at an exact").await;
    let nodes = connect(&server).nodes().await;
    assert_eq!(nodes.failure.unwrap().kind, GapKind::BadAnswer);
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_page_that_fails_leaves_what_was_read_before() {
    let server = Server::start(|seen| match seen.field("continue") {
        None => recording::answer("kubernetes", "nodes list, page 1"),
        Some(_) => server::reply(500, "text/plain", "etcd is gone"),
    })
    .await;
    let nodes = connect(&server).nodes().await;
    assert_eq!(nodes.items.len(), 2);
    assert_eq!(nodes.failure.unwrap().kind, GapKind::BadAnswer);
}

#[tokio::test]
async fn an_endless_list_ends_at_the_cap() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |_| {
        let n = count.fetch_add(1, Ordering::Relaxed);
        let mut page = list(&[json!({"metadata": {"name": n.to_string()}})]);
        page["metadata"]["continue"] = json!("more");
        server::json(200, &page)
    })
    .await;
    let nodes = connect(&server).nodes().await;
    assert_eq!(nodes.items.len(), 40);
    assert_eq!(nodes.failure.unwrap().kind, GapKind::Truncated);
    assert_eq!(server.seen().len(), 40);
}

#[tokio::test]
async fn recorded_refusals_are_told_apart() {
    for (name, kind, said) in [
        (
            "401 with a bad token",
            GapKind::Unauthenticated,
            "Unauthorized",
        ),
        (
            "403 for a service account",
            GapKind::Forbidden,
            "cannot list resource",
        ),
        (
            "404 unknown group",
            GapKind::BadAnswer,
            "404 page not found",
        ),
        ("custom resource right after", GapKind::Overloaded, "429"),
    ] {
        let server = recording::server("kubernetes", name).await;
        let failure = connect(&server).nodes().await.failure.unwrap();
        assert_eq!(failure.kind, kind, "{name}");
        assert!(failure.detail.contains(said), "{}", failure.detail);
    }
}

#[tokio::test]
async fn a_recorded_pod_that_was_killed_for_memory_says_so() {
    let server = Server::start(|_| {
        let pods = ["pod that is not well: oom", "pod that is not well: crash"];
        server::json(
            200,
            &list(&pods.map(|name| recording::body("kubernetes", name))),
        )
    })
    .await;
    let pods = connect(&server).pods().await.items;
    assert_eq!(
        (pods[0].phase.as_str(), pods[0].node.as_deref()),
        ("Running", Some("127.0.0.1"))
    );
    let container = &pods[0].containers[0];
    assert_eq!(container.waiting.as_deref(), Some("CrashLoopBackOff"));
    let ended = container.ended.as_ref().unwrap();
    assert_eq!((ended.reason.as_str(), ended.exit_code), ("OOMKilled", 137));
    assert_eq!(ended.at, at("2026-11-22T08:56:03Z"));
}

#[tokio::test]
async fn recorded_events_have_times_and_entities_in_both_forms() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/api/v1/events" => recording::answer("kubernetes", "events (core/v1)"),
        "/apis/apps/v1/replicasets" => server::json(200, &list(&[])),
        _ => server::reply(404, "text/plain", "404 page not found"),
    })
    .await;
    let collector = Fleet::of_one(Source::Kubernetes, server.endpoint()).collector(patient());
    let range = fleetscope_model::TimeRange::ending(
        at("2026-11-22T08:56:01.9Z"),
        SignedDuration::from_secs(1),
    );
    let answer = collector
        .events(&caller(), &Selection::All, range)
        .await
        .unwrap();
    assert_eq!(answer.gaps, []);
    assert!(
        answer
            .items
            .iter()
            .all(|event| range.contains(event.last_at))
    );
    assert!(answer.items.is_sorted_by_key(|event| event.last_at));
    // The scheduler writes only `eventTime`.
    let scheduled = answer
        .items
        .iter()
        .find(|event| event.entity.name == "bad-image" && event.reason == "Scheduled")
        .unwrap();
    assert_eq!(scheduled.last_at, at("2026-11-22T08:56:01.386188Z"));
    assert_eq!(
        (scheduled.count, scheduled.entity.kind),
        (1, EntityKind::Pod)
    );
}

#[tokio::test]
async fn events_are_about_workloads_and_what_is_no_entity_stands_for_its_cluster() {
    let event = |kind: &str, name: &str, time: &str| {
        json!({"metadata": {"name": name, "namespace": "shop"}, "type": "Warning",
            "reason": "Test", "message": "text", "lastTimestamp": time, "firstTimestamp": time,
            "involvedObject": {"kind": kind, "namespace": "shop", "name": name}})
    };
    let events = list(&[
        event("ReplicaSet", "web-1", "2026-11-22T09:30:02Z"),
        event("PersistentVolumeClaim", "data", "2026-11-22T09:30:01Z"),
        event("Pod", "web-1-x", "2026-11-22T08:59:59Z"),
    ]);
    let sets = list(&[
        json!({"metadata": {"name": "web-1", "namespace": "shop", "uid": "1",
        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web",
            "uid": "2", "controller": true}]}}),
    ]);
    let server = Server::start(move |seen| match seen.path.as_str() {
        "/api/v1/events" => server::json(200, &events),
        _ => server::json(200, &sets),
    })
    .await;
    let collector = Fleet::of_one(Source::Kubernetes, server.endpoint()).collector(patient());
    let answer = collector
        .events(&caller(), &Selection::All, crate::fleet::hour())
        .await
        .unwrap();
    let told: Vec<(String, &str)> = answer
        .items
        .iter()
        .map(|event| (event.entity.to_string(), event.message.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (
                "cluster shop".to_owned(),
                "PersistentVolumeClaim shop/data: text"
            ),
            ("workload shop/web".to_owned(), "text"),
        ]
    );
}

#[tokio::test]
async fn events_of_several_clusters_come_oldest_first() {
    let at = |time: &'static str| {
        Server::start(move |seen| {
            let event = json!({"metadata": {"name": time}, "lastTimestamp": time,
                "involvedObject": {"kind": "Node", "name": "w1"}});
            let items = if seen.path == "/api/v1/events" {
                vec![event]
            } else {
                Vec::new()
            };
            server::json(200, &list(&items))
        })
    };
    let (late, early) = (
        at("2026-11-22T09:40:00Z").await,
        at("2026-11-22T09:20:00Z").await,
    );
    let fleet = Fleet::new([
        ("a", only(Source::Kubernetes, late.endpoint())),
        ("b", only(Source::Kubernetes, early.endpoint())),
    ]);
    let collector = fleet.collector(patient());
    let answer = collector
        .events(&caller(), &Selection::All, crate::fleet::hour())
        .await;
    let clusters = answer
        .unwrap()
        .items
        .into_iter()
        .map(|event| event.entity.cluster);
    assert_eq!(clusters.collect::<Vec<_>>(), [id(2), id(1)]);
}
