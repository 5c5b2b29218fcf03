//! The things that telemetry is about, and how they hang together.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::ClusterId;

/// What kind of thing an entity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntityKind {
    /// A service as tracing names it (`service.name`), where no workload of that name is known; in
    /// a namespace, a Service of Kubernetes.
    Service,
    /// A Deployment, `StatefulSet`, `DaemonSet` or Job.
    Workload,
    /// A pod.
    Pod,
    /// A node.
    Node,
    /// One GPU of a node.
    Gpu,
    /// A PTP clock: one interface of a node, or the node's system clock.
    PtpClock,
    /// A network interface or virtual function of a node.
    Interface,
    /// The cluster as a whole.
    Cluster,
}

impl EntityKind {
    /// The name as people write it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Workload => "workload",
            Self::Pod => "pod",
            Self::Node => "node",
            Self::Gpu => "GPU",
            Self::PtpClock => "PTP clock",
            Self::Interface => "interface",
            Self::Cluster => "cluster",
        }
    }
}

/// One thing in one cluster.
///
/// Names: a workload, pod or service is its object's name; a node is the node's name; a GPU is
/// `<node>/gpu<index>`; a PTP clock or interface is `<node>/<iface>`; a cluster is its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Entity {
    /// The cluster it lives in.
    pub cluster: ClusterId,
    /// What it is.
    pub kind: EntityKind,
    /// Its namespace, for namespaced things.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

impl Entity {
    /// An entity outside any namespace.
    pub fn new(cluster: ClusterId, kind: EntityKind, name: impl Into<String>) -> Self {
        Self {
            cluster,
            kind,
            namespace: None,
            name: name.into(),
        }
    }

    /// The same entity in a namespace.
    #[must_use]
    pub fn in_namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// The node a GPU, clock or interface belongs to, by its name's first part.
    pub fn node_name(&self) -> Option<&str> {
        match self.kind {
            EntityKind::Gpu | EntityKind::PtpClock | EntityKind::Interface => {
                self.name.split('/').next()
            }
            EntityKind::Node => Some(&self.name),
            _ => None,
        }
    }
}

impl fmt::Display for Entity {
    /// `workload shop/cart`, `node worker-2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.title())?;
        f.write_str(" ")?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&self.name)
    }
}

/// How one entity depends on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeKind {
    /// `from` sends requests to `to`: trouble at `to` reaches `from`.
    Calls,
    /// `from` (a pod or workload) runs on node `to`: trouble at `to` reaches `from`.
    RunsOn,
    /// `from` (a workload) owns pod `to`: trouble of the pod is trouble of the workload.
    Owns,
    /// `from` uses device or clock `to` (GPU, PTP clock, virtual function).
    Uses,
    /// `from` (a device or clock) belongs to node `to`.
    PartOf,
    /// `from` (a Service) sends what it gets to `to` (a workload, or a pod that has none).
    Selects,
}

/// A directed edge: `from` depends on, or contains, `to`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Edge {
    /// The dependent, or the whole.
    pub from: Entity,
    /// What it depends on, or its part.
    pub to: Entity,
    /// How.
    pub kind: EdgeKind,
}

/// What was known of the structure of one or more clusters in a window.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topology {
    /// Edges, sorted, without repeats.
    pub edges: Vec<Edge>,
}
