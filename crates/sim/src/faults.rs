//! The faults that can be injected, what each does to the world, and the truth about it.
//!
//! Which service, node, GPU or clock is hit, and how hard, is chosen by the seed. Around each
//! fault harmless changes go on, so that it cannot be found by looking for the only change.

mod bad_release;
mod gpu_throttle;
mod memory_leak;
mod node_cpu_hog;
mod ptp_lock_loss;
mod slow_database;

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::world::World;
use crate::world::dice::Roll;
use crate::world::time::Tick;

/// A kind of fault.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// A rollout of a service whose new revision leaks memory until it is killed.
    MemoryLeak,
    /// A process of the host itself, in no pod, takes a node's CPU.
    NodeCpuHog,
    /// The database that several services share answers slowly.
    SlowDatabase,
    /// A rollout of a service whose new revision fails a part of its requests.
    BadRelease,
    /// A GPU loses its cooling and lowers its clock.
    GpuThrottle,
    /// A clock of the telco site loses its source and drifts away.
    PtpLockLoss,
}

/// The name of a thing in a cluster.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct EntityName {
    /// `workload`, `node`, `gpu` or `ptp-clock`; in [`Truth::also`] also `pod` and `service`.
    pub kind: String,
    /// The namespace, for kinds that have one.
    pub namespace: Option<String>,
    /// The name: of the workload, of the node, `<node>/gpu<index>`, or `<node>/<iface>`.
    pub name: String,
}

/// What was really done: the answer a diagnosis is held to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Truth {
    /// The fault.
    pub fault: Fault,
    /// The cluster it is in.
    pub cluster: String,
    /// The cause.
    pub entity: EntityName,
    /// Other names of the same thing that count as right.
    pub also: Vec<EntityName>,
    /// For rollouts: `<namespace>/<deployment> revision <N>`.
    pub change: Option<String>,
    /// The tick in which it began.
    pub started_at: Timestamp,
    /// One sentence for people.
    pub description: String,
}

impl Fault {
    /// Every kind, in a fixed order.
    pub const ALL: [Self; 6] = [
        Self::MemoryLeak,
        Self::NodeCpuHog,
        Self::SlowDatabase,
        Self::BadRelease,
        Self::GpuThrottle,
        Self::PtpLockLoss,
    ];

    /// The name on command lines and in HTTP bodies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MemoryLeak => "memory-leak",
            Self::NodeCpuHog => "node-cpu-hog",
            Self::SlowDatabase => "slow-database",
            Self::BadRelease => "bad-release",
            Self::GpuThrottle => "gpu-throttle",
            Self::PtpLockLoss => "ptp-lock-loss",
        }
    }

    /// One line on what it is.
    pub const fn summary(self) -> &'static str {
        match self {
            Self::MemoryLeak => "a rollout leaks memory until its containers are OOM-killed",
            Self::NodeCpuHog => "a host process outside any pod takes a node's CPU",
            Self::SlowDatabase => "a database shared by several services answers slowly",
            Self::BadRelease => "a rollout fails 15 to 40 % of its requests",
            Self::GpuThrottle => "a GPU loses its cooling, throttles and slows its job",
            Self::PtpLockLoss => "a PTP clock loses its source and a distributed unit its cell",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Fault {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|fault| fault.name() == name);
        found.ok_or_else(|| Error::UnknownFault {
            name: name.to_owned(),
        })
    }
}

impl EntityName {
    fn workload(world: &World, index: usize) -> Self {
        let spec = &world.workloads[index].spec;
        Self::namespaced("workload", spec.namespace, spec.name)
    }

    fn namespaced(kind: &str, namespace: &str, name: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            namespace: Some(namespace.to_owned()),
            name: name.to_owned(),
        }
    }

    fn plain(kind: &str, name: String) -> Self {
        Self {
            kind: kind.to_owned(),
            namespace: None,
            name,
        }
    }
}

/// A fault with its target and strength, at work in one cluster's world.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Injection {
    MemoryLeak(memory_leak::MemoryLeak),
    NodeCpuHog(node_cpu_hog::NodeCpuHog),
    SlowDatabase(slow_database::SlowDatabase),
    BadRelease(bad_release::BadRelease),
    GpuThrottle(gpu_throttle::GpuThrottle),
    PtpLockLoss(ptp_lock_loss::PtpLockLoss),
}

impl Injection {
    /// Chooses a target in this world; `None` where it has none for this fault.
    pub(crate) fn choose(fault: Fault, world: &World, roll: &mut Roll) -> Option<Self> {
        match fault {
            Fault::MemoryLeak => memory_leak::MemoryLeak::choose(world, roll).map(Self::MemoryLeak),
            Fault::NodeCpuHog => {
                node_cpu_hog::NodeCpuHog::choose(world, roll).map(Self::NodeCpuHog)
            }
            Fault::SlowDatabase => {
                slow_database::SlowDatabase::choose(world, roll).map(Self::SlowDatabase)
            }
            Fault::BadRelease => bad_release::BadRelease::choose(world, roll).map(Self::BadRelease),
            Fault::GpuThrottle => {
                gpu_throttle::GpuThrottle::choose(world, roll).map(Self::GpuThrottle)
            }
            Fault::PtpLockLoss => {
                ptp_lock_loss::PtpLockLoss::choose(world, roll).map(Self::PtpLockLoss)
            }
        }
    }

    /// What it does in this tick; called in each one from the first on.
    pub(crate) fn apply(&self, world: &mut World, first: Tick) {
        match self {
            Self::MemoryLeak(item) => item.apply(world, first),
            Self::NodeCpuHog(item) => item.apply(world, first),
            Self::SlowDatabase(item) => item.apply(world, first),
            Self::BadRelease(item) => item.apply(world, first),
            Self::GpuThrottle(item) => item.apply(world, first),
            Self::PtpLockLoss(item) => item.apply(world, first),
        }
    }

    /// The workload it takes for itself, so that no innocent change undoes it.
    pub(crate) const fn workload(&self) -> Option<usize> {
        match self {
            Self::MemoryLeak(item) => Some(item.workload),
            Self::BadRelease(item) => Some(item.workload),
            _ => None,
        }
    }

    /// The truth about it, in a world that has not begun the first tick yet.
    pub(crate) fn truth(&self, world: &World, first: Tick) -> Truth {
        match self {
            Self::MemoryLeak(item) => item.truth(world, first),
            Self::NodeCpuHog(item) => item.truth(world, first),
            Self::SlowDatabase(item) => item.truth(world, first),
            Self::BadRelease(item) => item.truth(world, first),
            Self::GpuThrottle(item) => item.truth(world, first),
            Self::PtpLockLoss(item) => item.truth(world, first),
        }
    }
}

/// How much of a strength is there after so many ticks of a linear ramp, 0..=1.
fn ramp(world: &World, first: Tick, ticks: i64) -> f64 {
    let past = (world.tick.0 - first.0 + 1) as f64;
    (past / ticks.max(1) as f64).clamp(0.0, 1.0)
}

/// The names of a workload that a finding may use instead of its own: its service, its pods of
/// the coming revision are not known yet.
fn names_of_workload(world: &World, index: usize) -> Vec<EntityName> {
    let spec = &world.workloads[index].spec;
    vec![EntityName::namespaced("service", spec.namespace, spec.name)]
}

/// `<namespace>/<deployment> revision <N>` of the rollout that comes next.
fn next_revision(world: &World, index: usize) -> String {
    let workload = &world.workloads[index];
    let (namespace, name) = (workload.spec.namespace, workload.spec.name);
    format!("{namespace}/{name} revision {}", workload.revision + 1)
}

/// Applications that serve enough requests for a defect to show within minutes.
fn busy_applications(world: &World) -> Vec<usize> {
    let busy = |index: &usize| {
        let service = world.graph.service_of(*index);
        service.is_some_and(|service| world.graph.services[service].rps > 0.8)
    };
    world.free_applications().into_iter().filter(busy).collect()
}
