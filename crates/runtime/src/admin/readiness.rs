//! Whether the process can do its work, role by role.

use fleetscope_gateway::HealthBoard;
use fleetscope_model::{HealthStatus, Role};
use serde::Serialize;

use crate::driver::Driver;

/// The checks of a process.
#[derive(Clone)]
pub(crate) struct Readiness {
    /// The roles of this process.
    pub(crate) roles: Vec<Role>,
    /// What they need.
    pub(crate) health: HealthBoard,
    /// Not ready from when it is about to stop.
    pub(crate) work: Driver,
}

/// The answer of `/readyz`.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) ready: bool,
    stopping: bool,
    roles: Vec<Role>,
    checks: Vec<Outcome>,
}

#[derive(Debug, Serialize)]
struct Outcome {
    role: Role,
    check: String,
    required: bool,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Readiness {
    pub(crate) async fn report(&self) -> Report {
        let needed = self.health.needs().await.into_iter();
        let configured = needed.filter(|(_, need)| need.status != HealthStatus::NotConfigured);
        let checks: Vec<_> = configured
            .map(|(role, need)| {
                let ok = need.status == HealthStatus::Up;
                let error = need.last_error.filter(|_| !ok);
                Outcome {
                    role,
                    check: need.name,
                    required: need.required,
                    ok,
                    detail: error.map(|error| error.message),
                }
            })
            .collect();
        let stopping = self.work.is_leaving();
        Report {
            ready: !stopping && checks.iter().all(|check| check.ok || !check.required),
            stopping,
            roles: self.roles.clone(),
            checks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fleetscope_gateway::Probe;
    use fleetscope_ports::ManualClock;
    use jiff::Timestamp;
    use std::sync::Arc;

    fn readiness(probes: Vec<Probe>) -> Readiness {
        let roles = vec![Role::Registry];
        let clock = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
        Readiness {
            health: HealthBoard::new(&roles, probes, clock),
            roles,
            work: Driver::new(),
        }
    }

    fn passing() -> Probe {
        Probe::required(Role::Registry, "database", async || Ok(()))
    }

    fn failing() -> Probe {
        Probe::required(Role::Registry, "database", async || Err("gone".to_owned()))
    }

    #[tokio::test]
    async fn a_required_check_that_fails_makes_the_process_unready_and_says_why() {
        assert!(readiness(vec![passing()]).report().await.ready);
        let report = readiness(vec![passing(), failing()]).report().await;
        assert!(!report.ready);
        assert_eq!(report.checks[1].detail.as_deref(), Some("gone"));
    }

    #[tokio::test]
    async fn an_optional_check_that_fails_is_only_shown() {
        let report = readiness(vec![failing().optional()]).report().await;
        assert!(report.ready);
        assert!(!report.checks[0].ok);
    }

    #[tokio::test]
    async fn a_process_that_leaves_or_stops_is_not_ready() {
        let (leaves, stops) = (readiness(vec![passing()]), readiness(vec![passing()]));
        leaves.work.leave();
        assert!(!leaves.report().await.ready);
        stops.work.stop();
        assert!(!stops.report().await.ready);
    }
}
