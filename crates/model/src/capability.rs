//! What a cluster is and can do, and from what that was concluded.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::rights::Right;

/// What was found of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discovery {
    /// When it was looked.
    pub at: Timestamp,
    /// Of which state of the cluster's record.
    pub generation: u64,
    /// In the order of [`CapabilityKind::ALL`].
    pub capabilities: Vec<Capability>,
    /// Endpoints that OpenShift offers and that may be registered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proposed: Vec<Proposal>,
}

/// Something that a cluster is or can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capability {
    /// What.
    pub kind: CapabilityKind,
    /// Whether it is so.
    pub presence: Presence,
    /// The essence in a few words: a version, counts.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// Facts by name, for machines: `nodes`, `capacity`, `mig_strategy`.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub facts: std::collections::BTreeMap<String, String>,
    /// The objects that it was concluded from, at most ten.
    pub evidence: Vec<ObjectRef>,
    /// Where it is unknown: the rights that were missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Right>,
    /// Where it is unknown for another reason: what went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// When it was concluded.
    pub at: Timestamp,
}

/// Whether something is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It is.
    Yes,
    /// It is not; everything that would show it could be looked at.
    No,
    /// It can't be told: something could not be looked at.
    Unknown,
}

/// What a cluster may be or be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapabilityKind {
    /// Version and distribution.
    Kubernetes,
    /// Nodes by role, and their capacity.
    Nodes,
    /// It is OpenShift.
    Openshift,
    /// GPUs.
    Gpu,
    /// SR-IOV networks.
    Sriov,
    /// PTP clocks.
    Ptp,
    /// DPDK workloads.
    Dpdk,
    /// Huge pages on nodes.
    Hugepages,
    /// Network functions: workloads with networks of their own.
    Cnf,
    /// Operators by OLM.
    Operators,
    /// A monitoring stack.
    Monitoring,
    /// A logging stack.
    Logging,
    /// A tracing stack.
    Tracing,
}

impl CapabilityKind {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Kubernetes,
        Self::Nodes,
        Self::Openshift,
        Self::Gpu,
        Self::Sriov,
        Self::Ptp,
        Self::Dpdk,
        Self::Hugepages,
        Self::Cnf,
        Self::Operators,
        Self::Monitoring,
        Self::Logging,
        Self::Tracing,
    ];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::Nodes => "nodes",
            Self::Openshift => "openshift",
            Self::Gpu => "gpu",
            Self::Sriov => "sriov",
            Self::Ptp => "ptp",
            Self::Dpdk => "dpdk",
            Self::Hugepages => "hugepages",
            Self::Cnf => "cnf",
            Self::Operators => "operators",
            Self::Monitoring => "monitoring",
            Self::Logging => "logging",
            Self::Tracing => "tracing",
        }
    }
}

/// An object of a cluster, as evidence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ObjectRef {
    /// Group and version, or `v1`.
    pub api_version: String,
    /// For example `Node`.
    pub kind: String,
    /// Empty for what has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What of it says so: `label nvidia.com/gpu.present=true`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
}

/// An endpoint that a cluster offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// What is read there.
    pub source: crate::collection::Source,
    /// Its base URL.
    pub url: String,
    /// What offers it.
    pub from: ObjectRef,
}

impl Discovery {
    /// What is known to be so.
    pub fn present(&self) -> Vec<CapabilityKind> {
        let present = self.capabilities.iter();
        let present = present.filter(|c| c.presence == Presence::Yes);
        present.map(|c| c.kind).collect()
    }
}
