//! The vLLM servers' own metrics.

use std::collections::BTreeMap;

use super::histogram::{COMPLETION_BOUNDS, Histogram};
use super::{Sink, series};
use crate::tsdb::{SeriesId, Tsdb};
use crate::world::World;
use crate::world::latency::Latency;
use crate::world::pods::{Pod, PodId};
use crate::world::time::TICK_SECONDS;
use crate::world::topology::Role;

#[derive(Default)]
pub(super) struct VllmTable {
    pods: BTreeMap<PodId, VllmSeries>,
}

struct VllmSeries {
    latency: Histogram,
    running: SeriesId,
    waiting: SeriesId,
    cache: SeriesId,
}

/// Requests that one server decodes at once before others wait.
const BATCH: f64 = 16.0;

impl VllmTable {
    pub(super) fn write(&mut self, sink: &mut Sink<'_>, world: &World) {
        for pod in &world.removed {
            if let Some(gone) = self.pods.remove(&pod.id) {
                gone.end(sink);
            }
        }
        for pod in world.pods.iter().filter(|pod| pod.is_ready()) {
            let workload = &world.workloads[pod.workload];
            if workload.spec.role != Role::Vllm {
                continue;
            }
            let seconds = workload
                .spec
                .operations
                .first()
                .map_or(1.0, |item| item.own_ms / 1000.0);
            let series = self
                .pods
                .entry(pod.id)
                .or_insert_with(|| VllmSeries::new(sink.db, world, pod));
            series.write(sink, pod, seconds * pod.usage.slow);
        }
    }
}

impl VllmSeries {
    fn new(db: &mut Tsdb, world: &World, pod: &Pod) -> Self {
        let instance = format!("{}:8000", pod.address);
        let labels = [
            ("job", "vllm"),
            ("instance", instance.as_str()),
            ("namespace", world.workloads[pod.workload].spec.namespace),
            ("pod", pod.name.as_str()),
            ("model_name", "meta-llama/Llama-3.1-8B-Instruct"),
            ("engine", "0"),
        ];
        Self {
            latency: Histogram::new(
                db,
                "vllm:e2e_request_latency_seconds",
                &labels,
                COMPLETION_BOUNDS,
            ),
            running: series(db, "vllm:num_requests_running", &labels, &[]),
            waiting: series(db, "vllm:num_requests_waiting", &labels, &[]),
            cache: series(db, "vllm:gpu_cache_usage_perc", &labels, &[]),
        }
    }

    fn write(&mut self, sink: &mut Sink<'_>, pod: &Pod, seconds: f64) {
        let inside = pod.usage.rps * seconds;
        self.latency.observe(
            sink,
            pod.usage.rps * TICK_SECONDS,
            Latency::new(seconds, 0.55),
        );
        sink.set(self.running, inside.min(BATCH).round());
        sink.set(self.waiting, (inside - BATCH).max(0.0).round());
        sink.set(
            self.cache,
            ((inside / BATCH * 0.6).min(0.99) * 1e4).round() / 1e4,
        );
    }

    fn end(&self, sink: &mut Sink<'_>) {
        self.latency
            .ids()
            .chain([self.running, self.waiting, self.cache])
            .for_each(|id| sink.end(id));
    }
}
