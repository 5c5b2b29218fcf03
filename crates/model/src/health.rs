//! How the platform fares: its roles, and what each of them needs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Role;

/// How something fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// It works.
    Up,
    /// There is none, by configuration.
    NotConfigured,
    /// It works in part: something that it can do without is away.
    Degraded,
    /// It does not work.
    Down,
}

/// What one role needs, and how that fares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DependencyHealth {
    /// `database`, `objects`, `event_log`, `hub`, …
    pub name: String,
    /// Up, down, or not configured.
    pub status: HealthStatus,
    /// Whether its role works without it.
    pub required: bool,
    /// How long the last answer took, in milliseconds; none where there was none to wait for.
    pub latency_ms: Option<f64>,
    /// What went wrong the last time that something did, also where it works again.
    pub last_error: Option<LastError>,
    /// Since when it has had this status, as far as this process has seen.
    pub since: Option<Timestamp>,
}

/// What went wrong, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastError {
    /// When it was last seen.
    pub at: Timestamp,
    /// What it said, fit for any caller: no address, no credential.
    pub message: String,
}

/// One role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoleHealth {
    /// Which role.
    pub role: Role,
    /// The worst that follows from what it needs; down where its process does not answer.
    pub status: HealthStatus,
    /// Why its process does not answer, where it does not.
    pub error: Option<String>,
    /// What it needs.
    pub dependencies: Vec<DependencyHealth>,
}

impl RoleHealth {
    /// A role whose process answers, by what it needs.
    pub fn of(role: Role, dependencies: Vec<DependencyHealth>) -> Self {
        let status = dependencies
            .iter()
            .map(|dependency| match dependency.status {
                HealthStatus::Down if dependency.required => HealthStatus::Down,
                HealthStatus::Down | HealthStatus::Degraded => HealthStatus::Degraded,
                HealthStatus::Up | HealthStatus::NotConfigured => HealthStatus::Up,
            })
            .max()
            .unwrap_or(HealthStatus::Up);
        Self {
            role,
            status,
            error: None,
            dependencies,
        }
    }

    /// A role whose process does not answer.
    pub fn unreachable(role: Role, error: String) -> Self {
        Self {
            role,
            status: HealthStatus::Down,
            error: Some(error),
            dependencies: Vec::new(),
        }
    }
}

/// The platform as one process sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// Down where no role but the gateway works, degraded where one is not up.
    pub status: HealthStatus,
    /// When it was looked at; a report is kept for a moment.
    pub checked_at: Timestamp,
    /// Every role, each once.
    pub roles: Vec<RoleHealth>,
}

impl Health {
    /// The whole by its roles.
    pub fn of(checked_at: Timestamp, roles: Vec<RoleHealth>) -> Self {
        let others = || roles.iter().filter(|role| role.role != Role::Gateway);
        let status = if roles.iter().all(|role| role.status == HealthStatus::Up) {
            HealthStatus::Up
        } else if others().all(|role| role.status == HealthStatus::Down) {
            HealthStatus::Down
        } else {
            HealthStatus::Degraded
        };
        Self {
            status,
            checked_at,
            roles,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(status: HealthStatus, required: bool) -> DependencyHealth {
        DependencyHealth {
            name: "database".to_owned(),
            status,
            required,
            latency_ms: None,
            last_error: None,
            since: None,
        }
    }

    fn role(role: Role, status: HealthStatus, required: bool) -> RoleHealth {
        RoleHealth::of(
            role,
            vec![needs(HealthStatus::Up, true), needs(status, required)],
        )
    }

    #[test]
    fn a_role_is_down_without_what_it_requires_and_degraded_without_the_rest() {
        use HealthStatus::{Degraded, Down, NotConfigured, Up};
        for (status, required, expected) in [
            (Up, true, Up),
            (NotConfigured, false, Up),
            (Down, false, Degraded),
            (Down, true, Down),
        ] {
            assert_eq!(role(Role::Registry, status, required).status, expected);
        }
    }

    #[test]
    fn the_platform_is_down_only_where_nothing_behind_the_gateway_works() {
        use HealthStatus::{Degraded, Down, Up};
        let gateway = || role(Role::Gateway, Up, true);
        for (registry, collector, expected) in [
            (Up, Up, Up),
            (Down, Up, Degraded),
            (Up, Down, Degraded),
            (Down, Down, Down),
        ] {
            let roles = vec![
                role(Role::Registry, registry, true),
                role(Role::Collector, collector, true),
                gateway(),
            ];
            let health = Health::of(Timestamp::UNIX_EPOCH, roles);
            assert_eq!(health.status, expected);
        }
    }
}
