//! node-exporter, with `instance` set to the node's name as OpenShift does, and what
//! kube-state-metrics says of nodes.

use super::{Counter, KUBE_STATE_METRICS, Sink, series};
use crate::tsdb::{SeriesId, Tsdb};
use crate::world::nodes::Node;
use crate::world::time::TICK_SECONDS;
use crate::world::topology::ClusterSpec;

pub(super) struct NodeSeries {
    /// Idle, user, system, iowait of each CPU.
    cpus: Vec<[Counter; 4]>,
    load1: SeriesId,
    memory_available: SeriesId,
    waiting: [Counter; 3],
    disk: Counter,
    received: Counter,
    sent: Counter,
    disk_available: SeriesId,
    clock_offset: SeriesId,
    unschedulable: SeriesId,
    constants: Vec<(SeriesId, f64)>,
}

const MODES: [&str; 4] = ["idle", "user", "system", "iowait"];

impl NodeSeries {
    pub(super) fn new(db: &mut Tsdb, spec: &ClusterSpec, node: &Node) -> Self {
        let labels = [("instance", node.spec.name), ("job", "node-exporter")];
        let uptime = 900_000.0 + node.memory_bytes() % 77_777.0;
        let cpus = (0..node.spec.cores)
            .map(|cpu| {
                let cpu = cpu.to_string();
                MODES.map(|mode| {
                    let more = [("cpu", cpu.as_str()), ("mode", mode)];
                    let id = series(db, "node_cpu_seconds_total", &labels, &more);
                    Counter::real(id).from(uptime * if mode == "idle" { 0.7 } else { 0.1 })
                })
            })
            .collect();
        let mut plain = |name: &str| series(db, name, &labels, &[]);
        let load1 = plain("node_load1");
        let memory_available = plain("node_memory_MemAvailable_bytes");
        let waiting = ["cpu", "memory", "io"].map(|resource| {
            let id = plain(&format!("node_pressure_{resource}_waiting_seconds_total"));
            Counter::real(id).from(uptime / 50.0)
        });
        let clock_offset = plain("node_timex_offset_seconds");
        let disk = series(
            db,
            "node_disk_io_time_seconds_total",
            &labels,
            &[("device", "nvme0n1")],
        );
        let interface = [("device", "br-ex")];
        let received = series(db, "node_network_receive_bytes_total", &labels, &interface);
        let sent = series(db, "node_network_transmit_bytes_total", &labels, &interface);
        let mount = [
            ("device", "/dev/nvme0n1p4"),
            ("fstype", "xfs"),
            ("mountpoint", "/var"),
        ];
        let disk_available = series(db, "node_filesystem_avail_bytes", &labels, &mount);
        let state = [
            ("job", "kube-state-metrics"),
            ("instance", KUBE_STATE_METRICS),
        ];
        let name = [("node", node.spec.name)];
        let mut constants = vec![
            (
                series(db, "node_memory_MemTotal_bytes", &labels, &[]),
                node.memory_bytes(),
            ),
            (
                series(db, "node_filesystem_size_bytes", &labels, &mount),
                Node::DISK_BYTES,
            ),
            (series(db, "node_timex_sync_status", &labels, &[]), 1.0),
        ];
        constants.extend(object_state(db, spec, node));
        Self {
            cpus,
            load1,
            memory_available,
            waiting,
            disk: Counter::real(disk).from(uptime / 30.0),
            received: Counter::of(received).from(uptime * 60_000.0),
            sent: Counter::of(sent).from(uptime * 90_000.0),
            disk_available,
            clock_offset,
            unschedulable: series(db, "kube_node_spec_unschedulable", &state, &name),
            constants,
        }
    }

    pub(super) fn write(&mut self, sink: &mut Sink<'_>, node: &Node) {
        let usage = &node.usage;
        let cores = f64::from(node.spec.cores);
        let idle = (cores - usage.user - usage.system - usage.iowait).max(0.0);
        for (index, cpu) in self.cpus.iter_mut().enumerate() {
            // The scheduler prefers no CPU for long; a small constant skew is usual.
            let skew = if index % 2 == 0 { 1.04 } else { 0.96 };
            let busy = [usage.user, usage.system, usage.iowait]
                .map(|seconds| seconds / cores * skew * TICK_SECONDS);
            let busy_sum: f64 = busy.iter().sum();
            let scale = (TICK_SECONDS * 0.999 / busy_sum.max(0.01)).min(1.0);
            let rest = if idle > 0.0 {
                TICK_SECONDS - busy_sum * scale
            } else {
                0.0
            };
            cpu[0].add(sink, rest);
            for (counter, seconds) in cpu[1..].iter_mut().zip(busy) {
                counter.add(sink, seconds * scale);
            }
        }
        sink.set(self.load1, (usage.load1 * 100.0).round() / 100.0);
        sink.set(
            self.memory_available,
            (usage.memory_available / 4096.0).round() * 4096.0,
        );
        let waiting = [usage.waiting_cpu, usage.waiting_memory, usage.waiting_io];
        for (counter, share) in self.waiting.iter_mut().zip(waiting) {
            counter.add(sink, share * TICK_SECONDS);
        }
        self.disk.add(sink, usage.disk_busy * TICK_SECONDS);
        self.received.add(sink, usage.received_bytes * TICK_SECONDS);
        self.sent.add(sink, usage.sent_bytes * TICK_SECONDS);
        sink.set(
            self.disk_available,
            (Node::DISK_BYTES - usage.disk_used_bytes).round(),
        );
        sink.set(self.clock_offset, usage.clock_offset_seconds);
        sink.set(self.unschedulable, f64::from(u8::from(node.cordoned)));
        for &(id, value) in &self.constants {
            sink.set(id, value);
        }
    }
}

/// `kube_node_*` that do not change.
fn object_state(db: &mut Tsdb, spec: &ClusterSpec, node: &Node) -> Vec<(SeriesId, f64)> {
    let labels = [
        ("job", "kube-state-metrics"),
        ("instance", KUBE_STATE_METRICS),
        ("node", node.spec.name),
    ];
    let info = [
        ("internal_ip", node.address.as_str()),
        ("kernel_version", "5.14.0-427.50.1.el9_4.x86_64"),
        ("os_image", spec.os_image),
        ("kubelet_version", spec.kubelet_version),
        ("container_runtime_version", "cri-o://1.31.4-3.rhaos4.18"),
    ];
    let mut constants = vec![(series(db, "kube_node_info", &labels, &info), 1.0)];
    for condition in ["Ready", "MemoryPressure", "DiskPressure"] {
        for status in ["true", "false", "unknown"] {
            let more = [("condition", condition), ("status", status)];
            let holds = if condition == "Ready" {
                "true"
            } else {
                "false"
            };
            let id = series(db, "kube_node_status_condition", &labels, &more);
            constants.push((id, f64::from(u8::from(status == holds))));
        }
    }
    let mut capacity = vec![
        ("cpu", "core", f64::from(node.spec.cores)),
        ("memory", "byte", node.memory_bytes()),
        ("pods", "integer", 250.0),
    ];
    if node.spec.gpus > 0 {
        capacity.push(("nvidia_com_gpu", "integer", f64::from(node.spec.gpus)));
    }
    for (resource, unit, value) in capacity {
        let more = [("resource", resource), ("unit", unit)];
        constants.push((
            series(db, "kube_node_status_capacity", &labels, &more),
            value,
        ));
    }
    constants
}
