//! SR-IOV, PTP, DPDK and network functions.

use fleetscope_kubernetes::{Custom, Machine, NetworkPod};
use fleetscope_model::ObjectRef;

use super::conclude::{Conclusion, custom, node, pod};
use super::look::{NODE_STATES, PTP_CONFIGS, PTP_DEVICES, Sight};
use super::platform::operator;

/// Resources that the SR-IOV operator names after its policies.
const VIRTUAL_FUNCTIONS: &str = "openshift.io/";

pub(super) fn sriov(sight: &Sight) -> Conclusion {
    let states = sight.node_states.items();
    let interfaces = || {
        states
            .iter()
            .flat_map(|state| array(&state.status["interfaces"]))
    };
    let functions: u64 = interfaces().filter_map(|i| i["numVfs"].as_u64()).sum();
    let failed: Vec<&str> = states
        .iter()
        .filter(|state| state.status["syncStatus"] == "Failed")
        .map(|state| state.metadata.name.as_str())
        .collect();
    let mut resources: Vec<&str> = sight
        .machines
        .items()
        .iter()
        .flat_map(|machine| machine.capacity.keys())
        .filter(|name| name.starts_with(VIRTUAL_FUNCTIONS))
        .map(String::as_str)
        .collect();
    resources.sort_unstable();
    resources.dedup();
    let resources = resources.join(", ");
    Conclusion::default()
        .seeing(&sight.node_states, |state| Some(node_state(state)))
        .seeing(&sight.machines, virtual_functions)
        .seeing(&sight.cluster_services, |csv| {
            operator(csv, "sriov-network-operator")
        })
        .fact("node_states", &states.len())
        .fact("virtual_functions", &functions)
        .fact("resources", &resources)
        .fact("failed_nodes", &failed.join(", "))
        .saying(format!(
            "{functions} virtual functions on {} nodes; {resources}",
            states.len()
        ))
}

fn node_state(state: &Custom) -> ObjectRef {
    let status = state.status["syncStatus"].as_str().unwrap_or("unknown");
    custom(state, NODE_STATES, &format!("syncStatus {status}"))
}

fn virtual_functions(machine: &Machine) -> Option<ObjectRef> {
    let mut names = machine.capacity.keys();
    let name = names.find(|name| name.starts_with(VIRTUAL_FUNCTIONS) && machine.count(name) > 0)?;
    let by = format!("capacity {name}={}", machine.count(name));
    Some(node(machine, by))
}

pub(super) fn ptp(sight: &Sight) -> Conclusion {
    let devices = sight.ptp_devices.items();
    let configs = sight.ptp_configs.items();
    let ports: usize = devices
        .iter()
        .map(|d| array(&d.status["devices"]).count())
        .sum();
    let profiles: Vec<&str> = configs
        .iter()
        .flat_map(|config| array(&config.spec["profile"]))
        .filter_map(|profile| profile["name"].as_str())
        .collect();
    Conclusion::default()
        .seeing(&sight.ptp_devices, |device| {
            let ports = array(&device.status["devices"]).count();
            // Every node has an object once the operator runs, also one without a capable port.
            (ports > 0).then(|| custom(device, PTP_DEVICES, &format!("{ports} devices")))
        })
        .all_of(&sight.ptp_configs, PTP_CONFIGS)
        .seeing(&sight.cluster_services, |csv| operator(csv, "ptp-operator"))
        .fact("nodes", &devices.len())
        .fact("ports", &ports)
        .fact("profiles", &profiles.join(", "))
        .saying(format!(
            "{ports} ports on {} nodes; profiles {}",
            devices.len(),
            profiles.join(", ")
        ))
}

/// A workload that drives its network itself has pages for its buffers, and a device to drive.
pub(super) fn dpdk(sight: &Sight) -> Conclusion {
    let shows = |found: &NetworkPod| {
        let device = found.devices.first().filter(|_| found.hugepages)?;
        Some(pod(found, format!("requests {device} and huge pages")))
    };
    let concluded = Conclusion::default().seeing(&sight.pods, shows);
    let pods = concluded.count();
    concluded.fact("pods", &pods).saying(format!("{pods} pods"))
}

pub(super) fn cnf(sight: &Sight) -> Conclusion {
    let shows = |found: &NetworkPod| {
        let networks = Some(&found.networks).filter(|networks| !networks.is_empty())?;
        Some(pod(found, format!("networks {networks}")))
    };
    let concluded = Conclusion::default().seeing(&sight.pods, shows);
    let pods = concluded.count();
    concluded
        .fact("pods", &pods)
        .saying(format!("{pods} pods with networks of their own"))
}

fn array(value: &serde_json::Value) -> impl Iterator<Item = &serde_json::Value> {
    value.as_array().into_iter().flatten()
}
