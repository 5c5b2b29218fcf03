//! How the platform fares, on its way out.

use fleetscope_client::wire;
use fleetscope_model::{DependencyHealth, Health, HealthStatus, RoleHealth};

/// The whole report.
pub fn health(health: Health) -> wire::Health {
    wire::Health {
        status: status(health.status),
        checked_at: health.checked_at,
        roles: health.roles.into_iter().map(role).collect(),
    }
}

fn role(role: RoleHealth) -> wire::RoleHealth {
    wire::RoleHealth {
        role: role.role.as_str().to_owned(),
        status: status(role.status),
        error: role.error,
        dependencies: role.dependencies.into_iter().map(dependency).collect(),
    }
}

fn dependency(dependency: DependencyHealth) -> wire::DependencyHealth {
    wire::DependencyHealth {
        name: dependency.name,
        status: status(dependency.status),
        required: dependency.required,
        latency_ms: dependency.latency_ms,
        last_error: dependency.last_error.map(|error| wire::LastError {
            at: error.at,
            message: error.message,
        }),
        since: dependency.since,
    }
}

const fn status(status: HealthStatus) -> wire::HealthStatus {
    match status {
        HealthStatus::Up => wire::HealthStatus::Up,
        HealthStatus::NotConfigured => wire::HealthStatus::NotConfigured,
        HealthStatus::Degraded => wire::HealthStatus::Degraded,
        HealthStatus::Down => wire::HealthStatus::Down,
    }
}
