//! Following a resource, by what a real API server was recorded to say.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fleetscope_kubernetes::{Change, Kubernetes, Resource};
use fleetscope_model::Source;
use fleetscope_outbound::Outbound;
use serde_json::json;

use crate::fleet::{id, patient};
use crate::recording;
use crate::server::{self, Server};

const MAPS: Resource = Resource {
    group: "",
    version: "v1",
    plural: "configmaps",
    kind: "ConfigMap",
};

fn watch(server: &Server) -> fleetscope_kubernetes::Watch {
    let outbound = Outbound::new(patient()).unwrap();
    let upstream = outbound.upstream(id(1), Source::Kubernetes, &server.endpoint());
    Kubernetes::new(upstream.unwrap()).watch(MAPS)
}

fn list(version: &str) -> axum::response::Response {
    let body = json!({"kind": "List", "metadata": {"resourceVersion": version}, "items": [
        {"metadata": {"name": "w0", "namespace": "shop"}}]});
    server::json(200, &body)
}

fn name(change: &Change) -> (&'static str, &str) {
    match change {
        Change::All(all) => ("all", &all[0].metadata.name),
        Change::Put(object) => ("put", &object.metadata.name),
        Change::Gone(object) => ("gone", &object.metadata.name),
    }
}

#[tokio::test]
async fn changes_are_told_and_a_watch_that_ended_goes_on_after_its_last_bookmark() {
    let server = Server::start(|seen| match seen.field("watch") {
        None => list("907"),
        Some(_) => recording::answer("kubernetes-watch", "watch: ADDED"),
    })
    .await;
    let mut watch = watch(&server);
    let mut told = Vec::new();
    for _ in 0..5 {
        told.push(watch.next().await.unwrap());
    }
    let told: Vec<_> = told.iter().map(name).collect();
    assert_eq!(
        told,
        [
            ("all", "w0"),
            ("put", "w1"),
            ("put", "w1"),
            ("gone", "w1"),
            ("put", "w1")
        ]
    );
    let seen = server.seen();
    let from: Vec<_> = seen
        .iter()
        .map(|one| one.field("resourceVersion"))
        .collect();
    assert_eq!((from[0], from[1]), (None, Some("907")));
    assert_eq!(from[2], Some("928"));
    assert_eq!(seen[1].field("allowWatchBookmarks"), Some("true"));
}

#[tokio::test]
async fn a_bookmark_moves_the_place_to_go_on_from_and_tells_nothing() {
    let server = Server::start(|seen| match seen.field("resourceVersion") {
        None => list("1"),
        Some("1") => server::json(
            200,
            &json!({"type": "BOOKMARK",
            "object": {"metadata": {"resourceVersion": "999"}}}),
        ),
        Some(_) => recording::answer("kubernetes-watch", "watch: ADDED"),
    })
    .await;
    let mut watch = watch(&server);
    let told = [watch.next().await.unwrap(), watch.next().await.unwrap()];
    assert_eq!(told.each_ref().map(name), [("all", "w0"), ("put", "w1")]);
    let seen = server.seen();
    assert_eq!(seen[2].field("resourceVersion"), Some("999"));
}

#[tokio::test]
async fn a_version_that_is_too_old_begins_anew_with_all_objects() {
    let lists = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&lists);
    let server = Server::start(move |seen| match seen.field("resourceVersion") {
        None => {
            count.fetch_add(1, Ordering::SeqCst);
            list(&(900 + count.load(Ordering::SeqCst)).to_string())
        }
        // The first watch is too old: once by a frame, as recorded, once by the status.
        Some("901") => recording::answer("kubernetes-watch", "watch: ERROR 410"),
        Some("902") => server::json(410, &json!({"kind": "Status", "code": 410})),
        Some(_) => recording::answer("kubernetes-watch", "watch: ADDED"),
    })
    .await;
    let mut watch = watch(&server);
    let mut told = Vec::new();
    for _ in 0..4 {
        told.push(watch.next().await.unwrap());
    }
    let told: Vec<_> = told.iter().map(|change| name(change).0).collect();
    assert_eq!(told, ["all", "all", "all", "put"]);
    assert_eq!(lists.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_refused_watch_is_a_failure_and_not_an_end() {
    let server = Server::start(|seen| match seen.field("watch") {
        None => list("907"),
        Some(_) => server::json(
            403,
            &json!({"kind": "Status", "message": "no", "code": 403}),
        ),
    })
    .await;
    let mut watch = watch(&server);
    assert!(watch.next().await.is_ok());
    let failure = watch.next().await.unwrap_err();
    assert_eq!(failure.kind, fleetscope_model::GapKind::Forbidden);
}
