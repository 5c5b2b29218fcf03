//! A pod as its API server holds it.

use serde_json::{Value, json};

use super::{boot, event, seconds, selector};
use crate::world::World;
use crate::world::pods::{Pod, State};
use crate::world::time::Tick;
use crate::world::topology::Kind;
use crate::world::workloads::Workload;

pub(super) fn object(world: &World, pod: &Pod, owner_uid: &str) -> Value {
    let workload = &world.workloads[pod.workload];
    let node = &world.nodes[pod.node];
    let (owner_kind, owner) = workload.owner(pod.revision);
    let mut metadata = json!({
        "name": pod.name,
        "namespace": workload.spec.namespace,
        "labels": labels(workload, pod),
        "ownerReferences": [{
            "apiVersion": event::pod_owner_version(workload.spec.kind),
            "kind": owner_kind,
            "name": owner,
            "uid": owner_uid,
            "controller": true,
            "blockOwnerDeletion": true,
        }],
    });
    if let Some(annotations) = networks(world, pod) {
        metadata["annotations"] = annotations;
    }
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": spec(workload, pod.revision, node.spec.name),
        "status": status(world, pod),
    })
}

/// The template part that deployments, `ReplicaSets` and pods share.
pub(super) fn template(workload: &Workload, revision: u32) -> Value {
    json!({
        "containers": [container(workload, revision)],
        "restartPolicy": if workload.spec.kind == Kind::Job { "Never" } else { "Always" },
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "serviceAccountName": workload.spec.name,
    })
}

fn spec(workload: &Workload, revision: u32, node: &str) -> Value {
    let mut spec = template(workload, revision);
    spec["nodeName"] = node.into();
    spec["schedulerName"] = "default-scheduler".into();
    spec
}

fn container(workload: &Workload, revision: u32) -> Value {
    let resources = &workload.spec.resources;
    let mut requests = json!({
        "cpu": cores(resources.cpu_request),
        "memory": format!("{}Mi", resources.memory_request_mib.round()),
    });
    let mut limits = json!({});
    if resources.cpu_limit > 0.0 {
        limits["cpu"] = cores(resources.cpu_limit).into();
    }
    if resources.memory_limit_mib > 0.0 {
        limits["memory"] = format!("{}Mi", resources.memory_limit_mib.round()).into();
    }
    let devices = [
        ("nvidia.com/gpu", workload.spec.gpus),
        ("openshift.io/fronthaul", workload.spec.vfs),
    ];
    for (resource, count) in devices.into_iter().filter(|device| device.1 > 0) {
        requests[resource] = count.to_string().into();
        limits[resource] = count.to_string().into();
    }
    let mut container = json!({
        "name": workload.container(),
        "image": workload.image(revision),
        "imagePullPolicy": "IfNotPresent",
        "resources": { "requests": requests, "limits": limits },
    });
    if workload.is_application() {
        let name = boot::config_name(workload);
        container["envFrom"] = json!([{ "configMapRef": { "name": name } }]);
    }
    container
}

fn cores(value: f64) -> String {
    format!("{}m", (value * 1000.0).round())
}

fn labels(workload: &Workload, pod: &Pod) -> Value {
    let mut labels = selector(workload.spec.name);
    let hash = workload
        .revisions
        .get(&pod.revision)
        .map_or("", |revision| revision.hash.as_str());
    match workload.spec.kind {
        Kind::Deployment => labels["pod-template-hash"] = hash.into(),
        Kind::StatefulSet => {
            labels["statefulset.kubernetes.io/pod-name"] = pod.name.as_str().into();
            labels["controller-revision-hash"] = format!("{}-{hash}", workload.spec.name).into();
        }
        Kind::Job => {
            labels["batch.kubernetes.io/job-name"] = workload.name().into();
            labels["job-name"] = workload.name().into();
        }
        Kind::DaemonSet => {
            labels["controller-revision-hash"] = hash.into();
            labels["pod-template-generation"] = pod.revision.to_string().into();
        }
    }
    labels
}

fn status(world: &World, pod: &Pod) -> Value {
    let workload = &world.workloads[pod.workload];
    let starting = matches!(pod.state, State::Starting { .. });
    let ready = pod.is_ready();
    let since = if ready { pod.started } else { world.tick };
    let condition = |name: &str, holds: bool, since: Tick| {
        json!({
            "type": name,
            "status": if holds { "True" } else { "False" },
            "lastProbeTime": null,
            "lastTransitionTime": seconds(since.timestamp()),
        })
    };
    let mut status = json!({
        "phase": if starting { "Pending" } else { "Running" },
        "qosClass": "Burstable",
        "hostIP": world.nodes[pod.node].address,
        "hostIPs": [{ "ip": world.nodes[pod.node].address }],
        "startTime": seconds(pod.created.timestamp()),
        "conditions": [
            condition("PodScheduled", true, pod.created),
            condition("Initialized", true, pod.created),
            condition("ContainersReady", ready, since),
            condition("Ready", ready, since),
        ],
        "containerStatuses": [container_status(workload, pod)],
    });
    if !starting {
        status["podIP"] = pod.address.as_str().into();
        status["podIPs"] = json!([{ "ip": pod.address }]);
    }
    status
}

fn container_status(workload: &Workload, pod: &Pod) -> Value {
    let image = workload.image(pod.revision);
    let mut status = json!({
        "name": workload.container(),
        "image": image,
        "imageID": format!("{}@sha256:{:064x}", workload.spec.image, u64::from(pod.revision) * 0x9e37_79b9),
        "containerID": format!("cri-o://{:064x}", (u64::from(pod.id.0) << 16) + u64::from(pod.restarts)),
        "ready": pod.is_ready(),
        "started": pod.is_running(),
        "restartCount": pod.restarts,
        "state": state(workload, pod),
        "lastState": {},
    });
    let over = !matches!(pod.state, State::Down { .. }) || pod.waits_in_back_off();
    if let Some(terminated) = terminated(pod).filter(|_| over) {
        status["lastState"] = json!({ "terminated": terminated });
    }
    status
}

fn state(workload: &Workload, pod: &Pod) -> Value {
    match pod.state {
        State::Starting { .. } => json!({ "waiting": { "reason": "ContainerCreating" } }),
        State::Ready | State::Unready => {
            json!({ "running": { "startedAt": seconds(pod.started.timestamp()) } })
        }
        State::Down { .. } if pod.waits_in_back_off() => {
            let back_off = 10_u64 << u64::from(pod.deaths_in_a_row.clamp(2, 7) - 2);
            let message = format!(
                "back-off {}s restarting failed container={} pod={}_{}",
                back_off.min(300),
                workload.container(),
                pod.name,
                workload.spec.namespace
            );
            json!({ "waiting": { "reason": "CrashLoopBackOff", "message": message } })
        }
        State::Down { .. } => json!({ "terminated": terminated(pod) }),
    }
}

fn terminated(pod: &Pod) -> Option<Value> {
    let (at, death) = pod.last_death?;
    Some(json!({
        "exitCode": death.exit_code(),
        "reason": death.reason(),
        "finishedAt": seconds(at.timestamp()),
    }))
}

/// Multus' annotations of a pod with virtual functions.
fn networks(world: &World, pod: &Pod) -> Option<Value> {
    let functions: Vec<&crate::world::radio::VirtualFunction> = world
        .functions
        .iter()
        .filter(|function| function.workload == pod.workload)
        .collect();
    if functions.is_empty() {
        return None;
    }
    let status: Vec<Value> = functions
        .iter()
        .enumerate()
        .map(|(index, function)| {
            json!({
                "name": format!("{}/fronthaul-{index}", world.workloads[pod.workload].spec.namespace),
                "interface": format!("net{}", index + 1),
                "device-info": {
                    "type": "pci",
                    "version": "1.1.0",
                    "pci": { "pci-address": function.address },
                },
            })
        })
        .collect();
    Some(json!({
        "k8s.v1.cni.cncf.io/networks": "fronthaul-0,fronthaul-1",
        "k8s.v1.cni.cncf.io/network-status": Value::from(status).to_string(),
    }))
}
