//! Deployments, stateful sets, daemon sets and `ReplicaSets`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{gitops, pod, seconds, selector};
use crate::world::World;
use crate::world::topology::Kind;
use crate::world::workloads::Workload;

const REVISION: &str = "deployment.kubernetes.io/revision";

struct Counts {
    all: usize,
    updated: usize,
    ready: usize,
}

pub(super) fn object(world: &World, index: usize, at: Timestamp) -> Value {
    let workload = &world.workloads[index];
    let counts = Counts::of(world, index, workload.revision);
    let mut metadata = json!({
        "name": workload.spec.name,
        "namespace": workload.spec.namespace,
        "labels": selector(workload.spec.name),
    });
    if workload.spec.kind == Kind::Deployment {
        let cause = workload
            .current()
            .map_or("", |revision| revision.cause.as_str());
        let mut annotations = gitops::annotations(world, index, workload.revision);
        annotations.insert(REVISION.to_owned(), workload.revision.to_string().into());
        annotations.insert("kubernetes.io/change-cause".to_owned(), cause.into());
        metadata["annotations"] = annotations.into();
    }
    json!({
        "apiVersion": "apps/v1",
        "kind": workload.kind_name(),
        "metadata": metadata,
        "spec": spec(workload),
        "status": status(workload, &counts, at),
    })
}

pub(super) fn replica_set(world: &World, index: usize, revision: u32, owner_uid: &str) -> Value {
    let workload = &world.workloads[index];
    let [_, existing, ready] = replica_set_state(world, index, revision);
    let hash = workload
        .revisions
        .get(&revision)
        .map_or("", |item| item.hash.as_str());
    let mut labels = selector(workload.spec.name);
    labels["pod-template-hash"] = hash.into();
    let mut annotations = gitops::annotations(world, index, revision);
    annotations.insert(REVISION.to_owned(), revision.to_string().into());
    annotations.insert(
        "deployment.kubernetes.io/desired-replicas".to_owned(),
        workload.desired.to_string().into(),
    );
    json!({
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": workload.replica_set(revision),
            "namespace": workload.spec.namespace,
            "labels": labels,
            "annotations": annotations,
            "ownerReferences": [{
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "name": workload.spec.name,
                "uid": owner_uid,
                "controller": true,
                "blockOwnerDeletion": true,
            }],
        },
        "spec": {
            "replicas": existing,
            "selector": { "matchLabels": labels },
            "template": {
                "metadata": { "labels": labels },
                "spec": pod::template(workload, revision),
            },
        },
        "status": {
            "replicas": existing,
            "fullyLabeledReplicas": existing,
            "readyReplicas": ready,
            "availableReplicas": ready,
            "observedGeneration": 1,
        },
    })
}

impl Counts {
    fn of(world: &World, index: usize, revision: u32) -> Self {
        let pods = || world.pods.iter().filter(move |pod| pod.workload == index);
        Self {
            all: pods().count(),
            updated: pods().filter(|pod| pod.revision == revision).count(),
            ready: pods().filter(|pod| pod.is_ready()).count(),
        }
    }
}

/// Wanted of the deployment, existing and ready pods of the revision.
pub(super) fn replica_set_state(world: &World, index: usize, revision: u32) -> [usize; 3] {
    let pods = || {
        let all = world.pods.iter().filter(move |pod| pod.workload == index);
        all.filter(move |pod| pod.revision == revision)
    };
    let ready = pods().filter(|pod| pod.is_ready()).count();
    [
        world.workloads[index].desired as usize,
        pods().count(),
        ready,
    ]
}

fn spec(workload: &Workload) -> Value {
    let labels = selector(workload.spec.name);
    let mut spec = json!({
        "selector": { "matchLabels": labels },
        "revisionHistoryLimit": 10,
        "template": {
            "metadata": { "labels": labels },
            "spec": pod::template(workload, workload.revision),
        },
    });
    match workload.spec.kind {
        Kind::Deployment => {
            spec["replicas"] = workload.desired.into();
            spec["progressDeadlineSeconds"] = 600.into();
            spec["strategy"] = if workload.recreates() {
                json!({ "type": "Recreate" })
            } else {
                let rolling = json!({ "maxSurge": 1, "maxUnavailable": 0 });
                json!({ "type": "RollingUpdate", "rollingUpdate": rolling })
            };
        }
        // The store has jobs of its own form.
        Kind::Job => {}
        Kind::StatefulSet => {
            spec["replicas"] = workload.desired.into();
            spec["serviceName"] = workload.spec.name.into();
        }
        Kind::DaemonSet => {
            spec["updateStrategy"] =
                json!({ "type": "RollingUpdate", "rollingUpdate": { "maxUnavailable": 1 } });
        }
    }
    spec
}

fn status(workload: &Workload, counts: &Counts, at: Timestamp) -> Value {
    let wanted = workload.desired as usize;
    match workload.spec.kind {
        Kind::Deployment => {
            let available = counts.ready.min(counts.all);
            let enough = available >= wanted;
            let complete = enough && counts.updated == wanted && counts.all == wanted;
            let mut status = json!({
                "observedGeneration": workload.generation,
                "replicas": counts.all,
                "updatedReplicas": counts.updated,
                "readyReplicas": available,
                "availableReplicas": available,
                "conditions": [
                    condition("Available", enough, "MinimumReplicasAvailable", at),
                    condition(
                        "Progressing",
                        true,
                        if complete { "NewReplicaSetAvailable" } else { "ReplicaSetUpdated" },
                        at,
                    ),
                ],
            });
            let missing = counts.all.max(wanted) - available;
            if missing > 0 {
                status["unavailableReplicas"] = missing.into();
            }
            status
        }
        Kind::StatefulSet => json!({
            "observedGeneration": workload.generation,
            "replicas": counts.all,
            "readyReplicas": counts.ready,
            "availableReplicas": counts.ready,
            "currentReplicas": counts.updated,
            "updatedReplicas": counts.updated,
        }),
        Kind::Job => Value::Null,
        Kind::DaemonSet => json!({
            "observedGeneration": workload.generation,
            "desiredNumberScheduled": wanted,
            "currentNumberScheduled": counts.all,
            "numberReady": counts.ready,
            "numberAvailable": counts.ready,
            "numberMisscheduled": 0,
            "updatedNumberScheduled": counts.updated,
        }),
    }
}

fn condition(name: &str, holds: bool, reason: &str, at: Timestamp) -> Value {
    json!({
        "type": name,
        "status": if holds { "True" } else { "False" },
        "reason": if holds { reason } else { "MinimumReplicasUnavailable" },
        "lastUpdateTime": seconds(at),
        "lastTransitionTime": seconds(at),
    })
}
