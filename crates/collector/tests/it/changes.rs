//! Changes told from objects and events.

use std::collections::BTreeMap;

use fleetscope_model::{Change, ChangeKind, Selection, Source};
use fleetscope_ports::Telemetry;
use serde_json::{Value, json};

use crate::fleet::{Fleet, caller, hour, patient};
use crate::kubernetes::list;
use crate::server::{self, Server};

/// The changes of the hour from 09:00 to 10:00, as `entity at time: summary`.
async fn changes(objects: BTreeMap<&'static str, Vec<Value>>) -> Vec<String> {
    all(objects).await.iter().map(told).collect()
}

pub(crate) fn told(change: &Change) -> String {
    let Change {
        entity,
        at,
        summary,
        ..
    } = change;
    format!("{entity} at {}: {summary}", at.strftime("%H:%M"))
}

pub(crate) async fn all(objects: BTreeMap<&'static str, Vec<Value>>) -> Vec<Change> {
    let server = Server::start(move |seen| {
        let resource = seen.path.rsplit('/').next().unwrap_or_default();
        let items = objects.get(resource).cloned().unwrap_or_default();
        server::json(200, &list(&items))
    })
    .await;
    let collector = Fleet::of_one(Source::Kubernetes, server.endpoint()).collector(patient());
    let answer = collector
        .changes(&caller(), &Selection::All, hour())
        .await
        .unwrap();
    assert_eq!(answer.gaps, []);
    answer.items
}

pub(crate) fn time(clock: &str) -> String {
    format!("2026-11-22T{clock}:00Z")
}

/// A `ReplicaSet` of the Deployment `web`.
pub(crate) fn replica_set(name: &str, revision: u64, created: &str, image: &str) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "shop", "uid": name,
            "creationTimestamp": time(created),
            "annotations": {"deployment.kubernetes.io/revision": revision.to_string()},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web",
                "uid": "web", "controller": true}]},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web", "pod-template-hash": name}},
            "spec": {"containers": [{"name": "web", "image": image}]}}},
    })
}

fn event(kind: &str, name: &str, reason: &str, message: &str, clock: &str) -> Value {
    json!({
        "metadata": {"name": format!("{name}.{clock}"), "namespace": "shop"},
        "involvedObject": {"kind": kind, "namespace": "shop", "name": name},
        "type": "Normal", "reason": reason, "message": message,
        "firstTimestamp": time(clock), "lastTimestamp": time(clock), "count": 1,
    })
}

fn scaling(message: &str, clock: &str) -> Value {
    event("Deployment", "web", "ScalingReplicaSet", message, clock)
}

fn pod(name: &str, owner: (&str, &str), created: &str, status: &Value) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "shop", "uid": name,
            "creationTimestamp": time(created),
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": owner.0, "name": owner.1,
                "uid": owner.1, "controller": true}]},
        "spec": {"nodeName": "worker-1", "containers": [{"name": "web"}]},
        "status": status,
    })
}

#[tokio::test]
async fn a_new_replica_set_is_a_rollout_with_the_images_before_and_after() {
    let objects = BTreeMap::from([
        (
            "replicasets",
            vec![
                replica_set("web-1", 1, "07:00", "shop/web:1.8.0"),
                replica_set("web-3", 3, "09:30", "shop/web:1.8.2"),
                replica_set("web-2", 2, "08:00", "shop/web:1.8.1"),
            ],
        ),
        (
            "events",
            vec![
                scaling("Scaled up replica set web-3 from 0 to 1", "09:30"),
                scaling("Scaled down replica set web-2 from 3 to 2", "09:31"),
                scaling("Scaled up replica set web-3 from 1 to 3", "09:32"),
            ],
        ),
    ]);
    let changes = all(objects).await;
    assert_eq!(
        changes.iter().map(told).collect::<Vec<_>>(),
        ["workload shop/web at 09:30: revision 3: image shop/web:1.8.2 (was 1.8.1)",]
    );
    assert_eq!(changes[0].kind, ChangeKind::Rollout);
    assert_eq!(changes[0].revision.as_deref(), Some("3"));
}

#[tokio::test]
async fn a_rollback_is_timed_by_its_event_and_not_by_the_age_of_what_it_takes_up() {
    let mut old = replica_set("web-1", 4, "07:00", "shop/web:1.8.1");
    old["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"] = json!("2");
    let bad = replica_set("web-3", 3, "09:10", "shop/web:1.8.2");
    let objects = BTreeMap::from([
        ("replicasets", vec![old.clone(), bad.clone()]),
        (
            "events",
            vec![
                scaling("Scaled up replica set web-3 from 0 to 1", "09:10"),
                scaling("Scaled up replica set web-1 from 0 to 1", "09:40"),
                scaling("Scaled down replica set web-3 from 1 to 0", "09:41"),
            ],
        ),
    ]);
    assert_eq!(
        changes(objects).await,
        [
            "workload shop/web at 09:10: revision 3: image shop/web:1.8.2 (was 1.8.1)",
            "workload shop/web at 09:40: revision 4 (a rollback to revision 2): \
         image shop/web:1.8.1 (was 1.8.2)",
        ]
    );

    // Without the event, the Deployment's condition tells when it had succeeded.
    let deployment = json!({
        "metadata": {"name": "web", "namespace": "shop", "uid": "web"},
        "status": {"conditions": [{"type": "Progressing", "status": "True",
            "reason": "NewReplicaSetAvailable", "lastUpdateTime": time("09:42"),
            "message": "ReplicaSet \"web-1\" has successfully progressed."}]},
    });
    let objects = BTreeMap::from([
        ("replicasets", vec![old, bad]),
        ("deployments", vec![deployment]),
    ]);
    assert!(changes(objects).await[1].starts_with("workload shop/web at 09:42: revision 4"));
}

#[tokio::test]
async fn a_scaling_outside_a_rollout_is_a_change_of_its_own() {
    let objects = BTreeMap::from([
        (
            "replicasets",
            vec![replica_set("web-1", 1, "07:00", "shop/web:1")],
        ),
        (
            "events",
            vec![
                scaling("Scaled up replica set web-1 from 3 to 5", "09:20"),
                scaling("Scaled down replica set web-1 to 3", "09:50"),
            ],
        ),
    ]);
    let changes = all(objects).await;
    assert_eq!(
        changes.iter().map(told).collect::<Vec<_>>(),
        [
            "workload shop/web at 09:20: scaled up from 3 to 5 replicas",
            "workload shop/web at 09:50: scaled down to 3 replicas",
        ]
    );
    assert!(
        changes
            .iter()
            .all(|change| change.kind == ChangeKind::Scale)
    );
}

#[tokio::test]
async fn a_controller_revision_is_a_rollout_of_its_workload() {
    let revision = |name: &str, number: i64, created: &str, image: &str| {
        json!({
            "metadata": {"name": name, "namespace": "shop", "uid": name,
                "creationTimestamp": time(created),
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet",
                    "name": "db", "uid": "db", "controller": true}]},
            "data": {"spec": {"template": {"$patch": "replace",
                "spec": {"containers": [{"name": "db", "image": image}]}}}},
            "revision": number,
        })
    };
    let objects = BTreeMap::from([(
        "controllerrevisions",
        vec![
            revision("db-a", 1, "07:00", "postgres:15"),
            revision("db-b", 2, "09:15", "postgres:16"),
        ],
    )]);
    assert_eq!(
        changes(objects).await,
        ["workload shop/db at 09:15: revision 2: image postgres:16 (was 15)",]
    );
}

#[tokio::test]
async fn a_container_that_ended_is_a_restart_of_its_pod() {
    let crashed = json!({"phase": "Running", "containerStatuses": [{
        "name": "web", "ready": false, "restartCount": 3, "image": "", "imageID": "",
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled",
            "finishedAt": time("09:33")}}}]});
    let done = json!({"phase": "Succeeded", "containerStatuses": [{
        "name": "web", "ready": false, "restartCount": 0, "image": "", "imageID": "",
        "state": {"terminated": {"exitCode": 0, "reason": "Completed",
            "finishedAt": time("09:34")}}}]});
    let objects = BTreeMap::from([
        (
            "replicasets",
            vec![replica_set("web-1", 1, "07:00", "shop/web:1")],
        ),
        (
            "pods",
            vec![
                pod("web-1-a", ("ReplicaSet", "web-1"), "08:00", &crashed),
                pod("backup-1", ("Job", "backup"), "09:33", &done),
            ],
        ),
    ]);
    let changes = all(objects).await;
    assert_eq!(
        changes.iter().map(told).collect::<Vec<_>>(),
        [
            "pod shop/web-1-a at 09:33: container web ended with OOMKilled (exit code 137), \
         3 restarts in all",
        ]
    );
    assert_eq!(changes[0].kind, ChangeKind::Restart);
}

#[tokio::test]
async fn a_pod_created_without_a_cause_is_a_replacement() {
    let running = json!({"phase": "Running"});
    let set = replica_set("web-1", 1, "07:00", "shop/web:1");
    let new = pod("web-1-b", ("ReplicaSet", "web-1"), "09:30", &running);
    let early = event("Pod", "web-1-a", "Pulled", "pulled", "09:05");
    let told = changes(BTreeMap::from([
        ("replicasets", vec![set.clone()]),
        ("pods", vec![new.clone()]),
        ("events", vec![early.clone()]),
    ]))
    .await;
    assert_eq!(
        told,
        ["pod shop/web-1-b at 09:30: created anew without a new revision, on node worker-1",]
    );

    // A scaling explains it; and where events are gone, nothing can be said.
    let scaled = changes(BTreeMap::from([
        ("replicasets", vec![set.clone()]),
        ("pods", vec![new.clone()]),
        (
            "events",
            vec![
                early,
                scaling("Scaled up replica set web-1 from 1 to 2", "09:30"),
            ],
        ),
    ]))
    .await;
    assert_eq!(
        scaled,
        ["workload shop/web at 09:30: scaled up from 1 to 2 replicas"]
    );
    let silent = changes(BTreeMap::from([
        ("replicasets", vec![set]),
        ("pods", vec![new]),
    ]))
    .await;
    assert!(silent.is_empty(), "{silent:?}");
}

#[tokio::test]
async fn nodes_tell_of_joining_cordoning_and_conditions() {
    let node = |name: &str, created: &str, ready: &str, since: &str| {
        json!({
            "metadata": {"name": name, "uid": name, "creationTimestamp": time(created)},
            "spec": {},
            "status": {"conditions": [
                {"type": "Ready", "status": ready, "reason": "KubeletNotReady",
                    "lastTransitionTime": time(since)},
                {"type": "MemoryPressure", "status": "False", "reason": "Enough",
                    "lastTransitionTime": time(created)},
            ]},
        })
    };
    let mut cordoned = node("worker-3", "01:00", "True", "01:01");
    cordoned["spec"] = json!({"unschedulable": true, "taints": [{
        "key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule",
        "timeAdded": time("09:40")}]});
    let objects = BTreeMap::from([
        (
            "nodes",
            vec![
                node("worker-1", "09:10", "True", "09:11"),
                node("worker-2", "01:00", "False", "09:20"),
                cordoned,
            ],
        ),
        (
            "events",
            vec![
                event(
                    "Node",
                    "worker-3",
                    "NodeNotSchedulable",
                    "cordoned",
                    "09:41",
                ),
                event("Node", "worker-2", "NodeSchedulable", "back", "09:45"),
            ],
        ),
    ]);
    assert_eq!(
        changes(objects).await,
        [
            "node worker-1 at 09:10: joined",
            "node worker-2 at 09:20: became not ready (KubeletNotReady)",
            "node worker-3 at 09:40: cordoned",
            "node worker-2 at 09:45: uncordoned",
        ]
    );
}
