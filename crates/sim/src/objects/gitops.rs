//! How applications come to a cluster: the shop is delivered by Argo CD, an Application for each of
//! them, whose history names the commit that each rollout and each edit of a configuration came from;
//! the training cluster is deployed by a pipeline, which writes the commit on what it deploys.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::boot::config_name;
use super::seconds;
use crate::kubernetes::{ResourceSpec, catalogue};
use crate::world::World;
use crate::world::happening::Happening;

/// The cluster that Argo CD delivers to, and the one of the pipeline.
const DELIVERED: &str = "shop";
const PIPELINE: &str = "train";

const NAMESPACE: &str = "openshift-gitops";
const REPOSITORY: &str = "https://git.example.com/shop/deploy.git";
/// `spec.revisionHistoryLimit`'s default.
const HISTORY: usize = 10;
/// A sync of a few objects takes some seconds.
const TAKES: SignedDuration = SignedDuration::from_secs(4);

/// What Argo CD has synced, by workload, oldest first.
#[derive(Default)]
pub(super) struct Syncs(BTreeMap<usize, Vec<Synced>>);

struct Synced {
    number: i64,
    at: Timestamp,
}

/// The resources that it brings.
pub(super) fn resources(world: &World) -> Vec<ResourceSpec> {
    if world.name == DELIVERED {
        catalogue::argo()
    } else {
        Vec::new()
    }
}

/// The namespace that it lives in.
pub(super) fn namespace(world: &World) -> Option<&'static str> {
    (world.name == DELIVERED).then_some(NAMESPACE)
}

/// What stands on a workload and on its `ReplicaSet` of a revision.
pub(super) fn annotations(world: &World, index: usize, revision: u32) -> Map<String, Value> {
    let workload = &world.workloads[index];
    let mut annotations = Map::new();
    let (namespace, name) = (workload.spec.namespace, workload.spec.name);
    if !workload.is_application() {
        return annotations;
    }
    if world.name == DELIVERED {
        let id = format!("{name}:apps/Deployment:{namespace}/{name}");
        annotations.insert("argocd.argoproj.io/tracking-id".to_owned(), id.into());
    }
    if world.name == PIPELINE {
        let commit = commit(world, index, i64::from(revision));
        annotations.insert(
            "org.opencontainers.image.revision".to_owned(),
            commit.into(),
        );
    }
    annotations
}

fn commit(world: &World, index: usize, number: i64) -> String {
    let name = world.workloads[index].spec.name;
    world.dice.part("commits").part(name).at(number).hex(40)
}

impl Syncs {
    /// What is there when the world begins: each Application with one sync.
    pub(super) fn boot(&mut self, world: &World, at: Timestamp) -> Vec<Value> {
        if world.name != DELIVERED {
            return Vec::new();
        }
        let workloads = world.workloads.iter().enumerate();
        let applications = workloads.filter(|(_, workload)| workload.is_application());
        self.0 = applications
            .map(|(index, _)| (index, vec![Synced { number: 0, at }]))
            .collect();
        let indices = self.0.keys();
        indices.map(|&index| self.object(world, index)).collect()
    }

    /// The Application that something new has come with, if one has.
    pub(super) fn follow(&mut self, world: &World, happening: &Happening) -> Option<Value> {
        let (Happening::Rollout { workload, .. } | Happening::ConfigChanged { workload }) =
            happening
        else {
            return None;
        };
        let synced = self.0.get_mut(workload)?;
        let number = synced.last().map_or(0, |last| last.number) + 1;
        let at = world.tick.timestamp();
        synced.push(Synced { number, at });
        let surplus = synced.len().saturating_sub(HISTORY);
        synced.drain(..surplus);
        Some(self.object(world, *workload))
    }

    fn object(&self, world: &World, index: usize) -> Value {
        let workload = &world.workloads[index];
        let (namespace, name) = (workload.spec.namespace, workload.spec.name);
        let source = json!({
            "repoURL": REPOSITORY, "path": format!("apps/{name}"), "targetRevision": "main",
        });
        let syncs = self.0.get(&index).map_or(&[][..], Vec::as_slice);
        let history: Vec<Value> = syncs
            .iter()
            .map(|synced| {
                json!({
                    "id": synced.number,
                    "revision": commit(world, index, synced.number),
                    "source": source,
                    "deployStartedAt": seconds(synced.at.saturating_sub(TAKES).unwrap_or(synced.at)),
                    "deployedAt": seconds(synced.at),
                    "initiatedBy": { "automated": true },
                })
            })
            .collect();
        let managed = |group: &str, version: &str, kind: &str, name: &str| {
            json!({
                "group": group, "version": version, "kind": kind,
                "namespace": namespace, "name": name, "status": "Synced",
            })
        };
        let latest = history.last().cloned().unwrap_or_default();
        json!({
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": { "name": name, "namespace": NAMESPACE },
            "spec": {
                "project": "default",
                "source": source,
                "destination": { "server": "https://kubernetes.default.svc", "namespace": namespace },
                "syncPolicy": { "automated": { "prune": true, "selfHeal": true } },
            },
            "status": {
                "sync": { "status": "Synced", "revision": latest["revision"] },
                "health": { "status": "Healthy" },
                "sourceType": "Kustomize",
                "history": history,
                "operationState": {
                    "phase": "Succeeded",
                    "message": "successfully synced (all tasks run)",
                    "startedAt": latest["deployStartedAt"],
                    "finishedAt": latest["deployedAt"],
                    "syncResult": { "revision": latest["revision"], "source": source },
                },
                "resources": [
                    managed("", "v1", "ConfigMap", &config_name(workload)),
                    managed("", "v1", "Service", name),
                    managed("apps", "v1", workload.kind_name(), name),
                ],
            },
        })
    }
}
