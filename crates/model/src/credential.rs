//! Credentials as everybody may know them: what there is, never what it says.

use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::collection::Source;
use crate::ids::ClusterId;
use crate::role::Role;

/// Where a credential of a cluster belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialField {
    /// To every endpoint that has none of its own.
    Shared,
    /// To the Kubernetes API.
    Kubernetes,
    /// To Prometheus.
    Prometheus,
    /// To Loki.
    Loki,
    /// To Tempo.
    Tempo,
    /// To Alertmanager.
    Alertmanager,
}

impl CredentialField {
    /// Every field.
    pub const ALL: [Self; 6] = [
        Self::Shared,
        Self::Kubernetes,
        Self::Prometheus,
        Self::Loki,
        Self::Tempo,
        Self::Alertmanager,
    ];

    /// The name in paths and stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Kubernetes => "kubernetes",
            Self::Prometheus => "prometheus",
            Self::Loki => "loki",
            Self::Tempo => "tempo",
            Self::Alertmanager => "alertmanager",
        }
    }

    /// The field of a source's own credential.
    pub const fn of(source: Source) -> Self {
        match source {
            Source::Kubernetes => Self::Kubernetes,
            Source::Prometheus => Self::Prometheus,
            Source::Loki => Self::Loki,
            Source::Tempo => Self::Tempo,
            Source::Alertmanager => Self::Alertmanager,
        }
    }
}

impl std::fmt::Display for CredentialField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a credential belongs to shared, kubernetes, prometheus, loki, tempo or alertmanager: write \
     one of these"
)]
pub struct InvalidField;

impl FromStr for CredentialField {
    type Err = InvalidField;

    fn from_str(text: &str) -> Result<Self, InvalidField> {
        let mut all = Self::ALL.into_iter();
        all.find(|field| field.as_str() == text).ok_or(InvalidField)
    }
}

/// What a credential is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// A bearer token.
    Token,
    /// User name and password, by HTTP Basic.
    Basic,
    /// A client certificate with its key.
    ClientCertificate,
}

impl CredentialKind {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Basic => "basic",
            Self::ClientCertificate => "client_certificate",
        }
    }
}

/// One state of one credential: what its envelope is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CredentialSlot {
    /// Whose it is.
    pub cluster: ClusterId,
    /// Where it belongs.
    pub field: CredentialField,
    /// Its state: never given twice to one field of one cluster.
    pub generation: u64,
}

/// A credential without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Whose it is.
    pub cluster: ClusterId,
    /// Where it belongs.
    pub field: CredentialField,
    /// What it is made of.
    pub kind: CredentialKind,
    /// Which state of it is the current one.
    pub generation: u64,
    /// The key-encryption key that it is under.
    pub key_id: String,
    /// Whom it was given for, as [`Endpoint::reach`](crate::Endpoint::reach) says it: it is shown to
    /// nobody else, whatever the cluster's endpoints become.
    #[serde(default)]
    pub given_for: Vec<String>,
    /// When there was first one.
    pub created_at: Timestamp,
    /// When it got its present value.
    pub rotated_at: Timestamp,
    /// When it was last opened, and by which role.
    pub last_used: Option<CredentialUsage>,
}

impl Credential {
    /// The state that is the current one.
    pub const fn slot(&self) -> CredentialSlot {
        CredentialSlot {
            cluster: self.cluster,
            field: self.field,
            generation: self.generation,
        }
    }
}

/// When a credential was opened, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialUsage {
    /// When.
    pub at: Timestamp,
    /// By which role.
    pub by: Role,
}

/// How many credentials are under a key-encryption key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUse {
    /// The key's id.
    pub key_id: String,
    /// How many current credentials are under it.
    pub credentials: u64,
}

/// The wish that every credential come under the active key, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRotation {
    /// Whether it goes on.
    pub state: RotationState,
    /// The key that was active when it was asked for.
    pub to: String,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// By whom.
    pub asked_by: String,
    /// How many credentials have been put under another key so far.
    pub rewrapped: u64,
    /// How many could not be, in the last round; they are tried again.
    pub failed: u64,
    /// When something of this last changed.
    pub changed_at: Timestamp,
}

/// Whether a rotation goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RotationState {
    /// It is asked for and not done.
    Running,
    /// Somebody has stopped it; asking again goes on with it.
    Stopped,
    /// Everything is under the active key.
    Done,
}

impl RotationState {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Done => "done",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_read_from_the_name_it_is_written_by() {
        for field in CredentialField::ALL {
            assert_eq!(field.as_str().parse(), Ok(field));
            assert_eq!(serde_json::to_value(field).unwrap(), field.as_str());
        }
        assert!("Shared".parse::<CredentialField>().is_err());
    }
}
