//! The event log: everything that happened in Fleetscope, in order.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::access::Place;
use crate::ids::EventSeq;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EventKind {
    /// A cluster was registered.
    #[serde(rename = "cluster.created")]
    ClusterCreated,
    /// A cluster was changed.
    #[serde(rename = "cluster.updated")]
    ClusterUpdated,
    /// A cluster was removed.
    #[serde(rename = "cluster.deleted")]
    ClusterDeleted,
    /// A cluster fares otherwise than before, by its latest validation.
    #[serde(rename = "cluster.health")]
    ClusterHealth,
    /// A cluster is or can do something else than before.
    #[serde(rename = "cluster.capabilities")]
    ClusterCapabilities,
    /// A cluster got a credential, or another one than before.
    #[serde(rename = "credential.changed")]
    CredentialChanged,
    /// A credential was removed.
    #[serde(rename = "credential.deleted")]
    CredentialDeleted,
    /// It was asked that credentials come under the active key, or that this stop; or it is done.
    #[serde(rename = "keys.rotation")]
    KeysRotation,
    /// Something unusual was found.
    #[serde(rename = "anomaly.detected")]
    AnomalyDetected,
    /// Alerts began to fire, as an Alertmanager says.
    #[serde(rename = "alert.firing")]
    AlertFiring,
    /// Alerts fire no more, as an Alertmanager says.
    #[serde(rename = "alert.resolved")]
    AlertResolved,
    /// An investigation was opened.
    #[serde(rename = "investigation.opened")]
    InvestigationOpened,
    /// An investigation reached a conclusion, or another one than before.
    #[serde(rename = "investigation.updated")]
    InvestigationUpdated,
    /// An investigation is followed no longer.
    #[serde(rename = "investigation.closed")]
    InvestigationClosed,
    /// A report was written.
    #[serde(rename = "report.created")]
    ReportCreated,
    /// A report was removed.
    #[serde(rename = "report.deleted")]
    ReportDeleted,
    /// An API token was made.
    #[serde(rename = "token.created")]
    TokenCreated,
    /// An API token was revoked.
    #[serde(rename = "token.revoked")]
    TokenRevoked,
}

impl EventKind {
    /// Every kind, in the order of the declaration.
    pub const ALL: [Self; 18] = [
        Self::ClusterCreated,
        Self::ClusterUpdated,
        Self::ClusterDeleted,
        Self::ClusterHealth,
        Self::ClusterCapabilities,
        Self::CredentialChanged,
        Self::CredentialDeleted,
        Self::KeysRotation,
        Self::AnomalyDetected,
        Self::AlertFiring,
        Self::AlertResolved,
        Self::InvestigationOpened,
        Self::InvestigationUpdated,
        Self::InvestigationClosed,
        Self::ReportCreated,
        Self::ReportDeleted,
        Self::TokenCreated,
        Self::TokenRevoked,
    ];

    /// The name on the wire: `investigation.opened`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClusterCreated => "cluster.created",
            Self::ClusterUpdated => "cluster.updated",
            Self::ClusterDeleted => "cluster.deleted",
            Self::ClusterHealth => "cluster.health",
            Self::ClusterCapabilities => "cluster.capabilities",
            Self::CredentialChanged => "credential.changed",
            Self::CredentialDeleted => "credential.deleted",
            Self::KeysRotation => "keys.rotation",
            Self::AnomalyDetected => "anomaly.detected",
            Self::AlertFiring => "alert.firing",
            Self::AlertResolved => "alert.resolved",
            Self::InvestigationOpened => "investigation.opened",
            Self::InvestigationUpdated => "investigation.updated",
            Self::InvestigationClosed => "investigation.closed",
            Self::ReportCreated => "report.created",
            Self::ReportDeleted => "report.deleted",
            Self::TokenCreated => "token.created",
            Self::TokenRevoked => "token.revoked",
        }
    }
}

/// An event before the log has given it its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEvent {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventKind,
    /// The id of what it happened to.
    pub subject: String,
    /// Who did it: a caller's name.
    pub actor: String,
    /// One line for people.
    pub summary: String,
    /// The parts of the fleet that it tells of. Where there are none, it is for those alone who
    /// see everything; what happened to a cluster's own record is for who may see the cluster.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
}

/// An event in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its place.
    pub seq: EventSeq,
    /// What happened.
    #[serde(flatten)]
    pub event: NewEvent,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_stored_under_the_name_it_is_shown_by() {
        for kind in EventKind::ALL {
            let stored = serde_json::to_value(kind).unwrap();
            assert_eq!(stored, kind.as_str());
        }
    }
}
