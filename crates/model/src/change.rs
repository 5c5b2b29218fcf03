//! Changes and Kubernetes events: what somebody or something did, and when.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::entity::Entity;

/// What kind of change it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// A new revision of a workload's pod template.
    Rollout,
    /// The number of replicas was changed.
    Scale,
    /// A pod was restarted or replaced without a new revision.
    Restart,
    /// A `ConfigMap`, Secret or custom resource was changed.
    Config,
    /// A node joined, left, or was cordoned.
    Node,
    /// A commit was made, and a rollout says when it began to run; or, told of a workload, it was
    /// brought there.
    Commit,
    /// A feature flag was turned.
    Flag,
    /// An operator or the cluster itself was brought to another version.
    Upgrade,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What was changed.
    pub entity: Entity,
    /// How.
    pub kind: ChangeKind,
    /// When it began.
    pub at: Timestamp,
    /// For a rollout the revision, as Kubernetes counts them; for settings the object's version;
    /// for an upgrade what it leads to; for a commit its id, or the version of the chart that was
    /// brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// One line: `revision 7: image shop/cart:1.8.2 (was 1.8.1)`.
    pub summary: String,
}

/// One Kubernetes event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KubernetesEvent {
    /// What it is about.
    pub entity: Entity,
    /// `Normal` or `Warning`.
    pub severity: String,
    /// For example `BackOff`, `OOMKilling`.
    pub reason: String,
    /// The event's text.
    pub message: String,
    /// How often it was seen.
    pub count: u32,
    /// When it was first seen.
    pub first_at: Timestamp,
    /// When it was last seen.
    pub last_at: Timestamp,
}
