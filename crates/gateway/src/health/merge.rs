//! One report of all processes.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fleetscope_model::{Fault as _, Health, Role, RoleHealth};
use fleetscope_ports::HealthSource;
use futures::future::{BoxFuture, join_all};

use super::HealthBoard;
use super::look::Look;
use crate::Remote;

/// How long another process may take to say how it fares: its own probes, and a little.
const TIME_LIMIT: Duration = Duration::from_millis(450);

/// The roles of this process, and those of others as they say themselves.
pub struct Everywhere {
    here: HealthBoard,
    there: Arc<[Remote]>,
    look: Look<Health>,
}

impl std::fmt::Debug for Everywhere {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Everywhere")
            .field("here", &self.here)
            .field("there", &self.there)
            .finish_non_exhaustive()
    }
}

impl Everywhere {
    /// What `here` says, and what the processes of the roles `there` say.
    pub fn new(here: HealthBoard, there: Vec<Remote>) -> Self {
        Self {
            here,
            there: there.into(),
            look: Look::default(),
        }
    }
}

#[async_trait]
impl HealthSource for Everywhere {
    async fn health(&self) -> Health {
        let (here, there) = (self.here.clone(), self.there.clone());
        let look = || -> BoxFuture<'static, Health> { Box::pin(whole(here, there)) };
        self.look.at(self.here.now(), look).await
    }
}

async fn whole(here: HealthBoard, there: Arc<[Remote]>) -> Health {
    let (own, others) = futures::join!(here.roles(), remote_roles(&there));
    let mut roles: Vec<_> = own.into_iter().chain(others).collect();
    roles.sort_by_key(|role| role.role);
    Health::of(here.now(), roles)
}

/// Asks each process once, however many roles it has.
async fn remote_roles(there: &[Remote]) -> Vec<RoleHealth> {
    let mut processes: Vec<(&Remote, Vec<Role>)> = Vec::new();
    for remote in there {
        match processes
            .iter_mut()
            .find(|(known, _)| known.is_beside(remote))
        {
            Some((_, roles)) => roles.push(remote.role()),
            None => processes.push((remote, vec![remote.role()])),
        }
    }
    let asked = processes.iter().map(|(remote, roles)| ask(remote, roles));
    join_all(asked).await.into_iter().flatten().collect()
}

async fn ask(remote: &Remote, roles: &[Role]) -> Vec<RoleHealth> {
    let answer = tokio::time::timeout(TIME_LIMIT, remote.health()).await;
    let said = match answer {
        Ok(Ok(said)) => Ok(said),
        Ok(Err(error)) => Err(error.message()),
        Err(_) => Err(format!("no answer within {} ms", TIME_LIMIT.as_millis())),
    };
    let of = |role: Role| match &said {
        Ok(said) => {
            let found = said.iter().find(|found| found.role == role).cloned();
            found.unwrap_or_else(|| {
                RoleHealth::unreachable(role, "its process does not have this role".to_owned())
            })
        }
        Err(error) => RoleHealth::unreachable(role, error.clone()),
    };
    roles.iter().copied().map(of).collect()
}
