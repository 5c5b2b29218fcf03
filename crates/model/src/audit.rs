//! The audit log: who did what, on which cluster, and what came of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::caller::{AccessRole, Authority};
use crate::ids::ClusterId;

/// Whether a request was let pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditDecision {
    /// It was; what came of it is told by its status.
    Allowed,
    /// Nobody knows who asked.
    Unauthenticated,
    /// The caller may not do this.
    Denied,
    /// The caller asks too much at once.
    Limited,
}

impl AuditDecision {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Unauthenticated => "unauthenticated",
            Self::Denied => "denied",
            Self::Limited => "limited",
        }
    }
}

/// One request. It holds no query, no header and no body, so no secret can be in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When the request came in.
    pub at: Timestamp,
    /// Who asked: a caller's name; none where nobody known did.
    pub caller: Option<String>,
    /// Who vouched for the caller.
    pub authority: Option<Authority>,
    /// The caller's role.
    pub role: Option<AccessRole>,
    /// The method.
    pub method: String,
    /// The path, without its query.
    pub path: String,
    /// The clusters that were named.
    pub clusters: Vec<ClusterId>,
    /// Whether it was let pass.
    pub decision: AuditDecision,
    /// The status that it was answered with.
    pub status: u16,
    /// The request's id, by which the log has more.
    pub request_id: String,
    /// How many requests the entry stands for: refusals of callers whom nobody knows are counted
    /// together, so that a flood of them does not push out everything else.
    pub count: u64,
}

/// An entry in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Its place.
    pub seq: u64,
    /// What it tells.
    #[serde(flatten)]
    pub entry: AuditEntry,
}
