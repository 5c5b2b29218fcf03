//! Who is asking. A `Caller` is an argument of every use case.

use serde::{Deserialize, Serialize};

/// What a caller may do at most, each including the ones below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessRole {
    /// Reads.
    Viewer,
    /// Reads, and starts work: analyses, investigations, reports.
    Operator,
    /// Everything, including clusters and tokens.
    Admin,
}

impl AccessRole {
    /// The name in configuration, tokens and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

/// What a route or use case asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// See clusters, telemetry, analyses, reports and events.
    Read,
    /// Start analyses and write reports.
    Operate,
    /// Change clusters and tokens.
    Administer,
}

impl Permission {
    /// The least role that has it.
    pub const fn least_role(self) -> AccessRole {
        match self {
            Self::Read => AccessRole::Viewer,
            Self::Operate => AccessRole::Operator,
            Self::Administer => AccessRole::Admin,
        }
    }
}

/// An authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Caller {
    /// Who, as it stands in logs and in `requested_by`: `token:bootstrap`, `system:watches`.
    pub name: String,
    /// What it may do at most.
    pub role: AccessRole,
}

impl Caller {
    /// The platform itself, acting for a scheduled task. It has no person behind it; what it
    /// derives is filtered by the reader's rights when it is read.
    pub fn system(task: &str) -> Self {
        Self {
            name: format!("system:{task}"),
            role: AccessRole::Operator,
        }
    }

    /// Whether the caller has the permission.
    pub fn may(&self, permission: Permission) -> bool {
        self.role >= permission.least_role()
    }
}
