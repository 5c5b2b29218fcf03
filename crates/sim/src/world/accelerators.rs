//! The part of a tick in which GPUs get their load and give their speed back to the pods.

use super::World;
use super::gpu::Gpu;
use super::happening::{Happening, Level};
use super::time::minutes;
use super::topology::Role;

/// The role of the pod that holds a GPU, and its place in the list of pods.
type Held = Option<(Role, usize)>;

impl World {
    /// GPUs get the load of the pods that hold them.
    pub(super) fn step_gpus(&mut self) {
        let before: Vec<bool> = self.gpus.iter().map(Gpu::throttles).collect();
        let mut held: Vec<Held> = vec![None; self.gpus.len()];
        for (position, pod) in self
            .pods
            .iter()
            .enumerate()
            .filter(|item| item.1.is_running())
        {
            let role = self.workloads[pod.workload].spec.role;
            pod.gpus
                .iter()
                .for_each(|&gpu| held[gpu] = Some((role, position)));
        }
        self.step_training(&held);
        self.step_servers(&held);
        for (index, before) in before.into_iter().enumerate() {
            if self.gpus[index].throttles() != before {
                self.report_throttling(index);
            }
        }
    }

    fn step_training(&mut self, held: &[Held]) {
        let Some(training) = &mut self.training else {
            return;
        };
        let mut roll = self.dice.part("training").at(self.tick.0);
        let checkpointing = self.tick.0.rem_euclid(minutes(30)) == 7;
        let (mut group, mut feeding) = (Vec::new(), 1.0_f64);
        for (gpu, held) in self.gpus.iter_mut().zip(held) {
            if let Some((Role::Training, position)) = held {
                // The loader of the data runs on the CPU: a crowded node feeds its GPUs late.
                let crowded = self.pods[*position].usage.slow;
                feeding = feeding.max(1.0 + 0.12 * (crowded - 1.5).max(0.0));
                group.push(gpu);
            }
        }
        training.step(&mut group, feeding, checkpointing, &mut roll);
    }

    fn step_servers(&mut self, held: &[Held]) {
        let mut roll = self.dice.part("gpus").at(self.tick.0);
        let seconds = self.completion_seconds();
        for (gpu, held) in self.gpus.iter_mut().zip(held) {
            match held {
                Some((Role::Training, _)) => {}
                Some((Role::Vllm, position)) => {
                    let usage = &mut self.pods[*position].usage;
                    let running = usage.rps * seconds * usage.slow / gpu.speed();
                    gpu.step(1.0 - (-running / 4.0).exp(), 72_900.0, &mut roll);
                    // Decoding is bound by the clock; a full batch makes everybody wait.
                    let batch = 1.0 + 0.05 * (running - 8.0).max(0.0);
                    usage.slow *= (1.0 / gpu.speed()).powf(1.15) * batch.min(6.0);
                }
                _ => gpu.step(0.0, 620.0, &mut roll),
            }
        }
    }

    fn report_throttling(&mut self, index: usize) {
        let gpu = &self.gpus[index];
        let (level, what) = if gpu.throttles() {
            (Level::Warn, "thermal slowdown active")
        } else {
            (Level::Info, "thermal slowdown cleared")
        };
        let line = format!(
            "GPU {} ({}) at {}: {what}: temperature {:.0} C, SM clock {:.0} MHz",
            gpu.index, gpu.uuid, gpu.bus, gpu.celsius, gpu.clock
        );
        let node = gpu.node;
        self.happenings.push(Happening::NodeLog {
            node,
            unit: "nvidia-dcgm",
            level,
            line,
        });
    }

    /// Seconds of a completion at full clock, alone.
    fn completion_seconds(&self) -> f64 {
        let mut operations = self.graph.operations.iter();
        let vllm = operations.find(|item| self.graph.services[item.service].role == Role::Vllm);
        vllm.map_or(1.0, |operation| operation.spec.own_ms / 1000.0)
    }
}
