//! Nodes: node-exporter, whose `instance` is the node's name (OpenShift) or its address, and
//! kube-state-metrics.

use fleetscope_model::{Direction, EntityKind, Resource, SignalRole, Subject};

use super::{Draft, about};

pub(super) fn watches() -> Vec<Draft> {
    vec![
        cpu(),
        load(),
        pressure("cpu", "CPU", Resource::Cpu),
        pressure("memory", "memory", Resource::Memory),
        pressure("io", "I/O", Resource::Disk),
        memory(),
        disk(),
        ready(),
    ]
}

fn node() -> Subject {
    about(EntityKind::Node, None, &["instance"])
}

fn cpu() -> Draft {
    let query = "1 - avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[5m]))";
    Draft::new("node-cpu", "CPU busy share", query)
        .about(node())
        .of(Resource::Cpu)
        // A fifth: the node-exporter mixin warns at 90 %, and nodes are planned for 70 %.
        .matters_from(0.2)
}

fn load() -> Draft {
    let query = "max by (instance) (node_load1) \
                 / count by (instance) (node_cpu_seconds_total{mode=\"idle\"})";
    Draft::new("node-load", "load per CPU", query)
        .unit("tasks")
        .about(node())
        .role(SignalRole::Saturation)
        // Half a task more for each CPU; from one on tasks wait for each other.
        .matters_from(0.5)
}

fn pressure(kind: &str, title: &str, resource: Resource) -> Draft {
    let query = format!("max by (instance) (rate(node_pressure_{kind}_waiting_seconds_total[5m]))");
    Draft::new(
        &format!("node-{kind}-pressure"),
        &format!("share of time with tasks waiting for {title}"),
        query,
    )
    .about(node())
    .of(resource)
    .role(SignalRole::Saturation)
    // The kernel's own example of a trigger: 150 ms in a second (Documentation/accounting/psi.rst).
    .matters_from(0.15)
}

fn memory() -> Draft {
    let query = "max by (instance) (node_memory_MemAvailable_bytes) \
                 / max by (instance) (node_memory_MemTotal_bytes)";
    Draft::new("node-memory-available", "available share of memory", query)
        .about(node())
        .of(Resource::Memory)
        .role(SignalRole::Saturation)
        .direction(Direction::Down)
        // The node-exporter mixin warns with a tenth left (`NodeMemoryHighUtilization`).
        .matters_from(0.1)
}

/// The share of time in which a disk had anything to do: its utilisation, whatever the queue.
fn disk() -> Draft {
    let query = "max by (instance) (rate(node_disk_io_time_seconds_total[5m]))";
    Draft::new("node-disk-busy", "busy share of the busiest disk", query)
        .about(node())
        .of(Resource::Disk)
        // By queueing theory a server that is busy half the time doubles its answer times; a
        // deviation of half of that is felt.
        .matters_from(0.25)
}

fn ready() -> Draft {
    let query = "max by (node) (kube_node_status_condition{condition=\"Ready\",status!=\"true\"})";
    Draft::new("node-not-ready", "node not ready", query)
        .unit("state")
        .about(about(EntityKind::Node, None, &["node"]))
        .role(SignalRole::Availability)
        // A state: 0 or 1.
        .matters_from(0.5)
}
