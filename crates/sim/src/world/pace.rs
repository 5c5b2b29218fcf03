//! The part of a tick that turns load into use of CPU, memory and devices, and that into the
//! health of services.

use super::World;
use super::dice::Roll;
use super::happening::{Death, Happening, Level};
use super::nodes::PodSum;
use super::pods::{Pod, State};
use super::services::Health;
use super::topology::Role;

/// Share of a dead container's requests of that tick that fail: those in flight, and those sent
/// until its address is taken out (a probe or the endpoint controller needs some 10 of 30 s).
const LOST_WITH_A_CONTAINER: f64 = 0.35;
const MIB: f64 = 1024.0 * 1024.0;

impl World {
    pub(super) fn step_load(&mut self) {
        let lost = self.radio_errors();
        for index in 0..self.graph.entries.len() {
            let mut roll = self.dice.part("load").at2(self.tick.0, index as i64);
            let entry = &mut self.graph.entries[index];
            entry.rps = entry.load.step(self.tick, &mut roll);
            let server = self.graph.operations[entry.operation].service;
            if self.graph.services[server].role == Role::CentralUnit {
                // Phones without a cell do not call.
                entry.rps *= 1.0 - 0.35 * lost;
            }
        }
        self.graph.flow();
    }

    pub(super) fn step_clocks(&mut self) {
        for index in 0..self.clocks.len() {
            let mut roll = self.dice.part("clock").at2(self.tick.0, index as i64);
            let upstream = self.clocks[index].upstream.map(|at| self.clocks[at].class);
            let before = self.clocks[index].state;
            let clock = &mut self.clocks[index];
            clock.step(self.tick, upstream, &mut roll);
            if clock.state != before {
                let line = format!(
                    "{}: [{}.0.config] {} clock state {} -> {}, class {}",
                    clock.process(),
                    clock.process(),
                    clock.iface,
                    before.name(),
                    clock.state.name(),
                    clock.class
                );
                let node = clock.node;
                self.happenings.push(Happening::NodeLog {
                    node,
                    unit: "linuxptp",
                    level: Level::Warn,
                    line,
                });
            }
        }
    }

    /// CPU demand of the pods, then the nodes' shares, then what the pods got.
    pub(super) fn step_pods(&mut self) {
        let mut roll = self.dice.part("pods").at(self.tick.0);
        self.spread_requests(&mut roll);
        for index in 0..self.nodes.len() {
            let demand = self.on(index).map(|pod| pod.usage.demand).sum();
            let sum = PodSum {
                demand,
                ..PodSum::default()
            };
            self.nodes[index].contend(sum, &mut roll);
        }
        let tick = self.tick;
        let mut dead = Vec::new();
        for pod in self.pods.iter_mut().filter(|pod| pod.is_running()) {
            let workload = &self.workloads[pod.workload];
            let behaviour = workload.behaviour(pod.revision);
            let node = &self.nodes[pod.node];
            let limit = workload.spec.resources.cpu_limit;
            let crowded = node.usage.contention;
            pod.usage.cores = granted(pod.usage.demand, limit, crowded);
            pod.usage.throttled = throttled(pod.usage.demand, limit, &mut roll);
            pod.usage.slow = crowded
                * pod.cold(tick)
                * pod.memory_pressure(&workload.spec)
                * behaviour.time_factor
                * queue(pod.usage.demand, limit);
            let pressure = pod.memory_pressure(&workload.spec);
            if pressure > 1.05 && (tick.0 + i64::from(pod.id.0)) % 3 == 0 {
                self.happenings.push(Happening::PodLog {
                    pod: pod.id,
                    level: Level::Warn,
                    line: format!(
                        "gc: heap is {:.0} % of the memory limit, last pause {:.0} ms",
                        100.0 * pod.memory.working_set / workload.spec.resources.memory_limit_mib,
                        40.0 * pressure.powi(2)
                    ),
                });
            }
            if pod.grow(&workload.spec, behaviour, roll.gauss()) {
                dead.push(pod.id);
            }
        }
        for id in dead {
            self.kill_for_memory(id);
        }
    }

    /// What the requests of each service meet.
    pub(super) fn step_health(&mut self) {
        for index in 0..self.graph.services.len() {
            let service = &self.graph.services[index];
            let (workload, role) = (service.workload, service.role);
            let mut health = self.health_of(workload);
            if let Some(database) = self.databases.iter().find(|item| item.service == index) {
                health.slow *= database.time_factor();
                health.slow_variance =
                    (health.slow * 0.5).powi(2) * f64::from(database.trouble.is_some());
                let over = database.usage.active - super::database::MAX_CONNECTIONS * 0.9;
                health.error = (over / 100.0).clamp(0.0, 0.2);
            }
            if role == Role::CentralUnit {
                health.error = 1.0 - (1.0 - health.error) * (1.0 - self.radio_errors());
            }
            self.graph.services[index].health = health;
        }
    }

    pub(super) fn step_databases(&mut self) {
        let mut roll = self.dice.part("databases").at(self.tick.0);
        for database in &mut self.databases {
            let (mut rps, mut seconds, mut failed) = (0.0, 0.0, 0.0);
            let operations = &self.graph.operations;
            for operation in operations
                .iter()
                .filter(|item| item.service == database.service)
            {
                rps += operation.rps;
                seconds += operation.rps * operation.total.mean;
                failed += operation.rps * operation.fail;
            }
            let of = |sum: f64| if rps > 0.0 { sum / rps } else { 0.0 };
            database.account(rps, of(seconds), of(failed), &mut roll);
        }
    }

    /// Network of the pods, then memory, disk and network of the nodes.
    pub(super) fn step_accounts(&mut self) {
        let mut roll = self.dice.part("accounts").at(self.tick.0);
        for pod in &mut self.pods {
            let usage = &mut pod.usage;
            usage.received_bytes = (usage.rps * 2600.0 + 900.0) * (1.0 + 0.05 * roll.gauss());
            usage.sent_bytes = (usage.rps * 5400.0 + 1200.0) * (1.0 + 0.05 * roll.gauss());
        }
        for index in 0..self.nodes.len() {
            let mut sum = PodSum::default();
            for pod in self.on(index) {
                sum.demand += pod.usage.demand;
                sum.memory_bytes += pod.memory.working_set * MIB;
                sum.received_bytes += pod.usage.received_bytes;
                sum.sent_bytes += pod.usage.sent_bytes;
                let service = self.graph.service_of(pod.workload);
                let database = self
                    .databases
                    .iter()
                    .find(|item| Some(item.service) == service);
                sum.disk_busy += database.map_or(0.0, |item| item.usage.disk_busy);
            }
            self.nodes[index].account(sum, &mut roll);
        }
    }

    fn on(&self, node: usize) -> impl Iterator<Item = &Pod> {
        self.pods.iter().filter(move |pod| pod.node == node)
    }

    /// Shares each service's requests out over its ready pods, and sets what they ask of the CPU.
    fn spread_requests(&mut self, roll: &mut Roll) {
        let mut ready = vec![0_u32; self.workloads.len()];
        for pod in self.pods.iter().filter(|pod| pod.is_ready()) {
            ready[pod.workload] += 1;
        }
        let tick = self.tick;
        for pod in &mut self.pods {
            let workload = &self.workloads[pod.workload];
            let behaviour = workload.behaviour(pod.revision);
            let service = self.graph.service_of(pod.workload);
            let share = if pod.is_ready() {
                1.0 / f64::from(ready[pod.workload])
            } else {
                0.0
            };
            let share = share * (1.0 + 0.03 * roll.gauss());
            let asked = service.map_or((0.0, 0.0), |index| {
                let service = &self.graph.services[index];
                let database = self.databases.iter().find(|item| item.service == index);
                let factor = database.map_or(1.0, super::Database::cpu_factor);
                (service.rps * share, service.demand * share * factor)
            });
            pod.usage.rps = asked.0;
            let started = if matches!(pod.state, State::Down { .. } | State::Starting { .. }) {
                0.25
            } else {
                1.0
            };
            let idle = workload.spec.usage.idle_cores * (1.0 + 0.06 * roll.gauss());
            let work = asked.1 * behaviour.cpu_factor * pod.memory_pressure(&workload.spec);
            let warming = 0.25 * (pod.cold(tick) - 1.0);
            pod.usage.demand = started * (idle + work + warming);
        }
    }

    fn health_of(&self, workload: usize) -> Health {
        let ready: Vec<&Pod> = self
            .pods_of(workload)
            .filter(|pod| pod.is_ready())
            .collect();
        let died = self
            .pods_of(workload)
            .filter(|pod| pod.last_death.is_some_and(|death| death.0 == self.tick))
            .count();
        if ready.is_empty() {
            return Health {
                unavailable: 1.0,
                ..Health::GOOD
            };
        }
        let count = ready.len() as f64;
        let slow = ready.iter().map(|pod| pod.usage.slow).sum::<f64>() / count;
        let square = ready.iter().map(|pod| pod.usage.slow.powi(2)).sum::<f64>() / count;
        let workload = &self.workloads[workload];
        let error = ready
            .iter()
            .map(|pod| workload.behaviour(pod.revision).error)
            .sum::<f64>();
        Health {
            slow,
            slow_variance: (square - slow.powi(2)).max(0.0),
            error: error / count,
            unavailable: died as f64 / (count + died as f64) * LOST_WITH_A_CONTAINER,
        }
    }

    fn kill_for_memory(&mut self, id: super::PodId) {
        let tick = self.tick;
        let Some(pod) = self.pods.iter_mut().find(|pod| pod.id == id) else {
            return;
        };
        let kib = (pod.memory.working_set * 1024.0).round();
        let workload = &self.workloads[pod.workload];
        let line = format!(
            "Memory cgroup out of memory: Killed process {} ({}) total-vm:{}kB, anon-rss:{}kB, file-rss:3120kB, shmem-rss:0kB, UID:1000680000 pgtables:1400kB oom_score_adj:968",
            90_000 + (tick.0 * 37 + i64::from(id.0) * 101).rem_euclid(900_000),
            workload.container(),
            (kib * 2.4).round(),
            kib
        );
        pod.die(Death::OutOfMemory, tick);
        let (node, workload) = (pod.node, pod.workload);
        self.happenings.push(Happening::ContainerDied {
            pod: id,
            death: Death::OutOfMemory,
        });
        self.happenings
            .push(Happening::WorkloadChanged { workload });
        self.happenings.push(Happening::NodeLog {
            node,
            unit: "kernel",
            level: Level::Error,
            line,
        });
    }
}

/// What a container gets: its limit at most, and on a crowded node a little less than it asks,
/// as its share protects it from processes outside the pods.
fn granted(demand: f64, limit: f64, crowded: f64) -> f64 {
    let within = if limit > 0.0 {
        demand.min(limit)
    } else {
        demand
    };
    within / (1.0 + 0.08 * (crowded - 1.0).clamp(0.0, 4.0))
}

/// Work is bursty: a container that uses half its limit on average already hits it at times.
fn throttled(demand: f64, limit: f64, roll: &mut Roll) -> f64 {
    if limit <= 0.0 {
        return 0.0;
    }
    let over = ((demand / limit - 0.5).max(0.0) / 0.55).powi(2);
    (over + 0.002 * roll.unit()).min(0.98)
}

/// The wait for a limited CPU (M/G/1 with processor sharing, softened where many cores serve),
/// straight beyond 90 % so that it stays finite.
fn queue(demand: f64, limit: f64) -> f64 {
    if limit <= 0.0 {
        return 1.0;
    }
    let load = demand / limit;
    let below = load.min(0.9);
    let wait = 0.3 * below.powi(3) / (1.0 - below);
    (1.0 + wait + 12.0 * (load - 0.9).max(0.0)).min(20.0)
}
