//! Pods: where they stand, how far their container is, and what it uses.

use super::happening::Death;
use super::time::{self, TICK_SECONDS, Tick};
use super::topology::WorkloadSpec;
use super::workloads::Behaviour;

/// Names a pod for ever, also after it is gone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct PodId(pub(crate) u32);

#[derive(Clone, Debug)]
pub(crate) struct Pod {
    pub(crate) id: PodId,
    pub(crate) name: String,
    /// Given by the API server.
    pub(crate) uid: String,
    pub(crate) workload: usize,
    pub(crate) node: usize,
    pub(crate) revision: u32,
    /// Ordinal of a StatefulSet's pod, 0 elsewhere.
    pub(crate) ordinal: u32,
    /// Indexes of the GPUs it holds.
    pub(crate) gpus: Vec<usize>,
    pub(crate) address: String,
    pub(crate) created: Tick,
    pub(crate) state: State,
    pub(crate) started: Tick,
    pub(crate) restarts: u32,
    /// Deaths in a row, each within ten minutes of its start: the kubelet's back-off.
    pub(crate) deaths_in_a_row: u32,
    pub(crate) last_death: Option<(Tick, Death)>,
    pub(crate) usage: Use,
    pub(crate) memory: Memory,
}

/// How far the container is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// Pulling the image and starting.
    Starting {
        ready_at: Tick,
    },
    Ready,
    /// Runs, but its readiness probe fails.
    Unready,
    /// Dead, and starting again at a time.
    Down {
        until: Tick,
    },
}

/// What the container does in this tick.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Use {
    pub(crate) rps: f64,
    /// CPU it asks for, in cores.
    pub(crate) demand: f64,
    /// CPU it gets.
    pub(crate) cores: f64,
    /// Share of its scheduling periods in which it hit its limit.
    pub(crate) throttled: f64,
    /// How many times longer its requests take.
    pub(crate) slow: f64,
    pub(crate) received_bytes: f64,
    pub(crate) sent_bytes: f64,
}

/// Memory in MiB.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    pub(crate) working_set: f64,
    pub(crate) leaked: f64,
    /// Slow wandering of heap and caches, relative.
    drift: f64,
}

impl Pod {
    pub(crate) fn is_ready(&self) -> bool {
        self.state == State::Ready
    }

    pub(crate) const fn is_running(&self) -> bool {
        matches!(self.state, State::Ready | State::Unready)
    }

    /// Ends the container; it starts again at once the first time, then after the kubelet's
    /// exponential back-off (10 s doubling to 5 min, reset after ten minutes of life).
    pub(crate) fn die(&mut self, death: Death, tick: Tick) {
        let lived = tick.0 - self.started.0;
        self.deaths_in_a_row = if lived > time::minutes(10) {
            1
        } else {
            self.deaths_in_a_row + 1
        };
        let back_off = match self.deaths_in_a_row {
            0 | 1 => 0.0,
            n => (10.0 * 2_f64.powi(n.min(8) as i32 - 2)).min(300.0),
        };
        // The start itself takes the better part of a tick.
        let ticks = 1 + (back_off / TICK_SECONDS).round() as i64;
        self.state = State::Down {
            until: tick.plus(ticks),
        };
        self.last_death = Some((tick, death));
        self.memory = Memory::default();
        self.usage = Use::default();
    }

    pub(crate) fn waits_in_back_off(&self) -> bool {
        matches!(self.state, State::Down { .. }) && self.deaths_in_a_row > 1
    }

    /// How much longer requests take in a process that has just started: code not yet compiled,
    /// caches and pools not yet filled.
    pub(crate) fn cold(&self, tick: Tick) -> f64 {
        let age = (tick.0 - self.started.0) as f64;
        1.0 + 0.9 * (-age / 1.5).exp()
    }

    /// How hard the collector works when the memory is nearly used up: time and CPU go up by
    /// this factor. Nothing below 80 % of the limit.
    pub(crate) fn memory_pressure(&self, spec: &WorkloadSpec) -> f64 {
        let limit = spec.resources.memory_limit_mib;
        if limit <= 0.0 || self.memory.leaked <= 0.0 {
            return 1.0;
        }
        let over = (self.memory.working_set / limit - 0.8).max(0.0) / 0.2;
        1.0 + 2.5 * over.powi(2)
    }

    /// The memory after this tick. Returns whether the limit was passed.
    pub(crate) fn grow(&mut self, spec: &WorkloadSpec, behaviour: Behaviour, noise: f64) -> bool {
        let memory = &mut self.memory;
        memory.drift = 0.92 * memory.drift + 0.006 * noise;
        let own = memory.working_set - memory.leaked;
        memory.leaked += behaviour.leak_mib_per_request * self.usage.rps * TICK_SECONDS;
        let needed = spec.usage.memory_mib + spec.usage.memory_mib_per_rps * self.usage.rps;
        let target = needed * (1.0 + memory.drift);
        // A young process fills its heap over some minutes.
        let filled = if memory.working_set <= 0.0 {
            needed * 0.6
        } else {
            own.max(0.0)
        };
        memory.working_set = filled + (target - filled) * 0.25 + memory.leaked;
        let limit = spec.resources.memory_limit_mib;
        limit > 0.0 && memory.working_set >= limit
    }
}
