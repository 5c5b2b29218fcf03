//! dcgm-exporter: the default counters that a GPU job is judged by.

use super::{Sink, series};
use crate::tsdb::SeriesId;
use crate::world::World;
use crate::world::gpu::{BOOST_MHZ, Gpu, MEMORY_MHZ, MEMORY_MIB, MODEL};
use crate::world::pods::PodId;
use crate::world::time::TICK_SECONDS;

const GAUGES: [&str; 11] = [
    "DCGM_FI_DEV_GPU_UTIL",
    "DCGM_FI_DEV_MEM_COPY_UTIL",
    "DCGM_FI_DEV_SM_CLOCK",
    "DCGM_FI_DEV_MEM_CLOCK",
    "DCGM_FI_DEV_GPU_TEMP",
    "DCGM_FI_DEV_MEMORY_TEMP",
    "DCGM_FI_DEV_POWER_USAGE",
    "DCGM_FI_DEV_FB_USED",
    "DCGM_FI_DEV_FB_FREE",
    "DCGM_FI_DEV_XID_ERRORS",
    "DCGM_FI_DEV_CLOCK_THROTTLE_REASONS",
];
const COUNTERS: [&str; 2] = [
    "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
    "DCGM_FI_DEV_THERMAL_VIOLATION",
];

/// One GPU. Its series carry the pod that holds it, so a new holder means new series.
pub(super) struct GpuSeries {
    gpu: usize,
    holder: Option<PodId>,
    gauges: Option<[SeriesId; 11]>,
    counters: Option<[SeriesId; 2]>,
    /// Energy in mJ and time throttled by heat in µs, of the device.
    sums: [f64; 2],
}

impl GpuSeries {
    pub(super) const fn new(gpu: usize) -> Self {
        Self {
            gpu,
            holder: None,
            gauges: None,
            counters: None,
            sums: [4.1e12, 0.0],
        }
    }

    pub(super) fn write(&mut self, sink: &mut Sink<'_>, world: &World) {
        let holder = world
            .pods
            .iter()
            .find(|pod| pod.gpus.contains(&self.gpu))
            .map(|pod| pod.id);
        if self.gauges.is_none() || holder != self.holder {
            let old = self
                .gauges
                .iter()
                .flatten()
                .chain(self.counters.iter().flatten());
            old.for_each(|&id| sink.end(id));
            self.holder = holder;
            self.register(sink, world);
        }
        let gpu = &world.gpus[self.gpu];
        for (&id, value) in self.gauges.iter().flatten().zip(gauges(gpu)) {
            sink.set(id, value);
        }
        self.sums[0] += gpu.watts * TICK_SECONDS * 1000.0;
        let slowed = if gpu.throttles() {
            1.0 - gpu.clock / BOOST_MHZ
        } else {
            0.0
        };
        self.sums[1] += slowed.max(0.0) * TICK_SECONDS * 1e6;
        for (&id, value) in self.counters.iter().flatten().zip(self.sums) {
            sink.set(id, value.floor());
        }
    }

    fn register(&mut self, sink: &mut Sink<'_>, world: &World) {
        let gpu = &world.gpus[self.gpu];
        let node = world.nodes[gpu.node].spec.name;
        let (index, device) = (gpu.index.to_string(), format!("nvidia{}", gpu.index));
        let instance = format!("{}:9400", world.nodes[gpu.node].address);
        let mut labels = vec![
            ("job", "nvidia-dcgm-exporter"),
            ("instance", instance.as_str()),
            ("gpu", index.as_str()),
            ("UUID", gpu.uuid.as_str()),
            ("pci_bus_id", gpu.bus.as_str()),
            ("device", device.as_str()),
            ("modelName", MODEL),
            ("Hostname", node),
        ];
        let holder = self.holder.and_then(|id| world.pod(id));
        if let Some(pod) = holder {
            let workload = &world.workloads[pod.workload];
            labels.push(("namespace", workload.spec.namespace));
            labels.push(("pod", pod.name.as_str()));
            labels.push(("container", workload.container()));
        }
        self.gauges = Some(GAUGES.map(|name| series(sink.db, name, &labels, &[])));
        self.counters = Some(COUNTERS.map(|name| series(sink.db, name, &labels, &[])));
    }
}

fn gauges(gpu: &Gpu) -> [f64; 11] {
    [
        (gpu.busy * 100.0).round(),
        (gpu.copy_busy * 100.0).round(),
        gpu.clock,
        MEMORY_MHZ,
        gpu.celsius.round(),
        gpu.memory_celsius.round(),
        (gpu.watts * 1000.0).round() / 1000.0,
        gpu.memory_used.round(),
        (MEMORY_MIB - gpu.memory_used).round(),
        f64::from(gpu.xid),
        gpu.reasons as f64,
    ]
}
