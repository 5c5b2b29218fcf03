//! PTP clocks, and the pods that need the time they keep.

use std::collections::HashMap;

use fleetscope_kubernetes::Pod;
use fleetscope_model::{Edge, EdgeKind, EntityKind};

use crate::topology::edge;
use crate::topology::placement::Placement;
use crate::topology::query::{Window, label, user};

/// Prefix of the resources that the SR-IOV network operator makes by default.
const VIRTUAL_FUNCTION: &str = "openshift.io/";

/// Clock belongs to node; and a pod with a virtual function on a node with PTP clocks uses them:
/// SR-IOV and PTP on one node are how radio units are served, whose traffic is timed.
pub(crate) fn edges(window: &Window, placement: &Placement) -> Vec<Edge> {
    let timed = timed_pods(window, placement);
    let mut edges = Vec::new();
    for series in &window.clocks {
        let labels = &series.labels;
        let (Some(node), Some(iface)) = (label(labels, "node"), label(labels, "iface")) else {
            continue;
        };
        let node = placement.node_of_host(node);
        let clock = placement.part(EntityKind::PtpClock, node, iface);
        edges.push(edge(clock.clone(), EdgeKind::PartOf, placement.node(node)));
        for pod in timed.get(node).into_iter().flatten() {
            edges.push(edge(
                placement.pod_entity(pod),
                EdgeKind::Uses,
                clock.clone(),
            ));
        }
    }
    edges
}

/// Pods that hold or request a virtual function, by node.
fn timed_pods<'p>(window: &Window, placement: &'p Placement) -> HashMap<&'p str, Vec<&'p Pod>> {
    let holders = window
        .functions
        .iter()
        .filter_map(|series| user(&series.labels))
        .filter_map(|(namespace, name)| placement.pod(namespace, name));
    let mut pods: HashMap<&str, Vec<&Pod>> = HashMap::new();
    for pod in holders.chain(placement.pods_with(VIRTUAL_FUNCTION)) {
        if let Some(node) = pod.node.as_deref() {
            pods.entry(node).or_default().push(pod);
        }
    }
    pods
}
