//! Workloads, their revisions, and the controllers that keep their pods.

use std::collections::BTreeMap;

use super::dice::{Dice, Roll};
use super::time::Tick;
use super::topology::{Kind, Role, WorkloadSpec};

/// Kubernetes keeps this many old `ReplicaSets` (`spec.revisionHistoryLimit`'s default).
const REVISION_HISTORY: usize = 10;

#[derive(Clone, Debug)]
pub(crate) struct Workload {
    pub(crate) spec: WorkloadSpec,
    pub(crate) desired: u32,
    pub(crate) revision: u32,
    pub(crate) revisions: BTreeMap<u32, Revision>,
    /// Raised by every change of the specification, as the API server does.
    pub(crate) generation: i64,
    /// When the autoscaler last changed its mind.
    pub(crate) scaled_at: Tick,
    /// Name of the present run of a job.
    pub(crate) run: String,
    /// Evicted pods that are not replaced yet.
    pub(crate) evicted: u32,
    /// Set while the pods are not what is wanted.
    pub(crate) rolling: bool,
}

/// One version of a workload's pod template.
#[derive(Clone, Debug)]
pub(crate) struct Revision {
    pub(crate) hash: String,
    pub(crate) tag: String,
    pub(crate) cause: String,
    pub(crate) behaviour: Behaviour,
}

/// How a version differs from what the topology says.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Behaviour {
    /// Share of requests that fail by a defect of this version.
    pub(crate) error: f64,
    /// Memory never given back, for each request served.
    pub(crate) leak_mib_per_request: f64,
    pub(crate) cpu_factor: f64,
    pub(crate) time_factor: f64,
}

impl Behaviour {
    pub(crate) const USUAL: Self = Self {
        error: 0.0,
        leak_mib_per_request: 0.0,
        cpu_factor: 1.0,
        time_factor: 1.0,
    };

    /// A version without defect: each is a little faster or slower than the last.
    pub(crate) fn harmless(roll: &mut Roll) -> Self {
        Self {
            cpu_factor: roll.range(0.96, 1.05),
            time_factor: roll.range(0.97, 1.04),
            ..Self::USUAL
        }
    }
}

impl Workload {
    pub(crate) fn new(spec: WorkloadSpec, dice: Dice, tick: Tick) -> Self {
        let mut roll = dice.part(spec.name).at(0);
        // Nobody starts at revision 1: the cluster had a life before.
        let number = if spec.kind == Kind::Deployment {
            3 + roll.below(40) as u32
        } else {
            1
        };
        let (major, minor, patch) = spec.version;
        let revision = Revision {
            hash: template_hash(&spec, &mut roll),
            tag: format!("{major}.{minor}.{patch}"),
            cause: "initial".to_owned(),
            behaviour: Behaviour::USUAL,
        };
        Self {
            desired: spec.replicas,
            revision: number,
            revisions: BTreeMap::from([(number, revision)]),
            generation: 1,
            scaled_at: tick,
            run: String::new(),
            evicted: 0,
            rolling: true,
            spec,
        }
    }

    pub(crate) fn current(&self) -> Option<&Revision> {
        self.revisions.get(&self.revision)
    }

    pub(crate) fn behaviour(&self, revision: u32) -> Behaviour {
        self.revisions
            .get(&revision)
            .map_or(Behaviour::USUAL, |item| item.behaviour)
    }

    /// Begins a new revision; its pods follow from the next tick on. Returns its number.
    pub(crate) fn roll_out(&mut self, behaviour: Behaviour, cause: &str, roll: &mut Roll) -> u32 {
        let number = self.revision + 1;
        let tag = self
            .current()
            .map_or_else(String::new, |now| next_tag(&now.tag, roll));
        let hash = template_hash(&self.spec, roll);
        let cause = cause.to_owned();
        let revision = Revision {
            hash,
            tag,
            cause,
            behaviour,
        };
        self.revisions.insert(number, revision);
        while self.revisions.len() > REVISION_HISTORY + 1 {
            self.revisions.pop_first();
        }
        self.revision = number;
        self.generation += 1;
        self.rolling = true;
        number
    }

    /// Whether an old pod must go before its replacement can come: names or devices are taken.
    pub(crate) fn recreates(&self) -> bool {
        self.spec.kind != Kind::Deployment || self.spec.vfs > 0
    }

    pub(crate) fn is_application(&self) -> bool {
        matches!(self.spec.role, Role::Service | Role::CentralUnit)
    }

    /// The name of the container, which is also the value of the usual app labels.
    pub(crate) const fn container(&self) -> &'static str {
        match self.spec.role {
            Role::Postgres => "postgresql",
            Role::Cache => "valkey",
            Role::Vllm => "vllm",
            Role::Training => "trainer",
            _ => self.spec.name,
        }
    }

    pub(crate) const fn kind_name(&self) -> &'static str {
        match self.spec.kind {
            Kind::Deployment => "Deployment",
            Kind::StatefulSet => "StatefulSet",
            Kind::DaemonSet => "DaemonSet",
            Kind::Job => "Job",
        }
    }

    /// The name of the workload itself, as the Kubernetes mixin has it: for a job, of its run.
    pub(crate) fn name(&self) -> &str {
        if self.spec.kind == Kind::Job {
            &self.run
        } else {
            self.spec.name
        }
    }

    /// The controller that owns the pods of a revision: kind and name.
    pub(crate) fn owner(&self, revision: u32) -> (&'static str, String) {
        match self.spec.kind {
            Kind::Deployment => ("ReplicaSet", self.replica_set(revision)),
            Kind::Job => ("Job", self.run.clone()),
            _ => (self.kind_name(), self.spec.name.to_owned()),
        }
    }

    pub(crate) fn replica_set(&self, revision: u32) -> String {
        let hash = self
            .revisions
            .get(&revision)
            .map_or("", |item| item.hash.as_str());
        format!("{}-{hash}", self.spec.name)
    }

    pub(crate) fn image(&self, revision: u32) -> String {
        let tag = self
            .revisions
            .get(&revision)
            .map_or("latest", |item| item.tag.as_str());
        format!("{}:{tag}", self.spec.image)
    }
}

fn template_hash(spec: &WorkloadSpec, roll: &mut Roll) -> String {
    match spec.kind {
        Kind::Deployment => {
            let length = if roll.chance(0.5) { 9 } else { 10 };
            roll.suffix(length)
        }
        _ => roll.suffix(10),
    }
}

/// Mostly the next patch release, at times the next minor one.
fn next_tag(tag: &str, roll: &mut Roll) -> String {
    let mut parts = tag.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let major = parts.next().unwrap_or(1);
    let minor = parts.next().unwrap_or(0);
    let patch = parts.next().unwrap_or(0);
    if roll.chance(0.25) {
        format!("{major}.{}.0", minor + 1)
    } else {
        format!("{major}.{minor}.{}", patch + 1)
    }
}
