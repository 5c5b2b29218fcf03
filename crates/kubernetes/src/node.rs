//! Nodes.

use jiff::Timestamp;
use k8s_openapi::api::core::v1 as core;

use crate::meta::Meta;

/// The taint that a cordoned node has.
const CORDONED: &str = "node.kubernetes.io/unschedulable";

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Identity and age.
    pub meta: Meta,
    /// Whether it was cordoned.
    pub unschedulable: bool,
    /// Since when, where the taint says so.
    pub cordoned_at: Option<Timestamp>,
    /// Its conditions: `Ready`, `MemoryPressure`…
    pub conditions: Vec<Condition>,
}

/// One condition of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// For example `Ready`.
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// For example `KubeletNotReady`.
    pub reason: String,
    /// Since when it has this status.
    pub since: Option<Timestamp>,
}

impl From<core::Node> for Node {
    fn from(object: core::Node) -> Self {
        let spec = object.spec.unwrap_or_default();
        let conditions = object.status.and_then(|status| status.conditions);
        Self {
            meta: object.metadata.into(),
            unschedulable: spec.unschedulable == Some(true),
            cordoned_at: spec
                .taints
                .into_iter()
                .flatten()
                .find(|taint| taint.key == CORDONED)
                .and_then(|taint| Some(taint.time_added?.0)),
            conditions: conditions
                .into_iter()
                .flatten()
                .map(|condition| Condition {
                    kind: condition.type_,
                    status: condition.status,
                    reason: condition.reason.unwrap_or_default(),
                    since: condition.last_transition_time.map(|time| time.0),
                })
                .collect(),
        }
    }
}
