//! One cluster's world, stepped tick by tick with cause before effect: load flows down the service
//! graph, work uses nodes and devices, and what they cannot give comes back up as time and failure.
//!
//! The world is only a model. It writes no metrics, objects or lines: those are made of its state
//! and its happenings by [`crate::cluster`].

mod accelerators;
pub(crate) mod database;
pub(crate) mod dice;
pub(crate) mod gpu;
pub(crate) mod happening;
pub(crate) mod innocent;
pub(crate) mod latency;
mod lifecycle;
pub(crate) mod load;
pub(crate) mod nodes;
mod pace;
pub(crate) mod pods;
pub(crate) mod ptp;
pub(crate) mod radio;
pub(crate) mod services;
pub(crate) mod time;
pub(crate) mod topology;
pub(crate) mod workloads;

use database::Database;
use dice::Dice;
use gpu::{Gpu, Training};
use happening::Happening;
use innocent::{Job, Kind};
use nodes::Node;
use pods::{Pod, PodId};
use ptp::Clock;
use radio::{Cell, VirtualFunction};
use services::Graph;
use time::Tick;
use topology::{ClusterSpec, Role};
use workloads::{Behaviour, Workload};

use crate::faults::Injection;

/// The state of one cluster after a tick.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) name: &'static str,
    pub(crate) dice: Dice,
    pub(crate) tick: Tick,
    pub(crate) nodes: Vec<Node>,
    pub(crate) workloads: Vec<Workload>,
    /// Those that exist, oldest first.
    pub(crate) pods: Vec<Pod>,
    /// Those removed in this tick.
    pub(crate) removed: Vec<Pod>,
    pub(crate) graph: Graph,
    pub(crate) databases: Vec<Database>,
    pub(crate) gpus: Vec<Gpu>,
    pub(crate) training: Option<Training>,
    pub(crate) clocks: Vec<Clock>,
    pub(crate) cells: Vec<Cell>,
    pub(crate) functions: Vec<VirtualFunction>,
    pub(crate) jobs: Vec<Job>,
    /// What happened in this tick.
    pub(crate) happenings: Vec<Happening>,
    /// Faults under way, with their first tick.
    pub(crate) injections: Vec<(Tick, Injection)>,
    /// Workloads that a fault has chosen: nothing innocent touches them any more.
    pub(crate) chosen: Vec<usize>,
    planned: Vec<(Tick, Kind)>,
    /// Cordoned nodes and until when.
    cordons: Vec<(Tick, usize)>,
    next_pod: u32,
    /// In the first tick everything is there at once.
    booting: bool,
}

impl World {
    /// The world of a cluster whose first tick will be the one after `before`.
    pub(crate) fn new(spec: &ClusterSpec, dice: Dice, before: Tick) -> Self {
        let dice = dice.part(spec.name);
        let graph = Graph::new(spec);
        let mut world = Self {
            name: spec.name,
            dice,
            tick: before,
            nodes: Vec::new(),
            workloads: spec
                .workloads
                .iter()
                .map(|item| Workload::new(item.clone(), dice.part("workload"), before))
                .collect(),
            pods: Vec::new(),
            removed: Vec::new(),
            databases: Vec::new(),
            gpus: Vec::new(),
            training: None,
            clocks: Vec::new(),
            cells: Vec::new(),
            functions: Vec::new(),
            jobs: Vec::new(),
            happenings: Vec::new(),
            injections: Vec::new(),
            chosen: Vec::new(),
            planned: Vec::new(),
            cordons: Vec::new(),
            next_pod: 1,
            booting: true,
            graph,
        };
        world.furnish(spec);
        world.jobs = Job::all(&world);
        world
    }

    /// One tick. The happenings of the last one are forgotten.
    pub(crate) fn step(&mut self) {
        self.tick = self.tick.next();
        self.happenings.clear();
        self.removed.clear();
        self.step_injections();
        if !self.booting {
            self.step_innocent();
        }
        self.reconcile();
        if self.booting {
            // The pods just created are ready at once: the cluster is older than its history.
            self.reconcile();
            self.booting = false;
        }
        self.step_load();
        self.step_clocks();
        self.step_radio();
        self.step_pods();
        self.step_gpus();
        self.step_health();
        self.graph.answer();
        self.step_databases();
        self.step_accounts();
    }

    pub(crate) fn pod(&self, id: PodId) -> Option<&Pod> {
        let gone = self.removed.iter().find(|pod| pod.id == id);
        self.pods.iter().find(|pod| pod.id == id).or(gone)
    }

    /// Begins a new revision of a workload and returns its number.
    pub(crate) fn roll_out(&mut self, index: usize, behaviour: Behaviour, cause: &str) -> u32 {
        let mut roll = self.dice.part("rollout").at2(self.tick.0, index as i64);
        let revision = self.workloads[index].roll_out(behaviour, cause, &mut roll);
        self.happenings.push(Happening::Rollout {
            workload: index,
            revision,
        });
        revision
    }

    fn step_injections(&mut self) {
        let tick = self.tick;
        for (first, injection) in self.injections.clone() {
            if tick >= first {
                injection.apply(self, first);
            }
        }
    }

    fn furnish(&mut self, spec: &ClusterSpec) {
        let hardware = self.dice.part("hardware");
        for (index, node) in spec.nodes.iter().enumerate() {
            let mut roll = hardware.at(index as i64);
            self.nodes.push(Node::new(node.clone(), index, &mut roll));
            self.gpus
                .extend((0..node.gpus as usize).map(|gpu| Gpu::new(index, gpu, &mut roll)));
            if let Some(ptp) = node.ptp {
                let upstream = ptp.upstream.and_then(|name| {
                    let at = spec.nodes.iter().position(|node| node.name == name);
                    self.clocks.iter().position(|clock| Some(clock.node) == at)
                });
                self.clocks
                    .push(Clock::new(index, ptp.iface, upstream, &mut roll));
            }
        }
        for (index, service) in self.graph.services.iter().enumerate() {
            if innocent::is_database(service.role) {
                self.databases.push(Database::new(index, service.name));
            }
        }
        for (index, workload) in self.workloads.iter().enumerate() {
            match workload.spec.role {
                Role::Training => self.training = Some(Training::new()),
                Role::DistributedUnit => {
                    self.cells.push(Cell {
                        workload: index,
                        late: 0.0,
                    });
                }
                _ => {}
            }
            for number in 0..workload.spec.vfs {
                let device = if number == 0 { "ens2f0" } else { "ens2f1" };
                let slot = self.functions.len() as u32;
                self.functions
                    .push(VirtualFunction::new(index, device, slot));
            }
        }
    }
}
