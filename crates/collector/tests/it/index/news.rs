//! Changes that only who follows sees, and those of settings and versions.

use fleetscope_collector::index::IndexOptions;
use fleetscope_model::ChangeKind;
use fleetscope_sim::kubernetes::ResourceSpec;
use serde_json::{Value, json};

use super::stage::{Stage, node, pod, replica_set, settings};

async fn furnished(options: IndexOptions) -> Stage {
    let stage = Stage::set_with(options).await;
    stage.server.apply(node("w1"), "02:00");
    stage.server.apply(replica_set("shop"), "02:00");
    stage.server.apply(pod("shop", "web-1-a", "w1"), "02:00");
    stage
}

fn lines(told: &[String], what: &str) -> Vec<String> {
    told.iter()
        .filter(|line| line.contains(what))
        .cloned()
        .collect()
}

#[tokio::test]
async fn a_config_map_is_told_of_its_users_by_its_metadata_alone() {
    let mut stage = furnished(IndexOptions::default()).await;
    let data = json!({"MODE": "fast-9f2", "OLD": "1"});
    stage
        .server
        .apply(settings("ConfigMap", "settings", &data, "03:00"), "03:00");
    let data = json!({"MODE": "slow-9f2", "OLD": "1"});
    stage
        .server
        .apply(settings("ConfigMap", "settings", &data, "11:20"), "11:20");
    stage.server.apply(
        settings("ConfigMap", "unused", &json!({}), "11:10"),
        "11:10",
    );
    let expected = [
        "cluster shop: config map shop/unused was created",
        "workload shop/web: config map settings was changed",
    ];
    // Without the index as well as with it: the server says when.
    for _ in 0..2 {
        assert_eq!(lines(&stage.told().await, "config map"), expected);
        stage.follow().await;
    }

    let data = json!({"MODE": "slow-9f2", "NEW": "1"});
    stage
        .server
        .apply(settings("ConfigMap", "settings", &data, "11:50"), "11:50");
    let told = "workload shop/web: config map settings was changed (new: NEW; gone: OLD)";
    stage
        .until(async || stage.told().await.contains(&told.to_owned()))
        .await;
    stage.server.delete(("v1", "ConfigMap"), "shop", "unused");
    let told = "cluster shop: config map shop/unused was deleted";
    stage
        .until(async || stage.told().await.contains(&told.to_owned()))
        .await;

    let changes = stage.changes().await.items;
    let of_settings: Vec<_> = changes
        .iter()
        .filter(|c| c.kind == ChangeKind::Config)
        .collect();
    assert!(of_settings.iter().any(|change| change.revision.is_some()));
    assert!(
        !format!("{changes:?}").contains("9f2"),
        "nothing of what is in it"
    );
    for asked in stage.server.asked() {
        let settings = asked.resource == "configmaps";
        assert!(
            !settings || asked.accept.contains("as=PartialObjectMetadata"),
            "{asked:?}"
        );
        assert_ne!(asked.resource, "secrets");
    }
    // Who sees the namespace sees what is used there, and nothing of the cluster as a whole.
    stage.show_only(&["shop"]);
    let told = stage.told().await;
    assert!(!lines(&told, "settings").is_empty());
    assert!(lines(&told, "unused").is_empty());
}

#[tokio::test]
async fn secrets_are_followed_only_where_that_is_asked_for_and_without_their_keys() {
    let mut stage = furnished(IndexOptions {
        secrets: true,
        ..IndexOptions::default()
    })
    .await;
    let data = json!({"PASSWORD": "aHVudGVyMg=="});
    stage
        .server
        .apply(settings("Secret", "keys", &data, "03:00"), "03:00");
    stage.follow().await;
    stage
        .until(async || stage.server.lists("secrets") == 1)
        .await;
    let data = json!({"PASSPHRASE": "aHVudGVyMg=="});
    let told = "workload shop/web: secret keys was changed";
    stage
        .until(async || {
            stage
                .server
                .apply(settings("Secret", "keys", &data, "11:50"), "11:50");
            stage.told().await.contains(&told.to_owned())
        })
        .await;
    let changes = format!("{:?}", stage.changes().await);
    assert!(
        !changes.contains("PASS") && !changes.contains("aHVudGVyMg"),
        "{changes}"
    );
    for asked in stage.server.asked() {
        let secret = asked.resource == "secrets";
        assert!(
            !secret || asked.accept.contains("as=PartialObjectMetadata"),
            "{asked:?}"
        );
    }
}

fn stateful_set(replicas: u32) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {"replicas": replicas, "serviceName": "db",
            "selector": {"matchLabels": {"app": "db"}},
            "template": {"metadata": {"labels": {"app": "db"}},
                "spec": {"containers": [{"name": "db", "image": "db:1"}]}}}})
}

#[tokio::test]
async fn what_leaves_no_trace_in_a_cluster_is_seen_by_who_follows_it() {
    let mut stage = furnished(IndexOptions::default()).await;
    stage.server.apply(stateful_set(2), "02:00");
    stage.server.apply(node("w2"), "02:00");
    stage.follow().await;
    stage.server.apply(stateful_set(5), "11:50");
    stage.server.delete(("v1", "Node"), "", "w2");
    let expected = [
        "workload shop/db: scaled up from 2 to 5 replicas",
        "node w2: left",
    ];
    stage
        .until(async || {
            let told = stage.told().await;
            expected
                .iter()
                .all(|line| told.contains(&(*line).to_owned()))
        })
        .await;
    // Whoever looks later sees it still, at the time when it was seen.
    let changes = stage.changes().await.items;
    let left = changes
        .iter()
        .find(|change| change.summary == "left")
        .unwrap();
    assert!(left.at <= stage.now());
}

#[tokio::test]
async fn upgrades_of_the_cluster_and_of_operators_are_told() {
    let mut stage = furnished(IndexOptions::default()).await;
    assert!(
        lines(&stage.told().await, "upgrade").is_empty(),
        "a plain cluster has none"
    );
    let store = &stage.server.store;
    store.register(ResourceSpec::cluster(
        "config.openshift.io/v1",
        "ClusterVersion",
        "clusterversions",
    ));
    store.register(ResourceSpec::namespaced(
        "operators.coreos.com/v1alpha1",
        "ClusterServiceVersion",
        "clusterserviceversions",
    ));
    let version = json!({"apiVersion": "config.openshift.io/v1", "kind": "ClusterVersion",
        "metadata": {"name": "version"}, "status": {"history": [
            {"version": "4.18.4", "state": "Partial", "startedTime": "2026-11-22T11:05:00Z",
                "completionTime": null},
            {"version": "4.18.3", "state": "Completed", "startedTime": "2026-09-01T00:00:00Z",
                "completionTime": "2026-09-01T01:00:00Z"}]}});
    stage.server.apply(version, "02:00");
    let operator = |namespace: &str, labels: &Value| {
        json!({"apiVersion": "operators.coreos.com/v1alpha1", "kind": "ClusterServiceVersion",
            "metadata": {"name": "gpu.v2", "namespace": namespace, "labels": labels},
            "spec": {"replaces": "gpu.v1",
                "install": {"spec": {"deployments": [{"name": "gpu-operator"}]}}},
            "status": {"phase": "Installing"}})
    };
    stage.server.apply(operator("gpu", &json!({})), "11:40");
    stage
        .server
        .apply(operator("shop", &json!({"olm.copiedFrom": "gpu"})), "11:40");
    let expected = [
        "cluster shop: upgrade of the cluster from 4.18.3 to 4.18.4 was begun",
        "workload gpu/gpu-operator: operator gpu.v2 took the place of gpu.v1, installing",
    ];
    for _ in 0..2 {
        let told = stage.told().await;
        let told: Vec<_> = told
            .iter()
            .filter(|line| line.contains("4.18") || line.contains("gpu"))
            .collect();
        assert_eq!(told, expected);
        stage.follow().await;
    }
    let changes = stage.changes().await.items;
    assert!(
        changes
            .iter()
            .any(|change| change.kind == ChangeKind::Upgrade)
    );
}
