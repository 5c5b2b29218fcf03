//! What came of calling a cluster's endpoints.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a cluster fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClusterState {
    /// It was not validated since it was last changed, or has no endpoints.
    Unknown,
    /// All its endpoints can be used.
    Healthy,
    /// Some of them can.
    Degraded,
    /// None of them can.
    Unreachable,
}

/// How a cluster fares by its latest validation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClusterHealth {
    /// In one word.
    pub status: ClusterState,
    /// When it was last validated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_at: Option<Timestamp>,
    /// The code of each endpoint: `ok`, `unknown_host`, `certificate_expired`…
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoints: BTreeMap<String, CheckCode>,
}

/// What came of calling an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckCode {
    /// It can be used.
    Ok,
    /// It can be used in part: rights that are always needed are missing.
    MissingRights,
    /// The rules forbid its address.
    AddressRefused,
    /// Its host name has no address.
    UnknownHost,
    /// Nobody listens there.
    ConnectionRefused,
    /// There is no connection, for another reason.
    Unreachable,
    /// No answer in time.
    Timeout,
    /// Its certificate has ended.
    CertificateExpired,
    /// Its certificate is by nobody who is trusted.
    UnknownAuthority,
    /// Its certificate is for other names.
    CertificateName,
    /// There is no TLS with it, for another reason.
    TlsFailed,
    /// 401.
    Unauthenticated,
    /// 403.
    Forbidden,
    /// What answers is another product.
    OtherProduct,
    /// It redirects.
    Redirected,
    /// It asks to slow down.
    Overloaded,
    /// It answers that it is broken.
    ServerError,
    /// There is no credential to call it with, where one is registered.
    CredentialUnusable,
}

/// The validation of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Validation {
    /// When it ended; absent where the cluster was never validated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Of which state of the cluster.
    pub generation: u64,
    /// How the cluster fares by it.
    pub status: ClusterState,
    /// One a registered endpoint.
    pub checks: Vec<Check>,
}

/// What came of calling one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Check {
    /// `kubernetes`, `prometheus`, `loki`, `tempo` or `alertmanager`.
    pub endpoint: String,
    /// Host and port.
    pub place: String,
    /// What came of it.
    pub code: CheckCode,
    /// The same in words, with what to do.
    pub detail: String,
    /// How long its first answer took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
    /// Until when its certificate is good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certified_until: Option<Timestamp>,
    /// The version that it says of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What the credential may on the Kubernetes API, of what is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rights: Option<OwnRights>,
}

/// What a credential may do on its cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnRights {
    /// Needed and not there.
    pub missing: Vec<NeededRight>,
    /// There and not needed, as `verbs on group/resource`.
    pub excess: Vec<String>,
}

/// A right that is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NeededRight {
    /// What it is needed for: `base`, `rights`, `metrics`, `gpu`…; what `fleetscope rbac generate`
    /// takes.
    pub ability: String,
    /// The verb.
    pub verb: String,
    /// The API group; empty for the core.
    pub group: String,
    /// The plural, with a subresource after a slash.
    pub resource: String,
    /// The one name that it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The one namespace that it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
}
