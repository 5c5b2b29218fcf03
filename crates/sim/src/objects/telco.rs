//! Custom resources of the operators that GPU and telco clusters have.

use serde_json::{Value, json};

use crate::world::World;
use crate::world::ptp::Clock;

pub(super) fn custom_resources(world: &World) -> Vec<Value> {
    let mut objects = Vec::new();
    if !world.gpus.is_empty() {
        objects.push(cluster_policy());
    }
    if !world.clocks.is_empty() {
        objects.extend(ptp_configs(world));
        objects.extend(world.clocks.iter().map(|clock| ptp_device(world, clock)));
        objects.extend(
            world
                .clocks
                .iter()
                .map(|clock| sriov_state(world, clock.node)),
        );
    }
    objects
}

fn cluster_policy() -> Value {
    json!({
        "apiVersion": "nvidia.com/v1",
        "kind": "ClusterPolicy",
        "metadata": { "name": "gpu-cluster-policy" },
        "spec": { "driver": { "enabled": true }, "dcgmExporter": { "enabled": true } },
        "status": { "state": "ready", "namespace": "nvidia-gpu-operator" },
    })
}

fn ptp_configs(world: &World) -> Vec<Value> {
    let of = |grandmaster: bool| {
        world
            .clocks
            .iter()
            .filter(|clock| clock.is_grandmaster() == grandmaster)
            .map(|clock| world.nodes[clock.node].spec.name)
            .collect::<Vec<_>>()
    };
    [
        ("grandmaster", of(true), "-2 --summary_interval -4"),
        ("boundary-clock", of(false), "-2 -s"),
    ]
    .into_iter()
    .filter(|(_, nodes, _)| !nodes.is_empty())
    .map(|(name, nodes, options)| {
        let matched: Vec<Value> = nodes
            .iter()
            .map(|node| json!({ "nodeName": node, "profile": name }))
            .collect();
        let wanted: Vec<Value> = nodes
            .iter()
            .map(|node| json!({ "nodeName": node }))
            .collect();
        json!({
            "apiVersion": "ptp.openshift.io/v1",
            "kind": "PtpConfig",
            "metadata": { "name": name, "namespace": "openshift-ptp" },
            "spec": {
                "profile": [{
                    "name": name,
                    "interface": "ens5f0",
                    "ptp4lOpts": options,
                    "phc2sysOpts": "-a -r -n 24",
                    "ptpSchedulingPolicy": "SCHED_FIFO",
                    "ptpSchedulingPriority": 10,
                    "ptpClockThreshold": {
                        "holdOverTimeout": 5,
                        "maxOffsetThreshold": 100,
                        "minOffsetThreshold": -100,
                    },
                }],
                "recommend": [{ "profile": name, "priority": 4, "match": wanted }],
            },
            "status": { "matchList": matched },
        })
    })
    .collect()
}

fn ptp_device(world: &World, clock: &Clock) -> Value {
    json!({
        "apiVersion": "ptp.openshift.io/v1",
        "kind": "NodePtpDevice",
        "metadata": {
            "name": world.nodes[clock.node].spec.name,
            "namespace": "openshift-ptp",
        },
        "spec": {},
        "status": { "devices": [{ "name": clock.iface, "profile": "" }] },
    })
}

fn sriov_state(world: &World, node: usize) -> Value {
    let functions: Vec<Value> = world
        .functions
        .iter()
        .filter(|function| function.node == node)
        .map(|function| {
            json!({
                "name": format!("{}v{}", function.device, function.number),
                "pciAddress": function.address,
                "vendor": "8086",
                "deviceID": "1889",
                "driver": "vfio-pci",
                "mtu": 9000,
                "vfID": function.number,
            })
        })
        .collect();
    json!({
        "apiVersion": "sriovnetwork.openshift.io/v1",
        "kind": "SriovNetworkNodeState",
        "metadata": {
            "name": world.nodes[node].spec.name,
            "namespace": "openshift-sriov-network-operator",
            "annotations": {
                "sriovnetwork.openshift.io/desired-state": "Idle",
                "sriovnetwork.openshift.io/current-state": "Idle",
            },
        },
        "spec": {},
        "status": {
            "interfaces": [{
                "name": "ens2f0",
                "driver": "ice",
                "pciAddress": "0000:12:00.0",
                "vendor": "8086",
                "deviceID": "159b",
                "mtu": 9000,
                "numVfs": 8,
                "totalvfs": 128,
                "linkSpeed": "25000 Mb/s",
                "linkType": "ETH",
                "Vfs": functions,
            }],
            "syncStatus": "Succeeded",
        },
    })
}
