//! How this process and, at a gateway, every other one fares.
//!
//! What is needed is probed in parallel, each with its own time limit; a look is kept for a moment
//! and shared by all who ask meanwhile, so that a storm of questions is not a storm of probes.

mod look;
mod merge;
mod probe;

use std::sync::{Arc, Mutex, PoisonError};

use fleetscope_model::{DependencyHealth, Role, RoleHealth};
use fleetscope_ports::Clock;
use futures::future::join_all;
use jiff::Timestamp;

use look::Look;
pub use merge::Everywhere;
use probe::Observed;
pub use probe::Probe;

/// What the roles of this process need. Cheap to clone; all clones share their looks.
#[derive(Clone)]
pub struct HealthBoard {
    roles: Arc<[Role]>,
    shared: Arc<Board>,
}

struct Board {
    probes: Vec<Probe>,
    clock: Arc<dyn Clock>,
    observed: Mutex<Vec<Observed>>,
    /// What one look has found, in the order of the probes.
    look: Look<Arc<Vec<DependencyHealth>>>,
}

impl std::fmt::Debug for HealthBoard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HealthBoard")
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

impl HealthBoard {
    /// A board of the roles of this process and what they need.
    pub fn new(roles: &[Role], probes: Vec<Probe>, clock: Arc<dyn Clock>) -> Self {
        let observed = vec![Observed::default(); probes.len()];
        Self {
            roles: roles.into(),
            shared: Arc::new(Board {
                probes,
                clock,
                observed: Mutex::new(observed),
                look: Look::default(),
            }),
        }
    }

    /// The roles of this process.
    pub async fn roles(&self) -> Vec<RoleHealth> {
        let look = self.look().await;
        let needs = |role: Role| {
            let probes = self.shared.probes.iter().zip(look.iter());
            let own = probes.filter(move |(probe, _)| probe.role == role);
            own.map(|(_, found)| found.clone()).collect()
        };
        let roles = self.roles.iter().copied();
        roles
            .map(|role| RoleHealth::of(role, needs(role)))
            .collect()
    }

    /// Everything that is probed, and whose it is.
    pub async fn needs(&self) -> Vec<(Role, DependencyHealth)> {
        let look = self.look().await;
        let probes = self.shared.probes.iter().map(|probe| probe.role);
        probes.zip(look.iter().cloned()).collect()
    }

    fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    async fn look(&self) -> Arc<Vec<DependencyHealth>> {
        let board = self.shared.clone();
        let look = self
            .shared
            .look
            .at(self.now(), || Box::pin(async move { board.ask().await }));
        look.await
    }
}

impl Board {
    async fn ask(&self) -> Arc<Vec<DependencyHealth>> {
        let answers = join_all(self.probes.iter().map(Probe::answer)).await;
        let now = self.clock.now();
        let mut observed = self.observed.lock().unwrap_or_else(PoisonError::into_inner);
        let found = self.probes.iter().zip(observed.iter_mut()).zip(answers);
        Arc::new(
            found
                .map(|((probe, observed), answer)| probe.judge(observed, answer, now))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests;
