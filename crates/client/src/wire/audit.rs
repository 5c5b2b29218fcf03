//! The audit log.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Whether a request was let pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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

/// One request: a change, a refusal, or, where that is switched on, a read. It holds no query, no
/// header and no body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// Its place in the log.
    pub seq: u64,
    /// When the request came in.
    pub at: Timestamp,
    /// Who asked: a caller's name; absent where nobody known did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// Who vouched for the caller: `local`, `kubernetes`, `openshift`, `oidc`, `system`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// The caller's role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The method.
    pub method: String,
    /// The path, without its query.
    pub path: String,
    /// The clusters that the request named or was about.
    pub clusters: Vec<Uuid>,
    /// Whether it was let pass.
    pub decision: AuditDecision,
    /// The status that it was answered with; 499 where its caller went away before.
    pub status: u16,
    /// The request's id, by which the server's log has more.
    pub request_id: String,
    /// How many requests the entry stands for: refusals of unknown callers are counted together.
    pub count: u64,
}
