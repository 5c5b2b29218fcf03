//! Who is asking. A `Caller` is an argument of every use case.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a caller may do at most, each including the ones below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessRole {
    /// Notifies of alerts, and nothing else: whoever reads may not, and it may not read.
    Notifier,
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
            Self::Notifier => "notifier",
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
    /// Notify of alerts.
    Notify,
    /// Start analyses, write reports, silence alerts.
    Operate,
    /// Change clusters and tokens.
    Administer,
}

impl Permission {
    /// The name in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Notify => "notify",
            Self::Operate => "operate",
            Self::Administer => "administer",
        }
    }

    /// The least role that has it. A notifier may notify besides.
    pub const fn least_role(self) -> AccessRole {
        match self {
            Self::Read => AccessRole::Viewer,
            Self::Notify | Self::Operate => AccessRole::Operator,
            Self::Administer => AccessRole::Admin,
        }
    }
}

/// Who says that a caller is who it is. Two callers of one name are the same only where the same
/// authority vouches for both: anybody may call a Kubernetes user `token:ci`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authority {
    /// The platform itself.
    System,
    /// An API token of this installation.
    Local,
    /// A Kubernetes API server, by TokenReview.
    Kubernetes,
    /// An OpenShift OAuth token, vouched for by the API server.
    Openshift,
    /// An OpenID Connect issuer.
    Oidc,
}

impl Authority {
    /// The name in configuration, tokens and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Local => "local",
            Self::Kubernetes => "kubernetes",
            Self::Openshift => "openshift",
            Self::Oidc => "oidc",
        }
    }
}

/// An authenticated caller. Name, groups and extra are as the authority gave them, so that they
/// can be put to an access review as they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Caller {
    /// Who, as it stands in logs and in `requested_by`: `token:bootstrap`, `system:watches`, or
    /// the name of a Kubernetes user.
    pub name: String,
    /// What it may do at most.
    pub role: AccessRole,
    /// Who vouches for it.
    pub authority: Authority,
    /// The authority's own key of the user, where it gives one: a name may be given anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The groups it is in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// What else the authority said, such as the scopes of an OpenShift token. An access review
    /// that leaves it out grants more than the token may do.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, Vec<String>>,
}

impl Caller {
    /// The bearer of an API token of this installation; `name` is the caller's, not the token's.
    pub fn local(name: impl Into<String>, role: AccessRole) -> Self {
        Self {
            name: name.into(),
            role,
            authority: Authority::Local,
            uid: None,
            groups: Vec::new(),
            extra: BTreeMap::new(),
        }
    }

    /// The platform itself, acting for a scheduled task. It has no person behind it; what it
    /// derives is filtered by the reader's rights when it is read.
    pub fn system(task: &str) -> Self {
        Self {
            authority: Authority::System,
            ..Self::local(format!("system:{task}"), AccessRole::Operator)
        }
    }

    /// Whether the caller has the permission.
    pub fn may(&self, permission: Permission) -> bool {
        let notifies = self.role == AccessRole::Notifier && permission == Permission::Notify;
        notifies || self.role >= permission.least_role()
    }
}
