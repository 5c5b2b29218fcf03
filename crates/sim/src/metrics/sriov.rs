//! sriov-network-metrics-exporter: counters of virtual functions, and who holds them.

use super::{Counter, Sink, series};
use crate::tsdb::SeriesId;
use crate::world::World;
use crate::world::pods::PodId;
use crate::world::time::TICK_SECONDS;

const NAMES: [&str; 6] = [
    "sriov_vf_rx_bytes",
    "sriov_vf_tx_bytes",
    "sriov_vf_rx_packets",
    "sriov_vf_tx_packets",
    "sriov_vf_rx_dropped",
    "sriov_vf_tx_dropped",
];

/// One virtual function. It stays on its node for as long as its pod does; a pod on another node
/// has another function.
pub(super) struct FunctionSeries {
    function: usize,
    holder: Option<PodId>,
    node: usize,
    counters: Option<[Counter; 6]>,
    held: Option<SeriesId>,
}

impl FunctionSeries {
    pub(super) const fn new(function: usize) -> Self {
        Self {
            function,
            holder: None,
            node: usize::MAX,
            counters: None,
            held: None,
        }
    }

    pub(super) fn write(&mut self, sink: &mut Sink<'_>, world: &World) {
        let function = &world.functions[self.function];
        let holder = world
            .pods
            .iter()
            .find(|pod| pod.workload == function.workload);
        if self.node != function.node {
            self.counters
                .iter()
                .flatten()
                .for_each(|counter| sink.end(counter.id));
            self.node = function.node;
            self.counters = Some(self.register(sink, world));
        }
        if self.holder != holder.map(|pod| pod.id) {
            if let Some(id) = self.held.take() {
                sink.end(id);
            }
            self.holder = holder.map(|pod| pod.id);
            self.held = self.register_holder(sink, world);
        }
        let rates = [
            function.received_packets * function.bytes_per_packet,
            function.sent_packets * function.bytes_per_packet,
            function.received_packets,
            function.sent_packets,
            function.received_drops,
            function.sent_drops,
        ];
        for (counter, rate) in self.counters.iter_mut().flatten().zip(rates) {
            counter.add(sink, rate * TICK_SECONDS);
        }
        if let Some(id) = self.held {
            sink.set(id, 1.0);
        }
    }

    fn register(&self, sink: &mut Sink<'_>, world: &World) -> [Counter; 6] {
        let function = &world.functions[self.function];
        let number = function.number.to_string();
        let labels = [
            ("job", "sriov-network-metrics-exporter"),
            ("instance", world.nodes[function.node].spec.name),
            ("node", world.nodes[function.node].spec.name),
            ("numa_node", "0"),
            ("pciAddr", function.address.as_str()),
            ("pf", function.device),
            ("vf", number.as_str()),
        ];
        NAMES.map(|name| Counter::of(series(sink.db, name, &labels, &[])))
    }

    fn register_holder(&self, sink: &mut Sink<'_>, world: &World) -> Option<SeriesId> {
        let pod = world.pod(self.holder?)?;
        let function = &world.functions[self.function];
        let labels = [
            ("job", "sriov-network-metrics-exporter"),
            ("instance", world.nodes[function.node].spec.name),
            ("node", world.nodes[function.node].spec.name),
            ("pciAddr", function.address.as_str()),
            ("dev_type", "openshift.io/fronthaul"),
            ("namespace", world.workloads[pod.workload].spec.namespace),
            ("pod", pod.name.as_str()),
        ];
        Some(series(sink.db, "sriov_kubepoddevice", &labels, &[]))
    }
}
