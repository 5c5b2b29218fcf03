//! What happens in every cluster without anything being wrong: rollouts, restarts, edits of
//! configuration, load spikes, cordons, batch jobs. Whoever takes the latest change for the cause
//! is mostly wrong here, as in life.

use super::World;
use super::dice::Roll;
use super::happening::{Death, Happening, Level};
use super::pods::PodId;
use super::time::{Tick, hour_of_day, minutes};
use super::topology::{Kind as WorkloadKind, Role};
use super::workloads::Behaviour;

/// One happening is drawn for each slot of so many ticks. With this a cluster sees some 25
/// rollouts a day, as a team that delivers continuously does.
const SLOT: i64 = minutes(20);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Rollout,
    PodRestart,
    ConfigChange,
    Surge,
    Cordon,
    Nothing,
}

/// A cron job of the cluster.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// Whose pods its runs have.
    pub(crate) workload: usize,
    pub(crate) name: &'static str,
    pub(crate) namespace: &'static str,
    pub(crate) schedule: &'static str,
    nightly: bool,
    /// The end of the present run.
    until: Option<Tick>,
}

impl World {
    pub(super) fn step_innocent(&mut self) {
        let slot = self.tick.0.div_euclid(SLOT);
        let mut roll = self.dice.part("innocent").at(slot);
        let due = roll.below(SLOT as usize) as i64;
        let kind = Kind::draw(&mut roll);
        if self.tick.0.rem_euclid(SLOT) == due {
            self.begin(kind, &mut roll);
        }
        let tick = self.tick;
        let also: Vec<Kind> = self
            .planned
            .iter()
            .filter(|p| p.0 == tick)
            .map(|p| p.1)
            .collect();
        self.planned.retain(|planned| planned.0 > tick);
        for (index, kind) in also.into_iter().enumerate() {
            self.begin(kind, &mut self.dice.part("also").at2(tick.0, index as i64));
        }
        self.step_cordons();
        self.step_jobs();
    }

    /// More of the same around a fault, so that it does not stand out by being alone.
    pub(crate) fn plan_company(&mut self, from: Tick, roll: &mut Roll) {
        let at = |roll: &mut Roll, low: i64, high: i64| {
            from.plus(low + roll.below((high - low) as usize) as i64)
        };
        self.planned.push((at(roll, 2, 10), Kind::Rollout));
        let kind = Kind::draw(roll);
        self.planned.push((at(roll, 1, 20), kind));
        self.planned.push((at(roll, 10, 30), Kind::Rollout));
    }

    fn begin(&mut self, kind: Kind, roll: &mut Roll) {
        match kind {
            Kind::Rollout => self.begin_rollout(roll),
            Kind::PodRestart => self.begin_restart(roll),
            Kind::ConfigChange => {
                let candidates = self.free_applications();
                if let Some(&workload) = roll.pick(&candidates) {
                    self.happenings.push(Happening::ConfigChanged { workload });
                }
            }
            Kind::Surge => {
                let until = self.tick.plus(minutes(4 + roll.below(5) as i64));
                let factor = roll.range(1.2, 1.45);
                let entry = roll.below(self.graph.entries.len());
                if let Some(entry) = self.graph.entries.get_mut(entry) {
                    entry.load.surge(until, factor);
                }
            }
            Kind::Cordon => self.begin_cordon(roll),
            Kind::Nothing => {}
        }
    }

    fn begin_rollout(&mut self, roll: &mut Roll) {
        let candidates = self.free_applications();
        if let Some(&workload) = roll.pick(&candidates) {
            const CAUSES: [&str; 4] = [
                "dependency updates",
                "feature flag clean-up",
                "new log field",
                "base image",
            ];
            let cause = roll.pick(&CAUSES).copied().unwrap_or("dependency updates");
            self.roll_out(workload, Behaviour::harmless(roll), cause);
        }
    }

    fn begin_restart(&mut self, roll: &mut Roll) {
        let candidates: Vec<PodId> = self
            .pods
            .iter()
            .filter(|pod| pod.is_ready() && self.free_applications().contains(&pod.workload))
            .filter(|pod| self.pods_of(pod.workload).count() > 1)
            .map(|pod| pod.id)
            .collect();
        let Some(&pod) = roll.pick(&candidates) else {
            return;
        };
        if roll.chance(0.5) {
            self.evict(pod);
        } else if let Some(pod) = self.pods.iter_mut().find(|item| item.id == pod) {
            // Once, and for no reason that matters.
            pod.die(Death::Error, self.tick);
            let (pod, workload, death) = (pod.id, pod.workload, Death::Error);
            self.happenings
                .push(Happening::ContainerDied { pod, death });
            self.happenings
                .push(Happening::WorkloadChanged { workload });
            let line = "fatal: lost connection to the configuration service, exiting".to_owned();
            let level = Level::Error;
            self.happenings.push(Happening::PodLog { pod, level, line });
        }
    }

    /// A node is cordoned for maintenance and given back some minutes later; one replicated pod
    /// is moved away from it.
    fn begin_cordon(&mut self, roll: &mut Roll) {
        let index = roll.below(self.nodes.len());
        if self.cordons.iter().any(|cordon| cordon.1 == index) {
            return;
        }
        let Some(node) = self.nodes.get_mut(index) else {
            return;
        };
        node.cordoned = true;
        self.cordons
            .push((self.tick.plus(minutes(6 + roll.below(8) as i64)), index));
        self.happenings.push(Happening::NodeCordoned {
            node: index,
            cordoned: true,
        });
        let moved = self.pods.iter().find(|pod| {
            let spec = &self.workloads[pod.workload].spec;
            let free = spec.nodes.is_empty() && self.free_applications().contains(&pod.workload);
            pod.node == index && free && self.pods_of(pod.workload).count() > 1
        });
        if let Some(pod) = moved.map(|pod| pod.id) {
            self.evict(pod);
        }
    }

    fn step_cordons(&mut self) {
        let tick = self.tick;
        let over: Vec<usize> = self
            .cordons
            .iter()
            .filter(|cordon| cordon.0 <= tick)
            .map(|cordon| cordon.1)
            .collect();
        self.cordons.retain(|cordon| cordon.0 > tick);
        for node in over {
            self.nodes[node].cordoned = false;
            self.happenings.push(Happening::NodeCordoned {
                node,
                cordoned: false,
            });
        }
    }

    fn step_jobs(&mut self) {
        for index in 0..self.jobs.len() {
            match self.jobs[index].until {
                Some(until) if self.tick >= until => self.end_job(index),
                None if self.jobs[index].is_due(self.tick) => self.start_job(index),
                _ => {}
            }
        }
    }

    fn start_job(&mut self, index: usize) {
        let mut roll = self.dice.part("jobs").at2(self.tick.0, index as i64);
        let job = &mut self.jobs[index];
        let (least, more) = if job.nightly { (18, 8) } else { (3, 4) };
        job.until = Some(self.tick.plus(minutes(least + roll.below(more) as i64)));
        let (run, nightly) = (job.object_name(self.tick.timestamp()), job.nightly);
        let workload = &mut self.workloads[job.workload];
        workload.run = run;
        workload.desired = 1;
        workload.rolling = true;
        self.backup(nightly, true);
        self.happenings.push(Happening::JobStarted { job: index });
    }

    fn end_job(&mut self, index: usize) {
        let job = &mut self.jobs[index];
        job.until = None;
        let (workload, nightly) = (job.workload, job.nightly);
        self.workloads[workload].desired = 0;
        self.workloads[workload].rolling = true;
        self.backup(nightly, false);
        self.happenings.push(Happening::JobFinished { job: index });
    }

    /// The backup of the night reads all databases of the cluster.
    fn backup(&mut self, nightly: bool, runs: bool) {
        for database in self.databases.iter_mut().filter(|_| nightly) {
            database.backup = runs;
        }
    }

    /// Applications with more than one pod, which no fault has chosen and no rollout is moving.
    /// Those with one are left alone: each change of theirs would be an outage.
    pub(crate) fn free_applications(&self) -> Vec<usize> {
        (0..self.workloads.len())
            .filter(|&index| {
                let workload = &self.workloads[index];
                let free = !workload.rolling && !self.chosen.contains(&index);
                workload.is_application() && workload.desired > 1 && free
            })
            .collect()
    }
}

impl Kind {
    fn draw(roll: &mut Roll) -> Self {
        match roll.below(100) {
            0..38 => Self::Rollout,
            38..54 => Self::PodRestart,
            54..68 => Self::ConfigChange,
            68..82 => Self::Surge,
            82..88 => Self::Cordon,
            _ => Self::Nothing,
        }
    }
}

impl Job {
    /// The jobs among the workloads of a cluster.
    pub(crate) fn all(world: &World) -> Vec<Self> {
        let workloads = world.workloads.iter().enumerate();
        let jobs = workloads.filter(|(_, item)| item.spec.kind == WorkloadKind::Job);
        jobs.map(|(workload, item)| {
            let nightly = item.spec.role == Role::Backup;
            Self {
                workload,
                name: item.spec.name,
                namespace: item.spec.namespace,
                schedule: if nightly { "0 2 * * *" } else { "5 * * * *" },
                nightly,
                until: None,
            }
        })
        .collect()
    }

    /// The name of the job object of the run that starts now: the controller of cron jobs appends the
    /// minute since the epoch.
    pub(crate) fn object_name(&self, at: jiff::Timestamp) -> String {
        format!("{}-{}", self.name, at.as_second() / 60)
    }

    fn is_due(&self, tick: Tick) -> bool {
        if self.nightly {
            (hour_of_day(tick) - 2.0).abs() < 1e-9
        } else {
            tick.0.rem_euclid(120) == minutes(5)
        }
    }
}

/// Databases are the workloads with the role of PostgreSQL.
pub(super) fn is_database(role: Role) -> bool {
    role == Role::Postgres
}
