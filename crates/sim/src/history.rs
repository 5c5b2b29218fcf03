//! What logs and traces are made of: for each tick the few numbers from which its lines and spans
//! can be drawn again, always the same, and the rare lines themselves.
//!
//! A day of it takes some two megabytes a cluster; the lines it stands for would take hundreds.

use std::collections::{BTreeMap, VecDeque};

use crate::world::World;
use crate::world::database::Cause;
use crate::world::dice::Dice;
use crate::world::happening::{Happening, Level};
use crate::world::pods::{Pod, PodId};
use crate::world::ptp::Lock;
use crate::world::services::Graph;
use crate::world::time::Tick;
use crate::world::topology::{ClusterSpec, WorkloadSpec};

pub(crate) struct History {
    pub(crate) cluster: &'static str,
    pub(crate) environment: &'static str,
    pub(crate) dice: Dice,
    /// For names and calls only; its numbers are those of the start.
    pub(crate) graph: Graph,
    pub(crate) workloads: Vec<WorkloadSpec>,
    pub(crate) nodes: Vec<&'static str>,
    /// Interface of each clock, and its node.
    pub(crate) clocks: Vec<(usize, &'static str, bool)>,
    pub(crate) lives: BTreeMap<PodId, Life>,
    moments: VecDeque<Moment>,
    notes: VecDeque<Note>,
    keep: i64,
}

/// A pod that is or was.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    pub(crate) name: String,
    pub(crate) workload: usize,
    pub(crate) node: usize,
    pub(crate) container: &'static str,
    pub(crate) version: String,
    /// Share of requests that its version fails.
    pub(crate) error: f64,
    until: Option<Tick>,
}

/// One tick.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    pub(crate) tick: Tick,
    /// As in the graph.
    pub(crate) operations: Box<[OperationMoment]>,
    /// By service: share of requests without a listener.
    pub(crate) unavailable: Box<[f32]>,
    /// Requests a second of each entry.
    pub(crate) entries: Box<[f32]>,
    /// Pods whose container runs.
    pub(crate) pods: Box<[PodMoment]>,
    pub(crate) clocks: Box<[ClockMoment]>,
    /// By service of the graph, where it is a database in trouble.
    pub(crate) trouble: Option<(usize, Cause)>,
    pub(crate) training: Option<TrainingMoment>,
    /// Workloads of cells with late slots, and the share of those.
    pub(crate) late: Box<[(usize, f32)]>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct OperationMoment {
    pub(crate) rps: f32,
    pub(crate) own_mean: f32,
    pub(crate) own_variance: f32,
    pub(crate) own_error: f32,
    pub(crate) mean: f32,
    pub(crate) variance: f32,
    pub(crate) fail: f32,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct PodMoment {
    pub(crate) id: PodId,
    pub(crate) workload: u32,
    pub(crate) ready: bool,
    pub(crate) rps: f32,
    pub(crate) slow: f32,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ClockMoment {
    pub(crate) state: Lock,
    pub(crate) class: u32,
    pub(crate) offset: f32,
    pub(crate) max_offset: f32,
    pub(crate) frequency: f32,
    pub(crate) delay: f32,
    pub(crate) system_offset: f32,
    pub(crate) system_frequency: f32,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct TrainingMoment {
    pub(crate) step: f64,
    pub(crate) seconds: f32,
    pub(crate) loss: f32,
    pub(crate) checkpointing: bool,
}

/// A line that no number stands for.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) tick: Tick,
    pub(crate) from: From,
    pub(crate) level: Level,
    pub(crate) line: String,
}

/// Who said it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum From {
    Pod(PodId),
    Journal { node: usize, unit: &'static str },
}

impl History {
    /// An empty history that keeps so many ticks.
    pub(crate) fn new(world: &World, spec: &ClusterSpec, keep: i64) -> Self {
        Self {
            cluster: spec.name,
            environment: spec.environment,
            dice: world.dice.part("history"),
            graph: world.graph.clone(),
            workloads: spec.workloads.clone(),
            nodes: spec.nodes.iter().map(|node| node.name).collect(),
            clocks: world
                .clocks
                .iter()
                .map(|clock| (clock.node, clock.iface, clock.is_grandmaster()))
                .collect(),
            lives: BTreeMap::new(),
            moments: VecDeque::new(),
            notes: VecDeque::new(),
            keep,
        }
    }

    /// The ticks from `first` to `last`, both included, as far as there are any.
    pub(crate) fn moments(
        &self,
        first: Tick,
        last: Tick,
    ) -> impl DoubleEndedIterator<Item = &Moment> {
        let start = self.moments.partition_point(|moment| moment.tick < first);
        let end = self
            .moments
            .partition_point(|moment| moment.tick <= last)
            .max(start);
        self.moments.range(start..end)
    }

    /// The end of the last tick, in nanoseconds.
    pub(crate) fn last_nanos(&self) -> Option<i64> {
        self.moments.back().map(|moment| moment.tick.nanos())
    }

    pub(crate) fn moment(&self, tick: Tick) -> Option<&Moment> {
        self.moments(tick, tick).next()
    }

    pub(crate) fn notes(&self, tick: Tick) -> impl Iterator<Item = &Note> {
        let start = self.notes.partition_point(|note| note.tick < tick);
        let end = self.notes.partition_point(|note| note.tick <= tick);
        self.notes.range(start..end)
    }

    /// Adds the world's last tick.
    pub(crate) fn record(&mut self, world: &World) {
        for happening in &world.happenings {
            self.note(world, happening);
        }
        for pod in &world.removed {
            if let Some(life) = self.lives.get_mut(&pod.id) {
                life.until = Some(world.tick);
            }
        }
        self.moments.push_back(Moment::of(world));
        let oldest = world.tick.plus(-self.keep);
        while self
            .moments
            .front()
            .is_some_and(|moment| moment.tick < oldest)
        {
            self.moments.pop_front();
        }
        while self.notes.front().is_some_and(|note| note.tick < oldest) {
            self.notes.pop_front();
        }
        if world.tick.0 % 100 == 0 {
            self.lives
                .retain(|_, life| life.until.is_none_or(|until| until >= oldest));
        }
    }

    fn note(&mut self, world: &World, happening: &Happening) {
        match happening {
            Happening::PodCreated { pod, .. } => {
                if let Some(pod) = world.pod(*pod) {
                    self.lives.insert(pod.id, Life::of(world, pod));
                }
            }
            Happening::PodReady { pod } | Happening::ContainerRestarted { pod } => {
                let version = self.lives.get(pod).map_or("", |life| life.version.as_str());
                let line = format!("started, version {version}, ready to serve");
                self.say(world, From::Pod(*pod), Level::Info, line);
            }
            Happening::PodDeleted { pod, .. } => {
                let line = "received SIGTERM, draining connections".to_owned();
                self.say(world, From::Pod(*pod), Level::Info, line);
            }
            Happening::ConfigChanged { workload } => {
                for pod in world.pods.iter().filter(|pod| pod.workload == *workload) {
                    let line = "configuration reloaded".to_owned();
                    self.say(world, From::Pod(pod.id), Level::Info, line);
                }
            }
            Happening::NodeLog {
                node,
                unit,
                level,
                line,
            } => {
                let from = match daemon_of(world, *node).filter(|_| *unit == "linuxptp") {
                    Some(pod) => From::Pod(pod),
                    None => From::Journal { node: *node, unit },
                };
                self.say(world, from, *level, line.clone());
            }
            Happening::PodLog { pod, level, line } => {
                self.say(world, From::Pod(*pod), *level, line.clone());
            }
            _ => {}
        }
    }

    fn say(&mut self, world: &World, from: From, level: Level, line: String) {
        self.notes.push_back(Note {
            tick: world.tick,
            from,
            level,
            line,
        });
    }
}

/// The PTP daemon of a node: what linuxptp says comes through its pod.
fn daemon_of(world: &World, node: usize) -> Option<PodId> {
    let mut pods = world.pods.iter().filter(|pod| pod.node == node);
    pods.find(|pod| world.workloads[pod.workload].spec.name == "linuxptp-daemon")
        .map(|pod| pod.id)
}

impl Life {
    fn of(world: &World, pod: &Pod) -> Self {
        let workload = &world.workloads[pod.workload];
        let revision = workload.revisions.get(&pod.revision);
        Self {
            name: pod.name.clone(),
            workload: pod.workload,
            node: pod.node,
            container: workload.container(),
            version: revision
                .map(|revision| revision.tag.clone())
                .unwrap_or_default(),
            error: workload.behaviour(pod.revision).error,
            until: None,
        }
    }
}

impl Moment {
    fn of(world: &World) -> Self {
        let graph = &world.graph;
        let trouble = world.databases.iter().find_map(|database| {
            database
                .trouble
                .map(|trouble| (database.service, trouble.cause))
        });
        let late = world.cells.iter().filter(|cell| cell.late > 0.01);
        Self {
            tick: world.tick,
            operations: graph
                .operations
                .iter()
                .map(|operation| OperationMoment {
                    rps: operation.rps as f32,
                    own_mean: operation.own.mean as f32,
                    own_variance: operation.own.variance as f32,
                    own_error: operation.own_error as f32,
                    mean: operation.total.mean as f32,
                    variance: operation.total.variance as f32,
                    fail: operation.fail as f32,
                })
                .collect(),
            unavailable: graph
                .services
                .iter()
                .map(|service| service.health.unavailable as f32)
                .collect(),
            entries: graph.entries.iter().map(|entry| entry.rps as f32).collect(),
            pods: world
                .pods
                .iter()
                .filter(|pod| pod.is_running())
                .map(|pod| PodMoment {
                    id: pod.id,
                    workload: pod.workload as u32,
                    ready: pod.is_ready(),
                    rps: pod.usage.rps as f32,
                    slow: pod.usage.slow as f32,
                })
                .collect(),
            clocks: world.clocks.iter().map(ClockMoment::of).collect(),
            trouble,
            training: world.training.as_ref().map(|training| TrainingMoment {
                step: training.steps,
                seconds: training.step_seconds as f32,
                loss: training.loss as f32,
                checkpointing: training.checkpointing,
            }),
            late: late.map(|cell| (cell.workload, cell.late as f32)).collect(),
        }
    }
}

impl ClockMoment {
    fn of(clock: &crate::world::ptp::Clock) -> Self {
        Self {
            state: clock.state,
            class: clock.class,
            offset: clock.offset as f32,
            max_offset: clock.max_offset as f32,
            frequency: clock.frequency as f32,
            delay: clock.delay as f32,
            system_offset: clock.system_offset as f32,
            system_frequency: clock.system_frequency as f32,
        }
    }
}
