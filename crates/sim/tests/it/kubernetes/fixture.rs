//! Stores with objects to ask for.

use std::sync::Arc;

use axum::Router;
use fleetscope_sim::kubernetes::{KubeStore, ServerVersion, router};
use jiff::Timestamp;
use serde_json::{Value, json};

/// When the recordings were made: their ages are told against this time.
pub(crate) const NOW: &str = "2026-11-22T08:56:07Z";

pub(crate) struct Cluster {
    pub(crate) store: KubeStore,
    pub(crate) router: Router,
}

impl Cluster {
    pub(crate) fn empty() -> Self {
        let now = at(NOW);
        let store = KubeStore::new(Arc::new(move || now), 7);
        let router = router(store.clone(), ServerVersion::new("v1.36.2"));
        Self { store, router }
    }

    /// Applies at the object's own creation time, or now where it has none.
    pub(crate) fn apply(&self, object: Value) -> Value {
        let created = object["metadata"]["creationTimestamp"].as_str();
        let created = at(created.unwrap_or(NOW));
        self.store.apply_at(object, created)
    }

    pub(crate) fn delete(
        &self,
        api_version: &str,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> bool {
        let namespace = Some(namespace).filter(|namespace| !namespace.is_empty());
        self.store
            .delete_at(api_version, kind, namespace, name, at(NOW))
    }
}

pub(crate) fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

pub(crate) fn config_map(namespace: &str, name: &str, labels: &Value, value: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": { "namespace": namespace, "name": name, "labels": labels },
        "data": { "a": value },
    })
}

/// A pod that runs on a node, with one container.
pub(crate) fn pod(namespace: &str, name: &str, app: &str, node: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "namespace": namespace, "name": name, "labels": { "app": app } },
        "spec": { "nodeName": node, "containers": [{ "name": "main", "image": "registry.example.com/app:1" }] },
        "status": {
            "phase": "Running", "podIP": "10.0.0.1",
            "conditions": [{ "type": "Ready", "status": "True" }],
            "containerStatuses": [{
                "name": "main", "ready": true, "restartCount": 0, "started": true,
                "state": { "running": { "startedAt": NOW } }, "lastState": {},
            }],
        },
    })
}

pub(crate) fn node(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": { "name": name, "labels": { "node-role.kubernetes.io/worker": "" } },
        "spec": {},
        "status": {
            "conditions": [{ "type": "Ready", "status": "True" }],
            "addresses": [{ "type": "InternalIP", "address": "192.0.2.1" }],
            "nodeInfo": {
                "kubeletVersion": "v1.33.4", "osImage": "Debian GNU/Linux 12", "kernelVersion": "6.1.0",
                "architecture": "amd64", "containerRuntimeVersion": "containerd://2.1.9",
            },
        },
    })
}

/// A small shop: a deployment with its replica set and two pods, one of them in a crash loop.
pub(crate) fn shop() -> Cluster {
    let cluster = Cluster::empty();
    for namespace in ["default", "shop"] {
        cluster.apply(
            json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace } }),
        );
    }
    cluster.apply(node("worker-1"));
    cluster.apply(node("worker-2"));
    let template = json!({ "spec": { "containers": [{ "name": "main", "image": "registry.example.com/app:1" }] } });
    let selector = json!({ "matchLabels": { "app": "cart" } });
    cluster.apply(json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "namespace": "shop", "name": "cart" },
        "spec": { "replicas": 2, "selector": selector, "template": template },
        "status": { "replicas": 2, "readyReplicas": 1, "updatedReplicas": 2, "availableReplicas": 1 },
    }));
    cluster.apply(json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": { "namespace": "shop", "name": "cart-7c9" },
        "spec": { "replicas": 2, "selector": selector, "template": template },
        "status": { "replicas": 2, "readyReplicas": 1 },
    }));
    cluster.apply(pod("shop", "cart-7c9-aaaaa", "cart", "worker-1"));
    let mut crashing = pod("shop", "cart-7c9-bbbbb", "cart", "worker-2");
    crashing["status"]["conditions"][0]["status"] = "False".into();
    let container = &mut crashing["status"]["containerStatuses"][0];
    container["ready"] = false.into();
    container["restartCount"] = 4.into();
    container["state"] = json!({ "waiting": { "reason": "CrashLoopBackOff" } });
    container["lastState"] = json!({ "terminated": { "exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-11-22T08:52:00Z" } });
    cluster.apply(crashing);
    cluster.apply(pod("default", "tool", "tool", "worker-1"));
    cluster.apply(json!({
        "apiVersion": "v1", "kind": "Event", "metadata": { "namespace": "shop", "name": "cart-7c9-bbbbb.1" },
        "involvedObject": { "kind": "Pod", "namespace": "shop", "name": "cart-7c9-bbbbb" },
        "type": "Warning", "reason": "BackOff", "message": "Back-off restarting failed container",
        "source": { "component": "kubelet", "host": "worker-2" }, "count": 7,
        "firstTimestamp": "2026-11-22T08:46:07Z", "lastTimestamp": "2026-11-22T08:55:07Z",
    }));
    cluster
}
