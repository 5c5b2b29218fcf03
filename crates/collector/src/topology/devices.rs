//! GPUs and network interfaces, and the pods that use them.

use std::collections::{BTreeMap, BTreeSet};

use fleetscope_model::{Edge, EdgeKind, EntityKind, Labels};

use crate::topology::edge;
use crate::topology::placement::Placement;
use crate::topology::query::{Window, label, user};

/// Prefix of the resources of NVIDIA's device plugin: `nvidia.com/gpu`, `nvidia.com/mig-1g.5gb`.
const GPU: &str = "nvidia.com/";

/// Device belongs to node, pod uses device.
pub(crate) fn edges(window: &Window, placement: &Placement) -> Vec<Edge> {
    let mut edges = gpus(window, placement);
    edges.extend(interfaces(window, placement));
    edges
}

/// GPUs by the labels of dcgm-exporter. A pod that requests one and is named by none of them uses
/// its node at least.
fn gpus(window: &Window, placement: &Placement) -> Vec<Edge> {
    let mut edges = Vec::new();
    let mut placed = BTreeSet::new();
    for series in &window.gpus {
        let labels = &series.labels;
        let (Some(host), Some(index)) = (label(labels, "Hostname"), label(labels, "gpu")) else {
            continue;
        };
        let node = placement.node_of_host(host);
        let gpu = placement.part(EntityKind::Gpu, node, &format!("gpu{index}"));
        edges.push(edge(gpu.clone(), EdgeKind::PartOf, placement.node(node)));
        // An idle GPU carries the exporter's own pod where Prometheus adds one: that pod requests
        // no GPU.
        let pod = user(labels).and_then(|(namespace, name)| placement.pod(namespace, name));
        if let Some(pod) = pod.filter(|pod| pod.devices.keys().any(|d| d.starts_with(GPU))) {
            placed.insert(pod.meta.uid.clone());
            edges.push(edge(placement.pod_entity(pod), EdgeKind::Uses, gpu));
        }
    }
    for pod in placement.pods_with(GPU) {
        if let (false, Some(node)) = (placed.contains(&pod.meta.uid), &pod.node) {
            let node = placement.node(node);
            edges.push(edge(placement.pod_entity(pod), EdgeKind::RunsOn, node));
        }
    }
    edges
}

/// Interfaces by the labels of sriov-network-metrics-exporter: a pod holds a virtual function,
/// which lies behind a physical one.
fn interfaces(window: &Window, placement: &Placement) -> Vec<Edge> {
    let behind = physical(window);
    let mut edges = Vec::new();
    for series in &window.functions {
        let labels = &series.labels;
        let (Some(node), Some(address)) = (label(labels, "node"), label(labels, "pciAddr")) else {
            continue;
        };
        let names = Place::all(labels).map(|place| behind.get(&(place, address)));
        let name = names.into_iter().flatten().next().copied();
        let interface = placement.part(EntityKind::Interface, node, name.unwrap_or(address));
        edges.push(edge(
            interface.clone(),
            EdgeKind::PartOf,
            placement.node(node),
        ));
        let pod = user(labels).and_then(|(namespace, name)| placement.pod(namespace, name));
        if let Some(pod) = pod {
            edges.push(edge(placement.pod_entity(pod), EdgeKind::Uses, interface));
        }
    }
    edges
}

/// Where a series was measured: the exporter's series of virtual functions have no `node` of
/// their own, only where a scrape adds one; but all of one node come from one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place<'l> {
    Node(&'l str),
    Instance(&'l str),
}

impl<'l> Place<'l> {
    fn all(labels: &'l Labels) -> impl Iterator<Item = Self> {
        let node = label(labels, "node").map(Self::Node);
        node.into_iter()
            .chain(label(labels, "instance").map(Self::Instance))
    }
}

/// Names of physical interfaces by place and PCI address of the virtual function.
fn physical(window: &Window) -> BTreeMap<(Place<'_>, &str), &str> {
    let mut names = BTreeMap::new();
    for series in &window.interfaces {
        let labels = &series.labels;
        if let (Some(address), Some(name)) = (label(labels, "pciAddr"), label(labels, "pf")) {
            names.extend(Place::all(labels).map(|place| ((place, address), name)));
        }
    }
    names
}
