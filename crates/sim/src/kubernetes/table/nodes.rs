//! Nodes.

use jiff::Timestamp;
use serde_json::Value;

use super::{Column, NONE, Printer, age_of, each, name_of, text};

/// What kubectl shows for a fact that the node does not tell.
const UNKNOWN: &str = "<unknown>";
/// The prefix of the labels that give a node its roles.
const ROLE_PREFIX: &str = "node-role.kubernetes.io/";

pub(super) const PRINTER: Printer = Printer {
    columns: &[
        Column::name(),
        Column::text("Status", "The status of the node."),
        Column::text("Roles", "The roles of the node."),
        Column::age(),
        Column::text("Version", "Version of the kubelet."),
        Column::wide("Internal-IP", "Address inside the cluster."),
        Column::wide("External-IP", "Address outside the cluster."),
        Column::wide("OS-Image", "Operating system, as /etc/os-release names it."),
        Column::wide("Kernel-Version", "Kernel and architecture."),
        Column::wide("Container-Runtime", "Container runtime and its version."),
    ],
    cells,
};

fn cells(node: &Value, now: Timestamp) -> Vec<Value> {
    let info = &node["status"]["nodeInfo"];
    let known = |value: &Value| match text(value) {
        "" => UNKNOWN.to_owned(),
        fact => fact.to_owned(),
    };
    let kernel = match (text(&info["kernelVersion"]), text(&info["architecture"])) {
        ("", _) => UNKNOWN.to_owned(),
        (kernel, "") => kernel.to_owned(),
        (kernel, architecture) => format!("{kernel} ({architecture})"),
    };
    vec![
        name_of(node),
        status(node).into(),
        roles(node).into(),
        age_of(node, now),
        text(&info["kubeletVersion"]).into(),
        address(node, "InternalIP").into(),
        address(node, "ExternalIP").into(),
        known(&info["osImage"]).into(),
        kernel.into(),
        known(&info["containerRuntimeVersion"]).into(),
    ]
}

fn status(node: &Value) -> String {
    let ready = each(&node["status"]["conditions"]).find(|condition| condition["type"] == "Ready");
    let mut status = match ready {
        None => "Unknown",
        Some(condition) if condition["status"] == "True" => "Ready",
        Some(_) => "NotReady",
    }
    .to_owned();
    if node["spec"]["unschedulable"] == true {
        status.push_str(",SchedulingDisabled");
    }
    status
}

fn roles(node: &Value) -> String {
    let labels = node["metadata"]["labels"].as_object();
    let mut roles: Vec<&str> = labels
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| {
            let role = match key.strip_prefix(ROLE_PREFIX) {
                None if key == "kubernetes.io/role" => text(value),
                role => role?,
            };
            (!role.is_empty()).then_some(role)
        })
        .collect();
    roles.sort_unstable();
    roles.dedup();
    super::joined(roles.into_iter())
}

fn address<'a>(node: &'a Value, kind: &str) -> &'a str {
    each(&node["status"]["addresses"])
        .find(|address| address["type"] == kind)
        .map_or(NONE, |address| text(&address["address"]))
}
