//! Watches beyond what was recorded.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use super::ask::{Frame, watch};
use super::fixture::{Cluster, config_map, node, pod};

const PODS: &str = "/api/v1/pods?watch=true";

fn told(frames: &[Frame]) -> Vec<(&str, &str)> {
    frames
        .iter()
        .map(|frame| (frame.kind.as_str(), frame.name()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_watch_of_one_namespace_hears_nothing_of_the_others() {
    let cluster = Cluster::empty();
    let path = "/api/v1/namespaces/shop/pods?watch=true&timeoutSeconds=3";
    let happen = async {
        sleep(Duration::from_secs(1)).await;
        for namespace in ["shop", "shop-2", "default"] {
            cluster.apply(pod(namespace, "a", "x", "n1"));
            cluster.apply(config_map(namespace, "a", &json!({}), "1"));
        }
    };
    let ((frames, _), ()) = tokio::join!(watch(&cluster.router, path, &[]), happen);
    assert_eq!(told(&frames), [("ADDED", "a")]);
    assert_eq!(frames[0].object["metadata"]["namespace"], "shop");
}

#[tokio::test(start_paused = true)]
async fn a_watch_of_a_name_hears_of_that_object_only() {
    let cluster = Cluster::empty();
    cluster.apply(node("a"));
    cluster.apply(node("b"));
    let (frames, _) = watch(
        &cluster.router,
        "/api/v1/nodes/b?watch=true&timeoutSeconds=1",
        &[],
    )
    .await;
    assert_eq!(told(&frames), [("ADDED", "b")]);
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_is_bound_enters_the_watch_of_its_node_and_leaves_that_of_the_unbound() {
    let cluster = Cluster::empty();
    let mut unbound = pod("shop", "a", "x", "n1");
    unbound["spec"].as_object_mut().unwrap().remove("nodeName");
    cluster.apply(unbound);
    let happen = async {
        sleep(Duration::from_secs(1)).await;
        cluster.apply(pod("shop", "a", "x", "n1"));
        cluster.delete("v1", "Pod", "shop", "a");
    };
    let on_node = format!("{PODS}&timeoutSeconds=2&fieldSelector=spec.nodeName%3Dn1");
    let nowhere = format!("{PODS}&timeoutSeconds=2&fieldSelector=spec.nodeName%3D");
    let ((bound, _), (free, _), ()) = tokio::join!(
        watch(&cluster.router, &on_node, &[]),
        watch(&cluster.router, &nowhere, &[]),
        happen
    );
    assert_eq!(told(&bound), [("ADDED", "a"), ("DELETED", "a")]);
    assert_eq!(told(&free), [("ADDED", "a"), ("DELETED", "a")]);
    assert!(
        bound[1].version() > bound[0].version(),
        "a deletion has its own version"
    );
    assert!(
        free[1].object["spec"].get("nodeName").is_none(),
        "as it was when it still matched"
    );
}

#[tokio::test(start_paused = true)]
async fn a_watch_goes_on_from_any_version_that_is_not_compacted() {
    let cluster = Cluster::empty();
    let mut versions = vec![cluster.store.resource_version()];
    for number in 0..5 {
        cluster.apply(config_map("shop", &format!("c{number}"), &json!({}), "1"));
        versions.push(cluster.store.resource_version());
    }
    for (missed, from) in versions.iter().enumerate() {
        let path = format!("/api/v1/configmaps?watch=true&timeoutSeconds=1&resourceVersion={from}");
        let (frames, _) = watch(&cluster.router, &path, &[]).await;
        assert_eq!(frames.len(), 5 - missed);
    }
    cluster.store.compact(2);
    // What is left begins right after the third write.
    for (missed, from) in versions.iter().enumerate() {
        let path = format!("/api/v1/configmaps?watch=true&timeoutSeconds=1&resourceVersion={from}");
        let (frames, _) = watch(&cluster.router, &path, &[]).await;
        if missed < 3 {
            assert_eq!(
                (frames[0].kind.as_str(), &frames[0].object["code"]),
                ("ERROR", &json!(410))
            );
        } else {
            assert_eq!(frames.len(), 5 - missed);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_is_too_slow_for_the_log_is_told_so() {
    let cluster = Cluster::empty();
    cluster.store.set_history_limit(3);
    let path = "/api/v1/configmaps?watch=true&timeoutSeconds=5";
    let happen = async {
        sleep(Duration::from_secs(1)).await;
        // All in one go: the watch does not get to run between.
        for number in 0..5 {
            cluster.apply(config_map("shop", &format!("c{number}"), &json!({}), "1"));
        }
    };
    let ((frames, took), ()) = tokio::join!(watch(&cluster.router, path, &[]), happen);
    assert_eq!(frames.len(), 1);
    assert_eq!(
        (frames[0].kind.as_str(), &frames[0].object["reason"]),
        ("ERROR", &json!("Expired"))
    );
    assert_eq!(took.as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn bookmarks_come_every_minute_and_before_the_end() {
    let cluster = Cluster::empty();
    let path = format!("{PODS}&allowWatchBookmarks=true&timeoutSeconds=150");
    let happen = async {
        sleep(Duration::from_secs(30)).await;
        // Of another kind: a bookmark moves the watch past it all the same.
        cluster.apply(node("a"));
    };
    let ((frames, took), ()) = tokio::join!(watch(&cluster.router, &path, &[]), happen);
    let times: Vec<u64> = frames.iter().map(|frame| frame.at.as_secs()).collect();
    assert_eq!(times, [60, 120, 148]);
    assert!(frames.iter().all(|frame| frame.kind == "BOOKMARK"));
    assert_eq!(frames[0].version(), cluster.store.resource_version());
    let bookmark = frames[0].object.as_object().unwrap();
    let mut keys: Vec<&str> = bookmark.keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["apiVersion", "kind", "metadata"]);
    assert_eq!(took.as_secs(), 150);
}

#[tokio::test(start_paused = true)]
async fn without_a_timeout_a_watch_ends_after_half_an_hour() {
    let cluster = Cluster::empty();
    let (frames, took) = watch(&cluster.router, PODS, &[]).await;
    assert_eq!((frames.len(), took.as_secs()), (0, 1800));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_goes_away_ends_its_watches() {
    let cluster = Cluster::empty();
    let happen = async {
        sleep(Duration::from_secs(7)).await;
        cluster.store.end_watches();
    };
    let ((frames, took), ()) = tokio::join!(watch(&cluster.router, PODS, &[]), happen);
    assert_eq!((frames.len(), took.as_secs()), (0, 7));
    let (_, took) = watch(&cluster.router, &format!("{PODS}&timeoutSeconds=2"), &[]).await;
    assert_eq!(took.as_secs(), 2, "a new watch lives");
}

#[tokio::test(start_paused = true)]
async fn events_are_watched_in_both_shapes() {
    let cluster = Cluster::empty();
    let happen = async {
        sleep(Duration::from_secs(1)).await;
        cluster.apply(json!({
            "apiVersion": "v1", "kind": "Event", "metadata": { "namespace": "shop", "name": "a.1" },
            "involvedObject": { "kind": "Pod", "name": "a" }, "message": "it broke", "type": "Warning",
        }));
    };
    let (core, new) = (
        "/api/v1/events?watch=1&timeoutSeconds=2",
        "/apis/events.k8s.io/v1/events?watch=1&timeoutSeconds=2",
    );
    let ((core, _), (new, _), ()) = tokio::join!(
        watch(&cluster.router, core, &[]),
        watch(&cluster.router, new, &[]),
        happen
    );
    assert_eq!(
        (&core[0].object["message"], &new[0].object["note"]),
        (&json!("it broke"), &json!("it broke"))
    );
    assert_eq!(new[0].object["apiVersion"], "events.k8s.io/v1");
}
