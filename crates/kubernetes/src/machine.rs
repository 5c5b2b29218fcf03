//! Nodes as machines: what they are for, and what they have.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;

use crate::Kubernetes;
use crate::listing::Listed;

/// Labels that say what a node is for.
const ROLE: &str = "node-role.kubernetes.io/";

/// A node as a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// The node's name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Quantities by resource, as the kubelet says them.
    pub capacity: BTreeMap<String, String>,
    /// The kubelet's version.
    pub kubelet: String,
    /// For example `Red Hat Enterprise Linux CoreOS 418.94`.
    pub os: String,
}

impl Machine {
    /// What it is for: `worker`, `control-plane`, `master`, `infra`.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.labels
            .keys()
            .filter_map(|label| label.strip_prefix(ROLE))
    }

    /// A whole number of a resource that it has; zero where it has none.
    pub fn count(&self, resource: &str) -> u64 {
        let quantity = self.capacity.get(resource);
        quantity.and_then(|q| q.parse().ok()).unwrap_or_default()
    }
}

/// A pod that has networks of its own, or huge pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkPod {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The value of `k8s.v1.cni.cncf.io/networks`; empty where it has none.
    pub networks: String,
    /// Whether it asks for huge pages.
    pub hugepages: bool,
    /// Extended resources that it asks for.
    pub devices: Vec<String>,
}

/// Multus' annotation.
const NETWORKS: &str = "k8s.v1.cni.cncf.io/networks";

impl Kubernetes {
    /// All nodes, as machines.
    pub async fn machines(&self) -> Listed<Machine> {
        self.connection
            .list::<core::Node, _>(|node| Some(machine(node)))
            .await
    }

    /// Pods of all namespaces that have networks of their own, or huge pages.
    pub async fn network_pods(&self) -> Listed<NetworkPod> {
        self.connection.list::<core::Pod, _>(network_pod).await
    }
}

fn machine(node: core::Node) -> Machine {
    let status = node.status.unwrap_or_default();
    let info = status.node_info.unwrap_or_default();
    let capacity = status.capacity.unwrap_or_default();
    Machine {
        name: node.metadata.name.unwrap_or_default(),
        labels: node.metadata.labels.unwrap_or_default(),
        capacity: capacity.into_iter().map(|(k, q)| (k, q.0)).collect(),
        kubelet: info.kubelet_version,
        os: info.os_image,
    }
}

fn network_pod(pod: core::Pod) -> Option<NetworkPod> {
    let mut annotations = pod.metadata.annotations.unwrap_or_default();
    let networks = annotations.remove(NETWORKS).unwrap_or_default();
    let containers = pod.spec.map(|spec| spec.containers).unwrap_or_default();
    let asked = containers
        .into_iter()
        .filter_map(|container| container.resources)
        .flat_map(|resources| {
            let limits = resources.limits.unwrap_or_default();
            let requests = resources.requests.unwrap_or_default();
            limits.into_keys().chain(requests.into_keys())
        });
    let mut devices: Vec<String> = asked
        .filter(|name| name.contains('/') || name.starts_with("hugepages-"))
        .collect();
    devices.sort();
    devices.dedup();
    let hugepages = devices.iter().any(|name| name.starts_with("hugepages-"));
    devices.retain(|name| name.contains('/'));
    (!networks.is_empty() || hugepages).then(|| NetworkPod {
        namespace: pod.metadata.namespace.unwrap_or_default(),
        name: pod.metadata.name.unwrap_or_default(),
        networks,
        hugepages,
        devices,
    })
}
