//! What is there before anything happens, and small objects of the platform.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Objects, gitops, node, openshift, seconds, selector, telco};
use crate::world::World;
use crate::world::innocent::Job;
use crate::world::topology::Kind;
use crate::world::workloads::Workload;

impl Objects {
    /// Namespaces, nodes, services, configurations, cron jobs and custom resources.
    pub(crate) fn boot(&mut self, world: &World) {
        let at = world.tick.timestamp();
        let applications = self.syncs.boot(world, at);
        let apply = |object: Value| self.store.apply_at(object, at);
        let mut namespaces: BTreeSet<&str> = world
            .workloads
            .iter()
            .map(|workload| workload.spec.namespace)
            .collect();
        namespaces.extend(["default", "kube-system"]);
        namespaces.extend(openshift::namespaces(world));
        namespaces.extend(gitops::namespace(world));
        for name in namespaces {
            apply(json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } }));
        }
        for (index, item) in world.nodes.iter().enumerate() {
            apply(node::object(&self.spec, item, index));
        }
        for (index, workload) in world.workloads.iter().enumerate() {
            if !workload.spec.operations.is_empty() {
                apply(service(workload));
            }
            if workload.is_application() {
                apply(config_map(world, index, 0, at));
            }
            if let Some(most) = workload.spec.scale_to {
                apply(autoscaler(workload, most));
            }
        }
        for job in &world.jobs {
            apply(cron_job(job));
        }
        for object in telco::custom_resources(world) {
            apply(object);
        }
        for resource in openshift::resources().chain(gitops::resources(world)) {
            self.store.register(resource);
        }
        for application in applications {
            apply(application);
        }
        for object in openshift::objects(&self.spec, world) {
            apply(object);
        }
    }
}

fn service(workload: &Workload) -> Value {
    let port = if workload.spec.kind == Kind::StatefulSet {
        5432
    } else {
        8080
    };
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": workload.spec.name,
            "namespace": workload.spec.namespace,
            "labels": selector(workload.spec.name),
        },
        "spec": {
            "type": "ClusterIP",
            "selector": { "app.kubernetes.io/name": workload.spec.name },
            "ports": [{ "name": "main", "port": port, "targetPort": port, "protocol": "TCP" }],
        },
    })
}

/// A configuration; `edit` changes a value in it, and the API server writes down when.
pub(super) fn config_map(world: &World, index: usize, edit: i64, at: Timestamp) -> Value {
    let workload = &world.workloads[index];
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": config_name(workload),
            "namespace": workload.spec.namespace,
            "labels": selector(workload.spec.name),
            "managedFields": [{
                "manager": "argocd-controller", "operation": "Apply", "apiVersion": "v1",
                "time": seconds(at), "fieldsType": "FieldsV1",
                "fieldsV1": { "f:data": {
                    "f:BANNER": {}, "f:CACHE_SECONDS": {}, "f:LOG_LEVEL": {},
                } },
            }],
        },
        "data": {
            "LOG_LEVEL": "info",
            "CACHE_SECONDS": (30 + edit.rem_euclid(7) * 15).to_string(),
            "BANNER": format!("edition-{}", edit.rem_euclid(100_000)),
        },
    })
}

/// The name of a workload's configuration.
pub(super) fn config_name(workload: &Workload) -> String {
    format!("{}-config", workload.spec.name)
}

fn autoscaler(workload: &Workload, most: u32) -> Value {
    json!({
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": { "name": workload.spec.name, "namespace": workload.spec.namespace },
        "spec": {
            "scaleTargetRef": {
                "apiVersion": "apps/v1", "kind": "Deployment", "name": workload.spec.name,
            },
            "minReplicas": workload.spec.replicas,
            "maxReplicas": most,
            "metrics": [{
                "type": "Resource",
                "resource": {
                    "name": "cpu",
                    "target": { "type": "Utilization", "averageUtilization": 110 },
                },
            }],
        },
    })
}

fn cron_job(job: &Job) -> Value {
    json!({
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {
            "name": job.name,
            "namespace": job.namespace,
            "labels": { "app.kubernetes.io/name": job.name },
        },
        "spec": {
            "schedule": job.schedule,
            "concurrencyPolicy": "Forbid",
            "jobTemplate": { "spec": { "template": { "spec": {
                "restartPolicy": "Never",
                "containers": [{ "name": "job", "image": "quay.io/platform/jobs:1.2.0" }],
            } } } },
        },
    })
}

pub(super) fn job(job: &Job, at: Timestamp) -> Value {
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": job.object_name(at),
            "namespace": job.namespace,
            "labels": { "app.kubernetes.io/name": job.name },
        },
        "spec": { "completions": 1, "parallelism": 1 },
        "status": { "active": 1, "startTime": seconds(at) },
    })
}

/// The status of a job that is done now.
pub(super) fn job_status(before: &Value, at: Timestamp) -> Value {
    json!({
        "startTime": before["startTime"],
        "completionTime": seconds(at),
        "succeeded": 1,
        "conditions": [{
            "type": "Complete", "status": "True", "lastTransitionTime": seconds(at),
        }],
    })
}
