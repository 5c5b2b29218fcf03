//! What clusters are and can do.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::validation::NeededRight;

/// What a cluster may be or be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
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
    /// Workloads with networks of their own.
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

/// Whether something is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It is.
    Yes,
    /// It is not; everything that would show it was looked at.
    No,
    /// It can't be told: something could not be looked at.
    Unknown,
}

/// What is known of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Capabilities {
    /// When it was looked at.
    pub at: Timestamp,
    /// Of which state of the cluster.
    pub generation: u64,
    /// One of each kind.
    pub capabilities: Vec<Capability>,
    /// Endpoints that the cluster offers and that may be registered.
    pub proposed: Vec<ProposedEndpoint>,
}

/// Something that a cluster is or can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Capability {
    /// What.
    pub kind: CapabilityKind,
    /// Whether it is so.
    pub presence: Presence,
    /// The essence in a few words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// Facts by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
    /// The objects that it was concluded from, at most ten.
    pub evidence: Vec<ObjectRef>,
    /// The rights without which it could not be looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<NeededRight>,
    /// What else kept it from being looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// When it was concluded.
    pub at: Timestamp,
}

/// An object of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ObjectRef {
    /// Group and version.
    pub api_version: String,
    /// For example `Node`.
    pub kind: String,
    /// Empty for what has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What of it says so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
}

/// An endpoint that a cluster offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProposedEndpoint {
    /// `prometheus`, `loki`, `tempo` or `alertmanager`.
    pub endpoint: String,
    /// Its base URL.
    pub url: String,
    /// What offers it.
    pub from: ObjectRef,
}
