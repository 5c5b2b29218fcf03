//! cAdvisor in the kubelet: what a container uses.

use super::{Counter, Sink, series};
use crate::tsdb::{SeriesId, Tsdb};
use crate::world::World;
use crate::world::pods::Pod;
use crate::world::time::TICK_SECONDS;

const MIB: f64 = 1024.0 * 1024.0;
/// Scheduling periods of 100 ms in which the container was runnable, a second.
const PERIODS: f64 = 9.4;

pub(super) struct ContainerSeries {
    cpu: Counter,
    memory: SeriesId,
    /// Periods and throttled periods; absent without a CPU limit.
    periods: Option<[Counter; 2]>,
    /// Received and sent, of the pod: its network is not the container's.
    network: [Counter; 2],
    restarts: u32,
    silent: bool,
}

impl ContainerSeries {
    pub(super) fn new(db: &mut Tsdb, world: &World, pod: &Pod) -> Self {
        let workload = &world.workloads[pod.workload];
        let node = &world.nodes[pod.node];
        let instance = format!("{}:10250", node.address);
        let labels = [
            ("job", "kubelet"),
            ("metrics_path", "/metrics/cadvisor"),
            ("instance", instance.as_str()),
            ("node", node.spec.name),
            ("namespace", workload.spec.namespace),
            ("pod", pod.name.as_str()),
        ];
        let image = workload.image(pod.revision);
        let container = [
            ("container", workload.container()),
            ("image", image.as_str()),
        ];
        let cpu = [
            ("container", workload.container()),
            ("cpu", "total"),
            ("image", image.as_str()),
        ];
        let interface = [("interface", "eth0")];
        let limited = workload.spec.resources.cpu_limit > 0.0;
        let periods = [
            "container_cpu_cfs_periods_total",
            "container_cpu_cfs_throttled_periods_total",
        ];
        let network = [
            "container_network_receive_bytes_total",
            "container_network_transmit_bytes_total",
        ];
        Self {
            cpu: Counter::real(series(
                db,
                "container_cpu_usage_seconds_total",
                &labels,
                &cpu,
            )),
            memory: series(
                db,
                "container_memory_working_set_bytes",
                &labels,
                &container,
            ),
            periods: limited
                .then(|| periods.map(|name| Counter::of(series(db, name, &labels, &container)))),
            network: network.map(|name| Counter::of(series(db, name, &labels, &interface))),
            restarts: 0,
            silent: true,
        }
    }

    pub(super) fn write(&mut self, sink: &mut Sink<'_>, pod: &Pod) {
        for (counter, rate) in self
            .network
            .iter_mut()
            .zip([pod.usage.received_bytes, pod.usage.sent_bytes])
        {
            counter.add(sink, rate * TICK_SECONDS);
        }
        if !pod.is_running() {
            if !self.silent {
                self.end_container(sink);
                self.silent = true;
            }
            return;
        }
        self.silent = false;
        if pod.restarts != self.restarts {
            // A new container has new counters.
            self.restarts = pod.restarts;
            self.cpu.sum = 0.0;
            self.periods
                .iter_mut()
                .flatten()
                .for_each(|counter| counter.sum = 0.0);
        }
        self.cpu.add(sink, pod.usage.cores * TICK_SECONDS);
        sink.set(
            self.memory,
            (pod.memory.working_set * MIB / 4096.0).round() * 4096.0,
        );
        if let Some([periods, throttled]) = &mut self.periods {
            periods.add(sink, PERIODS * TICK_SECONDS);
            throttled.add(sink, PERIODS * TICK_SECONDS * pod.usage.throttled);
        }
    }

    pub(super) fn end(&self, sink: &mut Sink<'_>) {
        self.network.iter().for_each(|counter| sink.end(counter.id));
        if !self.silent {
            self.end_container(sink);
        }
    }

    fn end_container(&self, sink: &mut Sink<'_>) {
        sink.end(self.cpu.id);
        sink.end(self.memory);
        self.periods
            .iter()
            .flatten()
            .for_each(|counter| sink.end(counter.id));
    }
}
