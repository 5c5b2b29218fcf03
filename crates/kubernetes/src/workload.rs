//! Workloads and their revisions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::meta::Meta;
use crate::origin::Origin;
use crate::template::Template;
use crate::watch::Keep;

/// Where the Deployment controller writes a revision's number.
const REVISION: &str = "deployment.kubernetes.io/revision";
/// Where it keeps the numbers that a re-used revision had before, joined by commas.
const HISTORY: &str = "deployment.kubernetes.io/revision-history";

/// What kind of workload it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkloadKind {
    /// A Deployment.
    Deployment,
    /// A `StatefulSet`.
    StatefulSet,
    /// A `DaemonSet`.
    DaemonSet,
}

/// A workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// Its kind.
    pub kind: WorkloadKind,
    /// Identity and age.
    pub meta: Meta,
    /// How many pods it should have.
    pub replicas: i32,
    /// For a Deployment, what its `Progressing` condition says.
    pub progress: Option<Progress>,
}

/// What a Deployment says about its rollout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// For example `NewReplicaSetAvailable`, `ProgressDeadlineExceeded`.
    pub reason: String,
    /// Names the `ReplicaSet`.
    pub message: String,
    /// When it last got on.
    pub at: Timestamp,
}

/// One revision of a workload's pod template: a `ReplicaSet` or a `ControllerRevision`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Identity, age, and the workload as owner.
    pub meta: Meta,
    /// Its number; the highest is the current one. None for a `ReplicaSet` without a Deployment.
    pub number: Option<u64>,
    /// Numbers it had before a rollback took it up again, lowest first.
    pub earlier_numbers: Vec<u64>,
    /// The pods it should have; none where that is not counted by revision.
    pub replicas: Option<i32>,
    /// The pod template.
    pub template: Template,
    /// Where it says that it came from.
    pub origin: Origin,
}

impl Revision {
    /// A `ControllerRevision` that holds a pod template.
    pub(crate) fn of_controller(object: apps::ControllerRevision) -> Option<Self> {
        let template = object.data?.0.get("spec")?.get("template")?.clone();
        let template: PodTemplateSpec = serde_json::from_value(template).ok()?;
        Some(Self {
            number: u64::try_from(object.revision).ok(),
            earlier_numbers: Vec::new(),
            replicas: None,
            origin: origin(&object.metadata, &template),
            meta: object.metadata.into(),
            template: template.into(),
        })
    }
}

impl Keep<apps::ControllerRevision> for Revision {
    fn keep(object: apps::ControllerRevision) -> Option<Self> {
        Self::of_controller(object)
    }
}

impl From<apps::ReplicaSet> for Revision {
    fn from(object: apps::ReplicaSet) -> Self {
        let annotations = object.metadata.annotations.clone().unwrap_or_default();
        let spec = object.spec.unwrap_or_default();
        let template = spec.template.unwrap_or_default();
        Self {
            origin: origin(&object.metadata, &template),
            meta: object.metadata.into(),
            number: annotations.get(REVISION).and_then(|text| text.parse().ok()),
            earlier_numbers: history(&annotations),
            replicas: Some(spec.replicas.unwrap_or(1)),
            template: template.into(),
        }
    }
}

fn origin(meta: &ObjectMeta, template: &PodTemplateSpec) -> Origin {
    let inner = template.metadata.clone().unwrap_or_default();
    let said = [
        inner.annotations,
        meta.annotations.clone(),
        inner.labels,
        meta.labels.clone(),
    ];
    let containers = template.spec.iter().flat_map(|spec| &spec.containers);
    Origin::of(&said, containers.filter_map(|one| one.image.as_deref()))
}

fn history(annotations: &BTreeMap<String, String>) -> Vec<u64> {
    let mut numbers: Vec<u64> = annotations
        .get(HISTORY)
        .into_iter()
        .flat_map(|text| text.split(','))
        .filter_map(|text| text.trim().parse().ok())
        .collect();
    numbers.sort_unstable();
    numbers
}

impl From<apps::Deployment> for Workload {
    fn from(object: apps::Deployment) -> Self {
        let progress = object
            .status
            .and_then(|status| status.conditions)
            .into_iter()
            .flatten()
            .find(|condition| condition.type_ == "Progressing")
            .and_then(|condition| {
                let at = condition
                    .last_update_time
                    .or(condition.last_transition_time);
                Some(Progress {
                    reason: condition.reason.unwrap_or_default(),
                    message: condition.message.unwrap_or_default(),
                    at: at?.0,
                })
            });
        Self {
            kind: WorkloadKind::Deployment,
            meta: object.metadata.into(),
            replicas: object.spec.and_then(|spec| spec.replicas).unwrap_or(1),
            progress,
        }
    }
}

impl From<apps::StatefulSet> for Workload {
    fn from(object: apps::StatefulSet) -> Self {
        Self {
            kind: WorkloadKind::StatefulSet,
            meta: object.metadata.into(),
            replicas: object.spec.and_then(|spec| spec.replicas).unwrap_or(1),
            progress: None,
        }
    }
}

impl From<apps::DaemonSet> for Workload {
    fn from(object: apps::DaemonSet) -> Self {
        let desired = object.status.map(|status| status.desired_number_scheduled);
        Self {
            kind: WorkloadKind::DaemonSet,
            meta: object.metadata.into(),
            replicas: desired.unwrap_or_default(),
            progress: None,
        }
    }
}
