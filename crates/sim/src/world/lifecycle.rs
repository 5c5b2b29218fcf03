//! The controllers: containers start and restart, rollouts replace pods one by one, the
//! autoscaler follows the load, the scheduler finds a node.

use super::World;
use super::happening::{Happening, Removal};
use super::pods::{Memory, Pod, PodId, State, Use};
use super::time::minutes;
use super::topology::{Kind, Role};

/// `autoscaling/v2` default: scale down no sooner than five minutes after the last change.
const SCALE_DOWN_AFTER: i64 = minutes(5);
/// The autoscaler's wanted CPU use relative to the request, and its tolerance (0.1 by default).
const TARGET_USE: f64 = 1.1;
const TOLERANCE: f64 = 0.1;

impl World {
    /// One tick of all controllers.
    pub(super) fn reconcile(&mut self) {
        self.progress_containers();
        for workload in 0..self.workloads.len() {
            if self.tick.0 % 2 == 0 {
                self.autoscale(workload);
            }
            if self.workloads[workload].rolling {
                self.reconcile_workload(workload);
            }
        }
    }

    /// Removes a pod; its controller will replace it.
    pub(super) fn evict(&mut self, pod: PodId) {
        if let Some(pod) = self.pods.iter().find(|item| item.id == pod) {
            self.workloads[pod.workload].evicted += 1;
        }
        self.remove(pod, Removal::Evicted);
    }

    pub(super) fn pods_of(&self, workload: usize) -> impl Iterator<Item = &Pod> {
        self.pods.iter().filter(move |pod| pod.workload == workload)
    }

    fn progress_containers(&mut self) {
        let tick = self.tick;
        for pod in &mut self.pods {
            let happening = match pod.state {
                State::Starting { ready_at } if tick >= ready_at => {
                    Happening::PodReady { pod: pod.id }
                }
                State::Down { until } if tick >= until => {
                    pod.restarts += 1;
                    pod.started = tick;
                    Happening::ContainerRestarted { pod: pod.id }
                }
                _ => continue,
            };
            pod.state = State::Ready;
            self.happenings.push(happening);
            self.happenings.push(Happening::WorkloadChanged {
                workload: pod.workload,
            });
        }
    }

    fn autoscale(&mut self, index: usize) {
        let workload = &self.workloads[index];
        let Some(most) = workload.spec.scale_to else {
            return;
        };
        if workload.rolling {
            return;
        }
        let ready: Vec<&Pod> = self.pods_of(index).filter(|pod| pod.is_ready()).collect();
        if ready.is_empty() {
            return;
        }
        let used: f64 = ready.iter().map(|pod| pod.usage.cores).sum();
        let ratio = used / ready.len() as f64 / workload.spec.resources.cpu_request / TARGET_USE;
        if (ratio - 1.0).abs() <= TOLERANCE {
            return;
        }
        let wanted = (ready.len() as f64 * ratio).ceil() as u32;
        let wanted = wanted.clamp(workload.spec.replicas, most);
        let early = self.tick.0 - workload.scaled_at.0 < SCALE_DOWN_AFTER;
        if wanted == workload.desired || (wanted < workload.desired && early) {
            return;
        }
        self.scale(index, wanted, true);
    }

    fn scale(&mut self, index: usize, to: u32, by_autoscaler: bool) {
        let workload = &mut self.workloads[index];
        let from = workload.desired;
        workload.desired = to;
        workload.generation += 1;
        workload.scaled_at = self.tick;
        workload.rolling = true;
        self.happenings.push(Happening::Scaled {
            workload: index,
            from,
            to,
            by_autoscaler,
        });
    }

    fn reconcile_workload(&mut self, index: usize) {
        let workload = &self.workloads[index];
        let (revision, wanted) = (workload.revision, workload.desired as usize);
        let recreates = workload.recreates();
        let all: Vec<(PodId, u32, bool)> = self
            .pods_of(index)
            .map(|pod| (pod.id, pod.revision, pod.is_ready()))
            .collect();
        let ready = all.iter().filter(|pod| pod.2).count();
        let old: Vec<PodId> = all
            .iter()
            .filter(|pod| pod.1 != revision)
            .map(|pod| pod.0)
            .collect();
        let new = all.len() - old.len();
        let first = all.is_empty();
        if old.is_empty() && new == wanted {
            self.workloads[index].rolling = ready < wanted;
        } else if old.is_empty() && new > wanted {
            if let Some(youngest) = all.last() {
                self.remove(youngest.0, Removal::ScaledDown);
            }
        } else if recreates {
            if all.len() < wanted {
                let missing = if first { wanted } else { 1 };
                (0..missing).for_each(|_| self.create(index));
            } else if ready == all.len() {
                old.last()
                    .into_iter()
                    .for_each(|&pod| self.remove(pod, Removal::Replaced));
            }
        } else {
            // One more than wanted at most, and never fewer ready than wanted.
            if new < wanted && all.len() <= wanted {
                let missing = wanted.saturating_sub(all.len()).max(1);
                (0..missing).for_each(|_| self.create(index));
            }
            if ready > wanted {
                old.first()
                    .into_iter()
                    .for_each(|&pod| self.remove(pod, Removal::Replaced));
            }
        }
    }

    fn create(&mut self, index: usize) {
        let id = PodId(self.next_pod);
        let mut roll = self.dice.part("pod").at(i64::from(id.0));
        let ordinal = self.free_ordinal(index);
        let Some(node) = self.schedule(index, ordinal) else {
            return;
        };
        self.next_pod += 1;
        let gpus = self.free_gpus(node, self.workloads[index].spec.gpus as usize);
        let workload = &self.workloads[index];
        let name = match workload.spec.kind {
            Kind::Deployment => {
                format!(
                    "{}-{}",
                    workload.replica_set(workload.revision),
                    roll.suffix(5)
                )
            }
            Kind::StatefulSet => format!("{}-{ordinal}", workload.spec.name),
            Kind::DaemonSet | Kind::Job => format!("{}-{}", workload.name(), roll.suffix(5)),
        };
        let starting = if self.booting {
            0
        } else {
            startup_ticks(workload.spec.role, &mut roll)
        };
        let tick = self.tick;
        self.pods.push(Pod {
            id,
            name,
            uid: String::new(),
            workload: index,
            node,
            revision: workload.revision,
            ordinal,
            gpus,
            address: format!("10.{}.{}.{}", 128 + node / 4, node * 2, 5 + id.0 % 250),
            created: tick,
            state: State::Starting {
                ready_at: tick.plus(starting),
            },
            started: tick.plus(starting),
            restarts: 0,
            deaths_in_a_row: 0,
            last_death: None,
            usage: Use::default(),
            memory: Memory::default(),
        });
        let missing = &mut self.workloads[index].evicted;
        let replaces = *missing > 0;
        *missing = missing.saturating_sub(1);
        self.happenings
            .push(Happening::PodCreated { pod: id, replaces });
        self.happenings
            .push(Happening::WorkloadChanged { workload: index });
    }

    fn remove(&mut self, id: PodId, why: Removal) {
        let Some(position) = self.pods.iter().position(|pod| pod.id == id) else {
            return;
        };
        let pod = self.pods.remove(position);
        self.workloads[pod.workload].rolling = true;
        self.happenings.push(Happening::PodDeleted { pod: id, why });
        self.happenings.push(Happening::WorkloadChanged {
            workload: pod.workload,
        });
        self.removed.push(pod);
    }

    /// The allowed node with the most CPU left; ties are broken by the dice.
    fn schedule(&self, index: usize, ordinal: u32) -> Option<usize> {
        let spec = &self.workloads[index].spec;
        let mut roll = self.dice.part("scheduler").at2(self.tick.0, index as i64);
        let allowed = |node: &usize| {
            let item = &self.nodes[*node];
            let named = spec.nodes.is_empty() || spec.nodes.contains(&item.spec.name);
            let room = self.free_gpus(*node, spec.gpus as usize).len() == spec.gpus as usize;
            named && room && (!item.cordoned || spec.kind == Kind::DaemonSet)
        };
        let taken = |node: usize| self.pods_of(index).any(|pod| pod.node == node);
        let nodes: Vec<usize> = (0..self.nodes.len()).filter(allowed).collect();
        if spec.kind == Kind::DaemonSet {
            return nodes.into_iter().find(|&node| !taken(node));
        }
        if spec.role == Role::Postgres || spec.role == Role::Cache {
            // Their volume ties them to a zone, here to a node.
            let home = self
                .dice
                .part(spec.name)
                .at(i64::from(ordinal))
                .below(nodes.len());
            return nodes.get(home).copied();
        }
        let score = |node: usize, roll: &mut super::dice::Roll| {
            let requested: f64 = self
                .pods
                .iter()
                .filter(|pod| pod.node == node)
                .map(|pod| self.workloads[pod.workload].spec.resources.cpu_request)
                .sum();
            let own = if taken(node) { 0.5 } else { 0.0 };
            requested / f64::from(self.nodes[node].spec.cores) + own + roll.range(0.0, 0.15)
        };
        let scored = nodes.into_iter().map(|node| (score(node, &mut roll), node));
        scored
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, node)| node)
    }

    fn free_ordinal(&self, index: usize) -> u32 {
        (0..u32::MAX)
            .find(|&n| self.pods_of(index).all(|pod| pod.ordinal != n))
            .unwrap_or(0)
    }

    /// As many free GPUs of a node as asked for, or fewer.
    fn free_gpus(&self, node: usize, count: usize) -> Vec<usize> {
        let free = |index: &usize| {
            self.gpus[*index].node == node && self.pods.iter().all(|pod| !pod.gpus.contains(index))
        };
        (0..self.gpus.len()).filter(free).take(count).collect()
    }
}

/// How long a container takes to become ready.
fn startup_ticks(role: Role, roll: &mut super::dice::Roll) -> i64 {
    match role {
        Role::Vllm => 4 + roll.below(3) as i64,
        Role::Training | Role::Postgres => 2,
        _ => 1 + roll.below(2) as i64,
    }
}
