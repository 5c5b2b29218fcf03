//! Nodes: who gets the CPU, and what it costs the others.

use super::dice::Roll;
use super::time::TICK_SECONDS;
use super::topology::NodeSpec;

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) spec: NodeSpec,
    pub(crate) cordoned: bool,
    /// CPU that a process outside any pod asks for, in cores.
    pub(crate) hog: f64,
    pub(crate) address: String,
    /// Slow wandering of what the system itself uses.
    drift: f64,
    pub(crate) usage: NodeUse,
}

/// A node in this tick. Shares are 0..=1 of the wall time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NodeUse {
    /// CPU asked for and given, in cores.
    pub(crate) demand: f64,
    pub(crate) user: f64,
    pub(crate) system: f64,
    pub(crate) iowait: f64,
    /// How many times longer CPU-bound work takes here.
    pub(crate) contention: f64,
    pub(crate) waiting_cpu: f64,
    pub(crate) waiting_memory: f64,
    pub(crate) waiting_io: f64,
    pub(crate) load1: f64,
    pub(crate) memory_available: f64,
    pub(crate) disk_busy: f64,
    pub(crate) received_bytes: f64,
    pub(crate) sent_bytes: f64,
    pub(crate) disk_used_bytes: f64,
    pub(crate) clock_offset_seconds: f64,
}

/// What the pods of a node sum up to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PodSum {
    pub(crate) demand: f64,
    pub(crate) memory_bytes: f64,
    pub(crate) received_bytes: f64,
    pub(crate) sent_bytes: f64,
    /// Disk time of databases.
    pub(crate) disk_busy: f64,
}

impl Node {
    pub(crate) fn new(spec: NodeSpec, index: usize, roll: &mut Roll) -> Self {
        let disk_used_bytes = roll.range(0.32, 0.48) * Self::DISK_BYTES;
        Self {
            spec,
            cordoned: false,
            hog: 0.0,
            address: format!("192.168.{}.{}", 10 + index / 200, 20 + index),
            drift: 0.0,
            usage: NodeUse {
                contention: 1.0,
                disk_used_bytes,
                ..NodeUse::default()
            },
        }
    }

    pub(crate) const DISK_BYTES: f64 = 120.0 * 1024.0 * 1024.0 * 1024.0;

    pub(crate) fn memory_bytes(&self) -> f64 {
        f64::from(self.spec.memory_gib) * 1024.0_f64.powi(3)
    }

    /// Shares the CPU out. Called before the pods know what they got.
    pub(crate) fn contend(&mut self, pods: PodSum, roll: &mut Roll) {
        self.drift = 0.9 * self.drift + 0.03 * roll.gauss();
        let cores = f64::from(self.spec.cores);
        let system = (0.05 * cores * (1.0 + self.drift)).max(0.02) + 0.06 * pods.demand;
        let demand = pods.demand + system + self.hog;
        let pressure = demand / cores;
        let granted = demand.min(cores * 0.995);
        let usage = &mut self.usage;
        usage.demand = demand;
        usage.contention = contention(pressure);
        usage.system = granted * (0.12 + 0.5 * system / demand.max(0.01));
        usage.user = granted - usage.system;
        usage.waiting_cpu = (waiting(pressure) * (1.0 + 0.08 * roll.gauss())).clamp(0.0, 0.98);
        // The kernel's one-minute average, from the tasks that run or want to.
        let keep = (-TICK_SECONDS / 60.0).exp();
        let runnable = demand * (1.0 + 0.05 * roll.gauss()) + pressure.powi(3).min(3.0) * 0.3;
        usage.load1 = usage.load1 * keep + runnable * (1.0 - keep);
    }

    /// Memory, disk and network, once the pods are done.
    pub(crate) fn account(&mut self, pods: PodSum, roll: &mut Roll) {
        let total = self.memory_bytes();
        let system = total * 0.035 + 0.9 * 1024.0_f64.powi(3);
        let usage = &mut self.usage;
        let busy = pods.disk_busy + 0.012 * (1.0 + 0.2 * roll.gauss());
        usage.disk_busy = busy.clamp(0.001, 0.99);
        usage.waiting_io = (usage.disk_busy.powi(2) * 0.8).clamp(0.0, 0.95);
        let idle = (f64::from(self.spec.cores) - usage.user - usage.system).max(0.0);
        usage.iowait = (usage.disk_busy * 0.35).min(idle * 0.8);
        usage.memory_available = (total - system - pods.memory_bytes).max(total * 0.01);
        let used = 1.0 - usage.memory_available / total;
        usage.waiting_memory = ((used - 0.92).max(0.0) * 6.0).min(0.9);
        usage.received_bytes = pods.received_bytes + 18_000.0 * (1.0 + 0.1 * roll.gauss());
        usage.sent_bytes = pods.sent_bytes + 24_000.0 * (1.0 + 0.1 * roll.gauss());
        // Logs and images grow slowly; the nightly clean-up brings the disk back.
        usage.disk_used_bytes += 9_000.0 * TICK_SECONDS;
        if usage.disk_used_bytes > 0.62 * Self::DISK_BYTES {
            usage.disk_used_bytes = 0.36 * Self::DISK_BYTES;
        }
        usage.clock_offset_seconds = 0.000_04 * roll.gauss();
    }
}

/// Little is felt below 60 % use; at full use a fifth more; beyond, time grows with the queue.
/// The shape is that of a processor-sharing queue, flattened below saturation because requests
/// are short compared with the scheduler's slice.
fn contention(pressure: f64) -> f64 {
    let near = 1.2 * (pressure.min(1.0) - 0.6).max(0.0).powi(2);
    1.0 + near + 3.0 * (pressure - 1.0).max(0.0)
}

/// The `some` line of CPU pressure: the share of time in which a task waited.
fn waiting(pressure: f64) -> f64 {
    let near = 0.01 + 0.16 * pressure.min(1.0).powi(4);
    near + 0.9 * (pressure - 1.0).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contention_and_pressure_grow_with_demand_and_never_jump() {
        let mut last = (0.0, 0.0);
        for step in 0..300 {
            let now = (
                contention(f64::from(step) / 100.0),
                waiting(f64::from(step) / 100.0),
            );
            assert!(now.0 >= last.0 && now.1 >= last.1);
            assert!(step == 0 || now.0 - last.0 < 0.05);
            last = now;
        }
    }
}
