//! Registered clusters and where their telemetry is read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::ClusterId;
use crate::series::Labels;

/// One place to read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Base URL with any path prefix, no trailing slash; text, because address rules belong to
    /// `outbound`.
    pub url: String,
    /// Value of the `X-Scope-OrgID` header for multi-tenant Loki, Tempo and Mimir.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
}

/// Where a cluster's telemetry is read; each is optional and its absence is a gap, not an error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Endpoints {
    /// Kubernetes API server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<Endpoint>,
    /// Prometheus, Thanos Query or anything that speaks the Prometheus HTTP API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prometheus: Option<Endpoint>,
    /// Loki.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loki: Option<Endpoint>,
    /// Tempo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tempo: Option<Endpoint>,
    /// Alertmanager.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alertmanager: Option<Endpoint>,
}

/// What a person says about a cluster; everything else is ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterDraft {
    /// DNS label, unique in the fleet: the value of the `cluster` label.
    pub name: String,
    /// For example `production`, `staging`.
    pub environment: Option<String>,
    /// For example `openshift`, `eks`, `kubeadm`.
    pub provider: Option<String>,
    /// Free labels to select by.
    pub labels: Labels,
    /// Where its telemetry is read.
    pub endpoints: Endpoints,
}

/// A registered cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// Identity, kept for life.
    pub id: ClusterId,
    /// What a person said about it.
    #[serde(flatten)]
    pub draft: ClusterDraft,
    /// Grows by one with every change; the value of the `ETag`.
    pub generation: u64,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Cluster {
    /// The unique name.
    pub fn name(&self) -> &str {
        &self.draft.name
    }
}
