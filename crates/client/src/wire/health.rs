//! How the platform fares.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How something fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// It works.
    Up,
    /// There is none, by configuration.
    NotConfigured,
    /// It works in part.
    Degraded,
    /// It does not work.
    Down,
}

/// The platform, its roles, and what each of them needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// `down` where no role but the gateway works, `degraded` where one is not up.
    pub status: HealthStatus,
    /// When it was looked at; a report is kept for a moment.
    pub checked_at: Timestamp,
    /// Every role, each once.
    pub roles: Vec<RoleHealth>,
}

/// One role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RoleHealth {
    /// `gateway`, `registry`, `collector`, `streaming` or `intelligence`.
    pub role: String,
    /// `down` without what it requires or where its process does not answer; `degraded` without
    /// what it can do without.
    pub status: HealthStatus,
    /// Why its process does not answer, where it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What it needs.
    pub dependencies: Vec<DependencyHealth>,
}

/// Something that a role needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DependencyHealth {
    /// `database`, `objects`, `event_log`, `hub`, `cache`, `bus` or `language_model`.
    pub name: String,
    /// `up`, `down` or `not_configured`.
    pub status: HealthStatus,
    /// Whether the role is down without it.
    pub required: bool,
    /// How long the last answer took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<f64>,
    /// What went wrong the last time that something did, also where it works again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<LastError>,
    /// Since when it has had this status, as far as its process has seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

/// What went wrong, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LastError {
    /// When it was last seen.
    pub at: Timestamp,
    /// What it said.
    pub message: String,
}
