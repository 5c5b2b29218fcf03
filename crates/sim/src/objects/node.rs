//! Nodes.

use serde_json::{Value, json};

use crate::world::nodes::Node;
use crate::world::topology::ClusterSpec;

pub(super) fn object(spec: &ClusterSpec, node: &Node, index: usize) -> Value {
    let mut object = json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": { "name": node.spec.name, "labels": labels(spec, node, index) },
        "spec": { "providerID": format!("{}:///{}/{}", spec.provider, spec.region, node.spec.name) },
        "status": {
            "capacity": capacity(node, 1.0),
            "allocatable": capacity(node, 0.93),
            "conditions": conditions(),
            "addresses": [
                { "type": "InternalIP", "address": node.address },
                { "type": "Hostname", "address": node.spec.name },
            ],
            "nodeInfo": {
                "architecture": "amd64",
                "operatingSystem": "linux",
                "kernelVersion": "5.14.0-427.50.1.el9_4.x86_64",
                "osImage": spec.os_image,
                "kubeletVersion": spec.kubelet_version,
                "kubeProxyVersion": spec.kubelet_version,
                "containerRuntimeVersion": "cri-o://1.31.4-3.rhaos4.18",
                "machineID": "", "systemUUID": "", "bootID": "",
            },
        },
    });
    if node.cordoned {
        object["spec"]["unschedulable"] = true.into();
        object["spec"]["taints"] =
            json!([{ "key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule" }]);
    }
    object
}

fn labels(spec: &ClusterSpec, node: &Node, index: usize) -> Value {
    let zone = format!("{}{}", spec.region, ["a", "b", "c"][index % 3]);
    let mut labels = json!({
        "kubernetes.io/hostname": node.spec.name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "node.kubernetes.io/instance-type": node.spec.instance_type,
        "topology.kubernetes.io/region": spec.region,
        "topology.kubernetes.io/zone": zone,
        "node-role.kubernetes.io/worker": "",
    });
    if node.spec.gpus > 0 {
        labels["nvidia.com/gpu.present"] = "true".into();
        labels["nvidia.com/gpu.count"] = node.spec.gpus.to_string().into();
        labels["nvidia.com/gpu.product"] = "NVIDIA-H100-80GB-HBM3".into();
        labels["nvidia.com/gpu.memory"] = "81559".into();
        labels["nvidia.com/mig.capable"] = "true".into();
        labels["nvidia.com/mig.strategy"] = "single".into();
        labels["nvidia.com/gpu.deploy.dcgm-exporter"] = "true".into();
    }
    if let Some(ptp) = node.spec.ptp {
        labels["ptp/grandmaster"] = if ptp.upstream.is_none() {
            "true"
        } else {
            "false"
        }
        .into();
        labels["node-role.kubernetes.io/worker-du"] = "".into();
        labels["feature.node.kubernetes.io/network-sriov.capable"] = "true".into();
    }
    labels
}

fn capacity(node: &Node, share: f64) -> Value {
    let memory = (f64::from(node.spec.memory_gib) * 1024.0 * 1024.0 * share).round();
    let mut capacity = json!({
        "cpu": format!("{}m", (f64::from(node.spec.cores) * 1000.0 * share).round()),
        "memory": format!("{memory}Ki"),
        "pods": "250",
        "ephemeral-storage": "125827072Ki",
    });
    if node.spec.gpus > 0 {
        capacity["nvidia.com/gpu"] = node.spec.gpus.to_string().into();
    }
    if node.spec.ptp.is_some() {
        capacity["openshift.io/fronthaul"] = "8".into();
    }
    capacity
}

fn conditions() -> Value {
    let condition = |name: &str, status: &str, reason: &str| json!({ "type": name, "status": status, "reason": reason, "message": reason });
    json!([
        condition("MemoryPressure", "False", "KubeletHasSufficientMemory"),
        condition("DiskPressure", "False", "KubeletHasNoDiskPressure"),
        condition("PIDPressure", "False", "KubeletHasSufficientPID"),
        condition("Ready", "True", "KubeletReady"),
    ])
}
