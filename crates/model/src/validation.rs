//! What came of calling a cluster's endpoints to see whether they can be used.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::capability::CapabilityKind;
use crate::collection::Source;
use crate::rights::Right;

/// The latest validation of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validation {
    /// When it ended.
    pub at: Timestamp,
    /// Of which state of the cluster's record.
    pub generation: u64,
    /// Which states of its credentials there were when it began, as the port of their store says
    /// them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub credentials: String,
    /// One a registered endpoint, in the order of [`Source::ALL`].
    pub checks: Vec<Check>,
}

/// What came of calling one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Which endpoint.
    pub source: Source,
    /// Its host and port.
    pub place: String,
    /// What came of it.
    pub code: CheckCode,
    /// The same in words, with what to do.
    pub detail: String,
    /// How long its first answer took, in milliseconds; none where there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
    /// Until when the server's certificate is good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certified_until: Option<Timestamp>,
    /// The version that the server says of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What the credential may, of what is needed; only of the Kubernetes API, and none where it
    /// does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rights: Option<OwnRights>,
}

/// What a credential may do on its cluster, measured by what Fleetscope needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnRights {
    /// Needed and not there.
    pub missing: Vec<Right>,
    /// There and not needed, as `verbs on group/resources`, at most fifty.
    pub excess: Vec<String>,
}

/// What came of calling an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
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

impl CheckCode {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::MissingRights => "missing_rights",
            Self::AddressRefused => "address_refused",
            Self::UnknownHost => "unknown_host",
            Self::ConnectionRefused => "connection_refused",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::CertificateExpired => "certificate_expired",
            Self::UnknownAuthority => "unknown_authority",
            Self::CertificateName => "certificate_name",
            Self::TlsFailed => "tls_failed",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::OtherProduct => "other_product",
            Self::Redirected => "redirected",
            Self::Overloaded => "overloaded",
            Self::ServerError => "server_error",
            Self::CredentialUnusable => "credential_unusable",
        }
    }

    /// Every code.
    pub const ALL: [Self; 18] = [
        Self::Ok,
        Self::MissingRights,
        Self::AddressRefused,
        Self::UnknownHost,
        Self::ConnectionRefused,
        Self::Unreachable,
        Self::Timeout,
        Self::CertificateExpired,
        Self::UnknownAuthority,
        Self::CertificateName,
        Self::TlsFailed,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::OtherProduct,
        Self::Redirected,
        Self::Overloaded,
        Self::ServerError,
        Self::CredentialUnusable,
    ];

    /// Whether the endpoint can be used, at least in part.
    pub const fn is_usable(self) -> bool {
        matches!(self, Self::Ok | Self::MissingRights)
    }
}

/// How a cluster fares by its latest validation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClusterHealth {
    /// It was not validated since it was last changed, or has no endpoints.
    Unknown,
    /// All its endpoints can be used.
    Healthy,
    /// Some of them can.
    Degraded,
    /// None of them can.
    Unreachable,
}

impl ClusterHealth {
    /// Every state.
    pub const ALL: [Self; 4] = [
        Self::Unknown,
        Self::Healthy,
        Self::Degraded,
        Self::Unreachable,
    ];
}

/// A validation without its words, for lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidationBrief {
    /// When it ended.
    pub at: Timestamp,
    /// Of which state of the cluster's record.
    pub generation: u64,
    /// Which states of its credentials there were when it began.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub credentials: String,
    /// The endpoints' codes, in the order of the checks.
    pub codes: Vec<(Source, CheckCode)>,
}

impl Validation {
    /// The same without its words.
    pub fn brief(&self) -> ValidationBrief {
        ValidationBrief {
            at: self.at,
            generation: self.generation,
            credentials: self.credentials.clone(),
            codes: self.checks.iter().map(|c| (c.source, c.code)).collect(),
        }
    }
}

/// What is known of a cluster beside what was said of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// Its latest validation.
    pub validation: Option<ValidationBrief>,
    /// When it was last discovered, and of which state of its record.
    pub discovered: Option<(Timestamp, u64)>,
    /// What it is known to be or to be able to do.
    pub capabilities: Vec<CapabilityKind>,
}

impl Observed {
    /// How the cluster fares, if its record is at this generation.
    pub fn health(&self, generation: u64) -> ClusterHealth {
        let current = self.validation.as_ref();
        let current = current.filter(|v| v.generation == generation && !v.codes.is_empty());
        let Some(ValidationBrief { codes, .. }) = current else {
            return ClusterHealth::Unknown;
        };
        if codes.iter().all(|(_, code)| *code == CheckCode::Ok) {
            ClusterHealth::Healthy
        } else if codes.iter().any(|(_, code)| code.is_usable()) {
            ClusterHealth::Degraded
        } else {
            ClusterHealth::Unreachable
        }
    }
}
