//! Pods.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use k8s_openapi::api::core::v1 as core;

use crate::meta::Meta;
use crate::used::Used;

/// A pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pod {
    /// Identity, age and owner.
    pub meta: Meta,
    /// The node it was put on.
    pub node: Option<String>,
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`. A pod that crashes over and over
    /// is `Running`.
    pub phase: String,
    /// Extended resources (names with a `/`, such as `nvidia.com/gpu`) that its containers
    /// request, with the quantities summed where they are whole numbers.
    pub devices: BTreeMap<String, u64>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The `ConfigMaps` and `Secrets` that it uses, but what every pod has.
    pub uses: BTreeSet<Used>,
    /// How its containers fare, init containers left out.
    pub containers: Vec<ContainerStatus>,
}

/// How one container of a pod fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerStatus {
    /// Its name.
    pub name: String,
    /// How often it was restarted.
    pub restarts: u32,
    /// How it last ended, if it ever did: between two restarts this one, else the one before.
    pub ended: Option<Termination>,
    /// What it waits for, for example `CrashLoopBackOff`.
    pub waiting: Option<String>,
}

/// The end of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Termination {
    /// For example `OOMKilled`, `Error`, `Completed`.
    pub reason: String,
    /// Exit code; above 128 the signal is 128 less.
    pub exit_code: i32,
    /// When it ended.
    pub at: Timestamp,
}

impl Pod {
    /// Whether it still runs or is to run.
    pub fn is_live(&self) -> bool {
        self.phase != "Succeeded" && self.phase != "Failed"
    }
}

impl From<core::Pod> for Pod {
    fn from(object: core::Pod) -> Self {
        let spec = object.spec.unwrap_or_default();
        let status = object.status.unwrap_or_default();
        let mut metadata = object.metadata;
        Self {
            labels: metadata.labels.take().unwrap_or_default(),
            uses: Used::by(&spec),
            meta: metadata.into(),
            devices: devices(&spec.containers),
            node: spec.node_name.filter(|name| !name.is_empty()),
            phase: status.phase.unwrap_or_else(|| "Unknown".to_owned()),
            containers: status
                .container_statuses
                .into_iter()
                .flatten()
                .map(ContainerStatus::from)
                .collect(),
        }
    }
}

impl From<core::ContainerStatus> for ContainerStatus {
    fn from(status: core::ContainerStatus) -> Self {
        let (mut now, mut before) = (
            status.state.unwrap_or_default(),
            status.last_state.unwrap_or_default(),
        );
        let ended = now.terminated.take().or(before.terminated.take());
        Self {
            name: status.name,
            restarts: u32::try_from(status.restart_count).unwrap_or_default(),
            ended: ended.and_then(|end| {
                Some(Termination {
                    reason: end.reason.unwrap_or_default(),
                    exit_code: end.exit_code,
                    at: end.finished_at?.0,
                })
            }),
            waiting: now.waiting.and_then(|waiting| waiting.reason),
        }
    }
}

fn devices(containers: &[core::Container]) -> BTreeMap<String, u64> {
    let mut devices = BTreeMap::new();
    for container in containers {
        let resources = container.resources.as_ref();
        // For extended resources the limit is the request, and may stand alone.
        let quantities = resources.and_then(|r| r.limits.as_ref().or(r.requests.as_ref()));
        for (name, quantity) in quantities.into_iter().flatten() {
            if let (true, Ok(count)) = (name.contains('/'), quantity.0.parse::<u64>()) {
                *devices.entry(name.clone()).or_default() += count;
            }
        }
    }
    devices
}
