//! Whether the process can do its work, role by role.

use std::sync::Arc;
use std::time::Duration;

use fleetscope_model::Role;
use futures::future::{BoxFuture, join_all};
use serde::Serialize;

use crate::driver::Driver;

/// How long one check may take.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

type Probe = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// One thing that a role needs.
#[derive(Clone)]
pub(crate) struct Check {
    role: Role,
    name: &'static str,
    required: bool,
    probe: Probe,
}

impl Check {
    /// A check without which the process is not ready.
    pub(crate) fn required<F>(
        role: Role,
        name: &'static str,
        probe: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        let probe: Probe = Arc::new(move || Box::pin(probe()));
        Self {
            role,
            name,
            required: true,
            probe,
        }
    }

    /// The same check, shown but not required. A gateway whose roles are away still answers, and
    /// says which; taking it out of service would turn that answer into a refused connection.
    #[must_use]
    pub(crate) fn informative(self) -> Self {
        Self {
            required: false,
            ..self
        }
    }

    async fn outcome(&self) -> Outcome {
        let probed = tokio::time::timeout(CHECK_TIMEOUT, (self.probe)()).await;
        let result = probed
            .unwrap_or_else(|_| Err(format!("no answer within {} s", CHECK_TIMEOUT.as_secs())));
        Outcome {
            role: self.role,
            check: self.name,
            required: self.required,
            ok: result.is_ok(),
            detail: result.err(),
        }
    }
}

/// The checks of a process.
#[derive(Clone)]
pub(crate) struct Readiness {
    /// The roles of this process.
    pub(crate) roles: Vec<Role>,
    /// What they need.
    pub(crate) checks: Vec<Check>,
    /// Not ready from its stop on.
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
    check: &'static str,
    required: bool,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Readiness {
    pub(crate) async fn report(&self) -> Report {
        let checks = join_all(self.checks.iter().map(Check::outcome)).await;
        let stopping = self.work.is_stopping();
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

    fn readiness(checks: Vec<Check>) -> Readiness {
        Readiness {
            roles: vec![Role::Registry],
            checks,
            work: Driver::new(),
        }
    }

    fn passing() -> Check {
        Check::required(Role::Registry, "database", async || Ok(()))
    }

    fn failing() -> Check {
        Check::required(Role::Registry, "database", async || Err("gone".to_owned()))
    }

    #[tokio::test]
    async fn a_required_check_that_fails_makes_the_process_unready_and_says_why() {
        assert!(readiness(vec![passing()]).report().await.ready);
        let report = readiness(vec![passing(), failing()]).report().await;
        assert!(!report.ready);
        assert_eq!(report.checks[1].detail.as_deref(), Some("gone"));
    }

    #[tokio::test]
    async fn an_informative_check_that_fails_is_only_shown() {
        let report = readiness(vec![failing().informative()]).report().await;
        assert!(report.ready);
        assert!(!report.checks[0].ok);
    }

    #[tokio::test]
    async fn a_process_that_stops_is_not_ready() {
        let readiness = readiness(vec![passing()]);
        readiness.work.stop();
        assert!(!readiness.report().await.ready);
    }
}
