//! Which workload an object belongs to.

use std::collections::HashMap;
use std::sync::Arc;

use fleetscope_kubernetes::{InvolvedObject, Meta, Owner, Revision};
use fleetscope_model::{Entity, EntityKind};

use crate::site::Site;

/// From objects to workloads. A Deployment's pods name their `ReplicaSet`, which names the
/// Deployment; all others name their workload themselves.
pub(crate) struct Owners {
    site: Site,
    /// Deployments by namespace and `ReplicaSet`.
    deployments: HashMap<(String, String), String>,
}

impl Owners {
    pub(crate) fn new(site: &Site, replica_sets: &[Arc<Revision>]) -> Self {
        let deployments = replica_sets
            .iter()
            .filter_map(|set| {
                let owner = set.meta.owner.as_ref()?;
                let namespace = set.meta.namespace.clone()?;
                Some(((namespace, set.meta.name.clone()), owner.name.clone()))
            })
            .collect();
        Self {
            site: site.clone(),
            deployments,
        }
    }

    /// The workload that made a pod. None for a pod that somebody made by hand, and for a static
    /// pod, whose owner is its node.
    pub(crate) fn workload_of_pod(&self, pod: &Meta) -> Option<Entity> {
        let namespace = pod.namespace.as_deref()?;
        let owner = pod.owner.as_ref().filter(|owner| owner.kind != "Node")?;
        Some(self.workload(namespace, owner))
    }

    /// The workload behind the owner of a pod or the owner of a revision.
    pub(crate) fn workload(&self, namespace: &str, owner: &Owner) -> Entity {
        let name = if owner.kind == "ReplicaSet" {
            self.deployment(namespace, &owner.name)
        } else {
            &owner.name
        };
        self.entity(EntityKind::Workload, namespace, name)
    }

    /// What an event is about. An object that is no entity of its own stands for its cluster.
    pub(crate) fn entity_of(&self, object: &InvolvedObject) -> Entity {
        let name = object.name.as_str();
        match (object.kind.as_str(), object.namespace.as_deref()) {
            ("Pod", Some(namespace)) => self.entity(EntityKind::Pod, namespace, name),
            ("Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "CronJob", Some(namespace)) => {
                self.entity(EntityKind::Workload, namespace, name)
            }
            ("ReplicaSet", Some(namespace)) => self.entity(
                EntityKind::Workload,
                namespace,
                self.deployment(namespace, name),
            ),
            ("Node", _) => self.site.entity(EntityKind::Node, name),
            _ => self.site.whole(),
        }
    }

    pub(crate) fn entity(&self, kind: EntityKind, namespace: &str, name: &str) -> Entity {
        self.site.entity(kind, name).in_namespace(namespace)
    }

    /// The Deployment of a `ReplicaSet`; one that has none stands for itself.
    fn deployment<'a>(&'a self, namespace: &str, replica_set: &'a str) -> &'a str {
        self.deployments
            .get(&(namespace.to_owned(), replica_set.to_owned()))
            .map_or(replica_set, String::as_str)
    }
}
