//! The world as its API server holds it: objects are written when they change, and what happened
//! becomes events with a life of one hour.

mod boot;
mod event;
mod gitops;
mod node;
mod openshift;
mod pod;
mod telco;
mod workload;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::kubernetes::KubeStore;
use crate::world::World;
use crate::world::happening::{Death, Happening, Removal};
use crate::world::pods::{Pod, PodId};
use crate::world::topology::{ClusterSpec, Kind};
use crate::world::workloads::Workload;
use event::Event;

/// `kube-apiserver --event-ttl`.
const EVENT_LIFE: SignedDuration = SignedDuration::from_hours(1);

/// Writes one cluster's objects.
pub(crate) struct Objects {
    store: KubeStore,
    spec: ClusterSpec,
    /// Uids of controllers: `<kind>/<namespace>/<name>`.
    uids: BTreeMap<String, String>,
    /// `ReplicaSets` that exist, by workload and revision: their name and what was written last.
    replica_sets: BTreeMap<(usize, u32), (String, [usize; 3])>,
    /// What Argo CD has brought, where it is.
    syncs: gitops::Syncs,
    /// Events get names from this.
    serial: u64,
}

impl Objects {
    pub(crate) fn new(store: KubeStore, spec: ClusterSpec) -> Self {
        Self {
            store,
            spec,
            uids: BTreeMap::new(),
            replica_sets: BTreeMap::new(),
            syncs: gitops::Syncs::default(),
            serial: 0,
        }
    }

    /// Writes what changed in the world's last tick, and gives new pods their uid.
    pub(crate) fn follow(&mut self, world: &mut World) {
        let at = world.tick.timestamp();
        let mut workloads = BTreeSet::new();
        let mut pods = BTreeSet::new();
        for happening in world.happenings.clone() {
            match happening {
                Happening::WorkloadChanged { workload }
                | Happening::Rollout { workload, .. }
                | Happening::Scaled { workload, .. } => {
                    workloads.insert(workload);
                }
                Happening::PodCreated { pod, .. }
                | Happening::PodReady { pod }
                | Happening::PodUnready { pod, .. }
                | Happening::ContainerDied { pod, .. }
                | Happening::ContainerRestarted { pod } => {
                    pods.insert(pod);
                }
                Happening::JobStarted { job } => self.write_job(world, job, at),
                _ => {}
            }
        }
        // Owners first: pods carry their uid.
        for index in workloads {
            self.write_workload(world, index, at);
        }
        self.write_pods(world, &pods, at);
        for happening in world.happenings.clone() {
            if let Some(application) = self.syncs.follow(world, &happening) {
                self.store.apply_at(application, at);
            }
            self.tell(world, &happening, at);
        }
        if world.tick.0 % 10 == 0 {
            self.store
                .expire_events(at.saturating_sub(EVENT_LIFE).unwrap_or(at));
        }
    }

    fn write_pods(&mut self, world: &mut World, pods: &BTreeSet<PodId>, at: Timestamp) {
        for id in pods {
            let Some(position) = world.pods.iter().position(|pod| pod.id == *id) else {
                continue;
            };
            let owner = self.owner_uid(world, &world.pods[position]);
            let object = pod::object(world, &world.pods[position], &owner);
            let stored = self.store.apply_at(object, at);
            let uid = stored["metadata"]["uid"].as_str().unwrap_or_default();
            uid.clone_into(&mut world.pods[position].uid);
        }
        for pod in &world.removed {
            let namespace = world.workloads[pod.workload].spec.namespace;
            self.store
                .delete_at("v1", "Pod", Some(namespace), &pod.name, at);
        }
    }

    /// Writes a workload and, for a deployment, its `ReplicaSets`.
    fn write_workload(&mut self, world: &World, index: usize, at: Timestamp) {
        let item = &world.workloads[index];
        let namespace = item.spec.namespace;
        if item.spec.kind == Kind::Job {
            return;
        }
        let object = workload::object(world, index, at);
        let stored = self.store.apply_at(object, at);
        let uid = stored["metadata"]["uid"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        self.uids.insert(
            key(item.kind_name(), namespace, item.spec.name),
            uid.clone(),
        );
        if item.spec.kind != Kind::Deployment {
            return;
        }
        for &revision in item.revisions.keys() {
            self.write_replica_set(world, index, revision, &uid, at);
        }
        self.prune_replica_sets(item, index, at);
    }

    /// Writes the `ReplicaSet` of a revision if its numbers changed.
    fn write_replica_set(
        &mut self,
        world: &World,
        index: usize,
        revision: u32,
        owner: &str,
        at: Timestamp,
    ) {
        let item = &world.workloads[index];
        let state = workload::replica_set_state(world, index, revision);
        let known = self.replica_sets.get(&(index, revision));
        if known.is_some_and(|known| known.1 == state) {
            return;
        }
        let name = item.replica_set(revision);
        let object = workload::replica_set(world, index, revision, owner);
        let stored = self.store.apply_at(object, at);
        let uid = stored["metadata"]["uid"].as_str().unwrap_or_default();
        self.uids.insert(
            key("ReplicaSet", item.spec.namespace, &name),
            uid.to_owned(),
        );
        self.replica_sets.insert((index, revision), (name, state));
    }

    /// Deletes the `ReplicaSets` beyond the revision history.
    fn prune_replica_sets(&mut self, item: &Workload, index: usize, at: Timestamp) {
        let namespace = item.spec.namespace;
        let (store, uids) = (&self.store, &mut self.uids);
        self.replica_sets.retain(|(workload, revision), (name, _)| {
            let keep = *workload != index || item.revisions.contains_key(revision);
            if !keep {
                store.delete_at("apps/v1", "ReplicaSet", Some(namespace), name, at);
                uids.remove(&key("ReplicaSet", namespace, name));
            }
            keep
        });
    }

    fn owner_uid(&self, world: &World, pod: &Pod) -> String {
        let workload = &world.workloads[pod.workload];
        let (kind, name) = workload.owner(pod.revision);
        self.uids
            .get(&key(kind, workload.spec.namespace, &name))
            .cloned()
            .unwrap_or_default()
    }

    /// Writes the events of what happened, and the objects that only an event changes.
    fn tell(&mut self, world: &World, happening: &Happening, at: Timestamp) {
        let events = match happening {
            Happening::PodCreated { pod, replaces } => {
                let replaces = *replaces;
                with(world, *pod, |world, pod| {
                    event::created(world, pod, replaces)
                })
            }
            Happening::PodReady { pod } => with(world, *pod, event::started),
            Happening::PodUnready { pod, reason } => with(world, *pod, |world, pod| {
                vec![event::unhealthy(world, pod, reason)]
            }),
            Happening::ContainerDied {
                pod,
                death: Death::OutOfMemory,
            } => with(world, *pod, event::out_of_memory),
            Happening::ContainerDied { pod, .. } => with(world, *pod, event::back_off),
            Happening::ContainerRestarted { pod } => with(world, *pod, event::restarted),
            Happening::PodDeleted { pod, why } => {
                let why: Removal = *why;
                with(world, *pod, |world, pod| event::deleted(world, pod, why))
            }
            Happening::Scaled {
                workload,
                from,
                to,
                by_autoscaler: true,
            } => {
                vec![event::rescaled(world, *workload, *from, *to)]
            }
            Happening::NodeCordoned { node, cordoned } => {
                self.store
                    .apply_at(node::object(&self.spec, &world.nodes[*node], *node), at);
                vec![event::cordoned(&world.nodes[*node], *cordoned)]
            }
            Happening::ConfigChanged { workload } => {
                self.store
                    .apply_at(boot::config_map(world, *workload, world.tick.0, at), at);
                Vec::new()
            }
            Happening::JobStarted { job } => {
                vec![event::job_started(&world.jobs[*job], at)]
            }
            Happening::JobFinished { job } => self.finish_job(world, *job, at),
            _ => Vec::new(),
        };
        for event in events {
            self.write_event(&event, at);
        }
    }

    fn write_job(&mut self, world: &World, job: usize, at: Timestamp) {
        let job = &world.jobs[job];
        let stored = self.store.apply_at(boot::job(job, at), at);
        let uid = stored["metadata"]["uid"].as_str().unwrap_or_default();
        let name = job.object_name(at);
        self.uids
            .insert(key("Job", job.namespace, &name), uid.to_owned());
    }

    fn finish_job(&mut self, world: &World, job: usize, at: Timestamp) -> Vec<Event> {
        let job = &world.jobs[job];
        let namespace = Some(job.namespace);
        let running = self
            .store
            .list("batch/v1", "Job", namespace)
            .into_iter()
            .filter(|stored| stored["metadata"]["labels"]["app.kubernetes.io/name"] == job.name);
        let mut names: Vec<String> = running
            .filter_map(|stored| stored["metadata"]["name"].as_str().map(str::to_owned))
            .collect();
        names.sort();
        let Some(last) = names.pop() else {
            return Vec::new();
        };
        if let Some(mut object) = self.store.get("batch/v1", "Job", namespace, &last) {
            object["status"] = boot::job_status(&object["status"], at);
            self.store.apply_at(object, at);
        }
        // `successfulJobsHistoryLimit` is 3 by default.
        let old = names.len().saturating_sub(2);
        for name in names.iter().take(old) {
            self.store.delete_at("batch/v1", "Job", namespace, name, at);
            self.uids.remove(&key("Job", job.namespace, name));
        }
        vec![event::job_finished(job, &last)]
    }

    fn write_event(&mut self, event: &Event, at: Timestamp) {
        self.serial += 1;
        let uid = match (event.kind, &event.uid) {
            (_, Some(uid)) => Some(uid.clone()),
            ("Node", _) => Some(event.name.clone()),
            _ => self
                .store
                .get(event.api_version, event.kind, event.namespace, &event.name)
                .and_then(|object| object["metadata"]["uid"].as_str().map(str::to_owned)),
        };
        let at_text = seconds(at);
        let namespace = event.namespace.unwrap_or("default");
        self.store.apply_at(
            json!({
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {
                    "name": format!("{}.{:016x}", event.name, 0x1800_0000_0000_0000_u64 + self.serial),
                    "namespace": namespace,
                },
                "involvedObject": involved(event, uid),
                "reason": event.reason,
                "message": event.message,
                "type": event.level,
                "source": event.source(),
                "firstTimestamp": at_text,
                "lastTimestamp": at_text,
                "count": 1,
                "reportingComponent": event.component,
                "reportingInstance": event.host.unwrap_or_default(),
            }),
            at,
        );
    }
}

fn involved(event: &Event, uid: Option<String>) -> Value {
    let mut object = json!({
        "apiVersion": event.api_version,
        "kind": event.kind,
        "name": event.name,
    });
    if let Some(namespace) = event.namespace {
        object["namespace"] = namespace.into();
    }
    if let Some(uid) = uid {
        object["uid"] = uid.into();
    }
    object
}

fn with(world: &World, pod: PodId, make: impl Fn(&World, &Pod) -> Vec<Event>) -> Vec<Event> {
    world
        .pod(pod)
        .map(|pod| make(world, pod))
        .unwrap_or_default()
}

fn key(kind: &str, namespace: &str, name: &str) -> String {
    format!("{kind}/{namespace}/{name}")
}

/// A time as objects carry it: RFC 3339 in whole seconds.
fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The labels that select a workload's pods.
fn selector(name: &str) -> Value {
    json!({ "app.kubernetes.io/name": name, "app": name })
}
