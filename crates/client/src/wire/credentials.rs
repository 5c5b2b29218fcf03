//! Credentials of clusters. What is written is never read back: no answer has a field for it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// A secret text on its way to the server: not printed, and wiped when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes a text in.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Gives the text away, in memory that is no longer wiped by this.
    pub fn into_text(mut self) -> String {
        std::mem::take(&mut *self.0)
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

/// How a credential is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NewCredentialKind {
    /// A bearer token, in `token`.
    Token,
    /// HTTP Basic, in `username` and `password`.
    Basic,
    /// A client certificate, in `certificate` and `key`.
    ClientCertificate,
    /// The user of one context of a kubeconfig, in `kubeconfig` and `context`.
    Kubeconfig,
}

/// A credential as it is written; the fields of its kind and no others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCredential {
    /// What it is made of.
    pub kind: NewCredentialKind,
    /// A bearer token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "password", write_only, min_length = 1, max_length = 65_536)]
    pub token: Option<SecretText>,
    /// A user name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "password", write_only, min_length = 1, max_length = 65_536)]
    pub username: Option<SecretText>,
    /// Its password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "password", write_only, min_length = 1, max_length = 65_536)]
    pub password: Option<SecretText>,
    /// A client certificate with its chain, in PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "password", write_only, min_length = 1, max_length = 65_536)]
    pub certificate: Option<SecretText>,
    /// Its unencrypted key, in PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "password", write_only, min_length = 1, max_length = 65_536)]
    pub key: Option<SecretText>,
    /// A kubeconfig, YAML or JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "password", write_only, min_length = 1, max_length = 1_048_576)]
    pub kubeconfig: Option<SecretText>,
    /// Which of its contexts; the current one where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 253)]
    pub context: Option<String>,
}

impl NewCredential {
    /// A credential of a kind, with nothing in it yet.
    pub const fn of(kind: NewCredentialKind) -> Self {
        Self {
            kind,
            token: None,
            username: None,
            password: None,
            certificate: None,
            key: None,
            kubeconfig: None,
            context: None,
        }
    }

    /// A bearer token.
    pub fn token(token: impl Into<String>) -> Self {
        Self {
            token: Some(SecretText::new(token.into())),
            ..Self::of(NewCredentialKind::Token)
        }
    }
}

/// Where a credential belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
    /// The name in paths.
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
}

/// What a stored credential is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// A bearer token.
    Token,
    /// HTTP Basic.
    Basic,
    /// A client certificate.
    ClientCertificate,
}

/// A credential, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Credential {
    /// Where it belongs: `shared`, or the name of an endpoint.
    pub field: String,
    /// What it is made of.
    pub kind: CredentialKind,
    /// Grows with every new value.
    pub generation: u64,
    /// The id of the key that it is sealed under.
    pub key_id: String,
    /// Whom it was given for: scheme, host and port of the endpoints that the cluster had then. It
    /// is shown to nobody else; give it again where an endpoint has moved.
    pub given_for: Vec<String>,
    /// When there was first one.
    pub created_at: Timestamp,
    /// When it got its present value.
    pub rotated_at: Timestamp,
    /// When it was last opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
    /// By which role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_by: Option<String>,
}

/// The credentials of one cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CredentialList {
    /// One a field at most.
    pub items: Vec<Credential>,
}

/// A key-encryption key, without the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CredentialKey {
    /// Its id.
    pub id: String,
    /// Whether new credentials are sealed under it.
    pub active: bool,
    /// Whether the server has it. One that it has not and that is used is a fault.
    pub present: bool,
    /// How many credentials are sealed under it.
    pub credentials: u64,
}

/// Whether a rotation of keys goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RotationState {
    /// It is asked for and not done.
    Running,
    /// Somebody has stopped it; asking again goes on with it.
    Stopped,
    /// Everything is under the active key.
    Done,
}

/// A rotation of keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyRotation {
    /// Whether it goes on.
    pub state: RotationState,
    /// The id of the key that everything comes under.
    pub to: String,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// By whom.
    pub asked_by: String,
    /// How many credentials were put under another key so far.
    pub rewrapped: u64,
    /// How many could not be in the last round; they are tried again.
    pub failed: u64,
    /// When something of this last changed.
    pub changed_at: Timestamp,
}

/// The key-encryption keys, and the rotation that was last asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CredentialKeys {
    /// The keys, the active one first.
    pub keys: Vec<CredentialKey>,
    /// What was last asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<KeyRotation>,
}
