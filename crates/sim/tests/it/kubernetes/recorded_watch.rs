//! Watches that a real server answered, on a store in which the same things happen at the same times.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::ask::{Frame, get, watch};
use super::fixture::{Cluster, config_map};

const WATCHES: &str = include_str!("recordings/watch.json");
const CONFIG_MAPS: &str = "/api/v1/namespaces/shop/configmaps";

fn exchange(name: &str) -> Value {
    let all: Vec<Value> = serde_json::from_str(WATCHES).unwrap();
    let found = all.into_iter().find(|exchange| exchange["name"] == name);
    found.unwrap_or_else(|| panic!("no exchange {name}"))
}

fn recorded_frames(name: &str) -> Vec<Frame> {
    let frames = exchange(name)["response"]["frames"].clone();
    let frames = frames.as_array().unwrap().iter().map(|frame| Frame {
        at: Duration::from_millis(frame["ms"].as_u64().unwrap()),
        kind: frame["data"]["type"].as_str().unwrap().to_owned(),
        object: frame["data"]["object"].clone(),
    });
    frames.collect()
}

/// What differs between any two servers, made equal: uids and times go, versions become their
/// rank, of bookmarks in a row one stays.
fn neutral(frames: &[Frame]) -> Vec<(String, Value)> {
    let mut versions: Vec<u64> = frames.iter().map(Frame::version).collect();
    versions.sort_unstable();
    versions.dedup();
    let mut told: Vec<(String, Value)> = frames
        .iter()
        .map(|frame| {
            let mut object = frame.object.clone();
            let rank = versions.binary_search(&frame.version()).unwrap();
            let metadata = object["metadata"].as_object_mut().unwrap();
            metadata.insert("resourceVersion".to_owned(), rank.into());
            metadata.remove("uid");
            metadata.remove("creationTimestamp");
            (frame.kind.clone(), object)
        })
        .collect();
    told.dedup();
    told
}

async fn pause(milliseconds: u64) {
    sleep(Duration::from_millis(milliseconds)).await;
}

#[tokio::test(start_paused = true)]
async fn changes_bookmarks_and_the_end_come_as_recorded() {
    let cluster = Cluster::empty();
    let from = cluster.store.resource_version();
    let path = format!(
        "{CONFIG_MAPS}?watch=true&resourceVersion={from}&allowWatchBookmarks=true&timeoutSeconds=8"
    );
    let happen = async {
        pause(1000).await;
        cluster.apply(config_map_without_labels("w1", "1"));
        pause(1000).await;
        cluster.apply(config_map_without_labels("w1", "2"));
        pause(1000).await;
        cluster.delete("v1", "ConfigMap", "shop", "w1");
    };
    let ((frames, took), ()) = tokio::join!(watch(&cluster.router, &path, &[]), happen);
    let expected =
        recorded_frames("ADDED, MODIFIED, DELETED, BOOKMARK and the end by timeoutSeconds");
    assert_eq!(neutral(&frames), neutral(&expected));
    let times: Vec<u64> = frames.iter().map(|frame| frame.at.as_secs()).collect();
    assert_eq!(times, [1, 2, 3, 6], "the bookmark comes 2 s before the end");
    assert_eq!(took.as_secs(), 8);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_leaves_the_selector_comes_as_deleted_with_its_old_labels() {
    let cluster = Cluster::empty();
    cluster.apply(config_map("shop", "w2", &json!({ "tier": "gold" }), "1"));
    let from = cluster.store.resource_version();
    let path = format!(
        "{CONFIG_MAPS}?watch=true&resourceVersion={from}&labelSelector=tier%3Dgold&timeoutSeconds=6"
    );
    let happen = async {
        let (gold, basic) = (json!({ "tier": "gold" }), json!({ "tier": "basic" }));
        for (labels, value) in [(&basic, "1"), (&basic, "2"), (&gold, "2")] {
            pause(1000).await;
            cluster.apply(config_map("shop", "w2", labels, value));
        }
    };
    let ((frames, took), ()) = tokio::join!(watch(&cluster.router, &path, &[]), happen);
    let expected = recorded_frames(
        "labelSelector: an object that no longer matches comes as DELETED, one that starts to match as ADDED",
    );
    assert_eq!(neutral(&frames), neutral(&expected));
    assert_eq!(took.as_secs(), 6);

    let path = format!("{CONFIG_MAPS}?watch=true&timeoutSeconds=2&labelSelector=tier%3Dgold");
    let (frames, took) = watch(&cluster.router, &path, &[]).await;
    let expected =
        recorded_frames("resourceVersion absent: starts with synthetic ADDED of all objects");
    assert_eq!(neutral(&frames), neutral(&expected));
    assert_eq!(took.as_secs(), 2);

    let path = format!(
        "{CONFIG_MAPS}?watch=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion={from}\
         &allowWatchBookmarks=true&timeoutSeconds=2"
    );
    cluster.apply(config_map("shop", "w2", &json!({ "tier": "gold" }), "3"));
    let (frames, _) = watch(&cluster.router, &path, &[]).await;
    assert_eq!(
        neutral(&frames),
        neutral(&recorded_frames("sendInitialEvents=false"))
    );
}

/// The config maps that the recorded server had, and some other write behind them.
fn cluster_of_streaming_list(name: &str) -> Cluster {
    let cluster = Cluster::empty();
    let mut objects: Vec<Frame> = recorded_frames(name)
        .into_iter()
        .filter(|frame| frame.kind == "ADDED")
        .collect();
    objects.sort_by_key(Frame::version);
    for frame in objects {
        let mut object = frame.object;
        object["kind"] = "ConfigMap".into();
        object["apiVersion"] = "v1".into();
        cluster.apply(object);
    }
    cluster.apply(super::fixture::node("other"));
    cluster
}

#[tokio::test(start_paused = true)]
async fn a_streaming_list_sends_the_objects_a_bookmark_and_what_happens_then() {
    let name = "streaming list: sendInitialEvents";
    let cluster = cluster_of_streaming_list(name);
    let path = exchange(name)["request"]["path"]
        .as_str()
        .unwrap()
        .to_owned();
    let happen = async {
        pause(1500).await;
        cluster.apply(config_map("shop", "w2", &json!({ "tier": "gold" }), "3"));
    };
    let ((frames, took), ()) = tokio::join!(watch(&cluster.router, &path, &[]), happen);
    assert_eq!(neutral(&frames), neutral(&recorded_frames(name)));
    assert_eq!(took.as_secs(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_streaming_list_may_be_of_metadata_only() {
    let name = "streaming list as PartialObjectMetadata";
    let cluster = cluster_of_streaming_list(name);
    let exchange = exchange(name);
    let path = exchange["request"]["path"].as_str().unwrap();
    let accept = exchange["request"]["headers"]["accept"].as_str().unwrap();
    let (frames, _) = watch(&cluster.router, path, &[("accept", accept)]).await;
    assert_eq!(neutral(&frames), neutral(&recorded_frames(name)));
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_too_old_is_one_error_frame_with_code_410() {
    let cluster = Cluster::empty();
    for value in ["1", "2", "3"] {
        cluster.apply(config_map_without_labels("w1", value));
    }
    cluster.store.compact(1);
    let path = format!("{CONFIG_MAPS}?watch=true&resourceVersion=1&timeoutSeconds=3");
    let (frames, took) = watch(&cluster.router, &path, &[]).await;
    let expected = recorded_frames("ERROR 410: resourceVersion too old");
    let status = |frames: &[Frame]| {
        let [frame] = frames else {
            panic!("not one frame: {frames:?}")
        };
        let mut status = frame.object.clone();
        let message = status["message"].as_str().unwrap().to_owned();
        let (before, oldest) = message.split_once('(').unwrap();
        assert!(oldest.trim_end_matches(')').parse::<u64>().unwrap() > 1);
        status["message"] = before.into();
        (frame.kind.clone(), status)
    };
    assert_eq!(status(&frames), status(&expected));
    assert_eq!(took.as_secs(), 0, "the watch ends at once");
}

#[tokio::test(start_paused = true)]
async fn a_version_from_the_future_is_waited_for() {
    let cluster = Cluster::empty();
    let path = exchange("resourceVersion from the future")["request"]["path"].clone();
    let (frames, took) = watch(&cluster.router, path.as_str().unwrap(), &[]).await;
    assert_eq!((frames.len(), took.as_secs()), (0, 2));

    let name = "sendInitialEvents with a resourceVersion from the future";
    let path = exchange(name)["request"]["path"].clone();
    let (frames, took) = watch(&cluster.router, path.as_str().unwrap(), &[]).await;
    let current = cluster.store.resource_version();
    let mut expected = recorded_frames(name)[0].object.clone();
    expected["message"] =
        format!("Timeout: Too large resource version: 999999999, current: {current}").into();
    assert_eq!(
        (frames[0].kind.as_str(), &frames[0].object),
        ("ERROR", &expected)
    );
    assert_eq!((frames.len(), took.as_secs()), (1, 3));

    let exchange = exchange("list not older than a resourceVersion from the future: 504");
    let answer = get(
        &cluster.router,
        exchange["request"]["path"].as_str().unwrap(),
    )
    .await;
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(answer.headers["retry-after"], "1");
    assert_eq!(
        answer.json()["details"],
        exchange["response"]["body"]["details"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_reached_in_time_is_answered() {
    let cluster = Cluster::empty();
    let next = cluster.store.resource_version() + 1;
    let path = format!("{CONFIG_MAPS}?resourceVersion={next}&resourceVersionMatch=NotOlderThan");
    let happen = async {
        pause(2000).await;
        cluster.apply(config_map_without_labels("w1", "1"));
    };
    let (answer, ()) = tokio::join!(get(&cluster.router, &path), happen);
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["items"][0]["metadata"]["name"], "w1");
}

#[tokio::test]
async fn watches_that_cannot_begin_are_refused_as_recorded() {
    let cluster = Cluster::empty();
    for name in [
        "resourceVersion that is no number: 500, not 400",
        "sendInitialEvents without resourceVersionMatch: 422",
        "watch of an unknown resource: 404",
    ] {
        let exchange = exchange(name);
        let answer = get(
            &cluster.router,
            exchange["request"]["path"].as_str().unwrap(),
        )
        .await;
        let expected = &exchange["response"];
        assert_eq!(answer.status.as_u16(), expected["status"], "{name}");
        assert_eq!(
            answer.content_type, expected["headers"]["content-type"],
            "{name}"
        );
        assert_eq!(answer.json(), expected["body"], "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_ends_with_the_definition_of_its_resource() {
    let cluster = Cluster::empty();
    let definition =
        fleetscope_sim::kubernetes::ResourceSpec::cluster("example.com/v1", "Gadget", "gadgets");
    cluster.apply(definition.definition());
    let from = cluster.store.resource_version();
    let path =
        format!("/apis/example.com/v1/gadgets?watch=true&resourceVersion={from}&timeoutSeconds=15");
    let happen = async {
        pause(500).await;
        cluster.apply(json!({ "apiVersion": "example.com/v1", "kind": "Gadget", "metadata": { "name": "g1" } }));
        pause(1000).await;
        cluster.delete(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            "",
            "gadgets.example.com",
        );
    };
    let ((frames, took), ()) = tokio::join!(watch(&cluster.router, &path, &[]), happen);
    assert_eq!(
        neutral(&frames),
        neutral(&recorded_frames("the CRD is deleted during the watch"))
    );
    assert_eq!(took.as_millis(), 1500);

    let then = exchange("then: 404");
    let answer = get(&cluster.router, "/apis/example.com/v1/gadgets?watch=true").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.json(), then["response"]["body"]);
}

#[tokio::test(start_paused = true)]
async fn the_life_of_a_failing_pod_is_told_by_name() {
    let cluster = Cluster::empty();
    let from = cluster.store.resource_version();
    let name = "the life of a pod that fails: Pending, scheduled, Running, Failed, deleted";
    let recorded = recorded_frames(name);
    let path = format!(
        "/api/v1/namespaces/shop/pods?watch=true&resourceVersion={from}&fieldSelector=metadata.name%3Djob1&timeoutSeconds=11"
    );
    let happen = async {
        for frame in &recorded {
            pause(100).await;
            cluster.apply(super::fixture::pod("shop", "other", "other", "n"));
            if frame.kind == "DELETED" {
                cluster.delete("v1", "Pod", "shop", "job1");
            } else {
                cluster.apply(frame.object.clone());
            }
        }
    };
    let ((frames, _), ()) = tokio::join!(watch(&cluster.router, &path, &[]), happen);
    // The recording cuts the spec after its first frame, which here counts as a change of it.
    let told = |frames: &[Frame]| -> Vec<(String, Value)> {
        let mut told = neutral(frames);
        for (_, object) in &mut told {
            let metadata = object["metadata"].as_object_mut().unwrap();
            metadata.remove("generation");
        }
        told
    };
    assert_eq!(told(&frames), told(&recorded));
}

fn config_map_without_labels(name: &str, value: &str) -> Value {
    let mut object = config_map("shop", name, &Value::Null, value);
    object["metadata"].as_object_mut().unwrap().remove("labels");
    object
}
