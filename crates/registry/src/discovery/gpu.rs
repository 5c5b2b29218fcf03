//! GPUs.

use std::collections::BTreeSet;

use fleetscope_kubernetes::Machine;
use fleetscope_model::ObjectRef;

use super::conclude::{Conclusion, node};
use super::look::{CLUSTER_POLICIES, Sight};
use super::platform::operator;

/// Resources of whole GPUs, of shared ones and of parts (MIG).
const WHOLE: [&str; 2] = ["nvidia.com/gpu", "nvidia.com/gpu.shared"];
const PARTS: &str = "nvidia.com/mig-";

pub(super) fn gpu(sight: &Sight) -> Conclusion {
    let machines = sight.machines.items();
    let with: Vec<&Machine> = machines.iter().filter(|m| shows(m).is_some()).collect();
    let labels = |name: &str| -> String {
        let values = with.iter().filter_map(|machine| machine.labels.get(name));
        let distinct: BTreeSet<&str> = values.map(String::as_str).collect();
        distinct.into_iter().collect::<Vec<_>>().join(", ")
    };
    let gpus: u64 = with.iter().map(|machine| count(machine)).sum();
    let parts: u64 = with
        .iter()
        .flat_map(|machine| machine.capacity.keys().map(move |name| (machine, name)))
        .filter(|(_, name)| name.starts_with(PARTS))
        .map(|(machine, name)| machine.count(name))
        .sum();
    let policy = sight.cluster_policies.items().first();
    let state = policy
        .and_then(|p| p.status["state"].as_str())
        .unwrap_or_default();
    let product = labels("nvidia.com/gpu.product");
    let summary = match with.len() {
        0 => "an operator, and no node with a GPU".to_owned(),
        nodes => format!("{gpus} on {nodes} nodes: {product}"),
    };
    Conclusion::default()
        .seeing(&sight.machines, shows)
        .all_of(&sight.cluster_policies, CLUSTER_POLICIES)
        .seeing(&sight.cluster_services, |csv| operator(csv, "gpu-operator"))
        .fact("nodes", &with.len())
        .fact("gpus", &gpus)
        .fact("mig_devices", &parts)
        .fact("products", &product)
        .fact("mig_capable", &labels("nvidia.com/mig.capable"))
        .fact("mig_strategy", &labels("nvidia.com/mig.strategy"))
        .fact("cluster_policy", &state)
        .saying(summary)
}

fn shows(machine: &Machine) -> Option<ObjectRef> {
    let resource = machine.capacity.keys().find(|name| {
        (WHOLE.contains(&name.as_str()) || name.starts_with(PARTS)) && machine.count(name) > 0
    });
    if let Some(name) = resource {
        let by = format!("capacity {name}={}", machine.count(name));
        return Some(node(machine, by));
    }
    let present = machine.labels.get("nvidia.com/gpu.present");
    present
        .filter(|value| *value == "true")
        .map(|_| node(machine, "label nvidia.com/gpu.present=true"))
}

/// GPUs of a node: the label counts them also where they are split or not yet served.
fn count(machine: &Machine) -> u64 {
    let label = machine.labels.get("nvidia.com/gpu.count");
    let label = label.and_then(|count| count.parse().ok());
    label.unwrap_or_else(|| machine.count(WHOLE[0]))
}
