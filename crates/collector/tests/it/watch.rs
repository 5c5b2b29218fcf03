//! Following a resource, by what a real API server was recorded to say.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fleetscope_kubernetes::{Kubernetes, Told, Version, Watch};
use fleetscope_model::{GapKind, Source};
use fleetscope_outbound::Outbound;
use serde_json::json;

use crate::fleet::{id, patient};
use crate::recording;
use crate::server::{self, Server};

fn watch(server: &Server) -> Watch<Version> {
    let outbound = Outbound::new(patient()).unwrap();
    let upstream = outbound.upstream(id(1), Source::Kubernetes, &server.endpoint());
    Kubernetes::new(upstream.unwrap()).watch_config_maps(1_000)
}

fn list(version: &str) -> axum::response::Response {
    let body = json!({"kind": "List", "metadata": {"resourceVersion": version}, "items": [
        {"metadata": {"name": "w0", "namespace": "shop"}}]});
    server::json(200, &body)
}

/// The next steps in words.
async fn steps(watch: &mut Watch<Version>, count: usize) -> Vec<String> {
    let mut told = Vec::new();
    for _ in 0..count {
        told.push(match watch.next().await.unwrap() {
            Told::All(all) => format!("all {}", all.len()),
            Told::Put(key, _) => format!("put {}", key.name),
            Told::Gone(key) => format!("gone {}", key.name),
            other => format!("{other:?}").to_lowercase(),
        });
    }
    told
}

fn bookmark(version: &str) -> axum::response::Response {
    let object = json!({"metadata": {"resourceVersion": version}});
    server::json(200, &json!({"type": "BOOKMARK", "object": object}))
}

#[tokio::test]
async fn changes_are_told_and_a_watch_that_ended_goes_on_after_its_last_bookmark() {
    let server = Server::start(|seen| match seen.field("watch") {
        None => list("907"),
        Some(_) => recording::answer("kubernetes-watch", "watch: ADDED"),
    })
    .await;
    let told = steps(&mut watch(&server), 9).await;
    let expected = [
        "all 1", "opened", "put w1", "put w1", "gone w1", "still", "ended", "opened", "put w1",
    ];
    assert_eq!(told, expected);
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
async fn only_the_metadata_is_asked_for() {
    let server = Server::start(|seen| match seen.field("watch") {
        None => list("1"),
        Some(_) => bookmark("2"),
    })
    .await;
    steps(&mut watch(&server), 2).await;
    for (seen, form) in server.seen().iter().zip(["List;", ";"]) {
        let accept = seen.headers["accept"].to_str().unwrap();
        let only = format!("application/json;as=PartialObjectMetadata{form}g=meta.k8s.io;v=v1");
        assert_eq!(accept, only);
    }
}

#[tokio::test]
async fn a_bookmark_moves_the_place_to_go_on_from() {
    let server = Server::start(|seen| match seen.field("resourceVersion") {
        None => list("1"),
        Some("1") => bookmark("999"),
        Some(_) => recording::answer("kubernetes-watch", "watch: ADDED"),
    })
    .await;
    let told = steps(&mut watch(&server), 6).await;
    assert_eq!(
        told,
        ["all 1", "opened", "still", "ended", "opened", "put w1"]
    );
    assert_eq!(server.seen()[2].field("resourceVersion"), Some("999"));
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
    let told = steps(&mut watch(&server), 8).await;
    let expected = [
        "all 1",
        "opened",
        "forgotten",
        "all 1",
        "forgotten",
        "all 1",
        "opened",
        "put w1",
    ];
    assert_eq!(told, expected);
    assert_eq!(lists.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_watch_that_was_silent_to_its_end_is_not_believed() {
    // So is one of a server that was restored to an older version.
    let server = Server::start(|seen| match seen.field("watch") {
        None => list("907"),
        Some(_) => server::reply(200, "application/json", ""),
    })
    .await;
    let told = steps(&mut watch(&server), 4).await;
    assert_eq!(told, ["all 1", "opened", "forgotten", "all 1"]);
}

#[tokio::test]
async fn what_can_not_be_read_is_a_failure_and_begins_anew() {
    let server = Server::start(|seen| match seen.field("watch") {
        None => list("907"),
        Some(_) => server::json(200, &json!({"type": "ADDED", "object": {"metadata": 7}})),
    })
    .await;
    let mut watch = watch(&server);
    steps(&mut watch, 2).await;
    let failure = watch.next().await.unwrap_err();
    assert_eq!(failure.kind, GapKind::BadAnswer);
    assert_eq!(steps(&mut watch, 1).await, ["all 1"]);
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
    assert_eq!(failure.kind, GapKind::Forbidden);
}

#[tokio::test]
async fn the_list_comes_page_by_page_and_one_that_is_too_long_is_not_kept() {
    let server = Server::start(|seen| {
        let page: usize = seen
            .field("continue")
            .map_or(0, |page| page.parse().unwrap());
        let item = json!({"metadata": {"name": format!("w{page}"), "namespace": "shop"}});
        let next = (page < 2).then(|| (page + 1).to_string());
        let metadata = json!({"resourceVersion": "5", "continue": next.unwrap_or_default()});
        server::json(200, &json!({"metadata": metadata, "items": [item]}))
    })
    .await;
    assert_eq!(steps(&mut watch(&server), 1).await, ["all 3"]);
    let outbound = Outbound::new(patient()).unwrap();
    let upstream = outbound.upstream(id(1), Source::Kubernetes, &server.endpoint());
    let mut short = Kubernetes::new(upstream.unwrap()).watch_config_maps(2);
    let failure = short.next().await.unwrap_err();
    assert_eq!(failure.kind, GapKind::Truncated);
}
