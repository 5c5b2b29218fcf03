//! The registry role: clusters and tokens, and the store's upkeep.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fleetscope_api::TaskBoard;
use fleetscope_gateway::Probe;
use fleetscope_identity::{LocalTokens, SystemTokenRandom};
use fleetscope_model::{Fault as _, Role};
use fleetscope_outbound::Outbound;
use fleetscope_ports::{Access, Clock, Store};
use fleetscope_registry::{Registry, Rounds};
use fleetscope_store::{Housekeeping, Retention};
use jiff::SignedDuration;
use secrecy::SecretString;

use crate::driver::{Asker, Done, Driver, Schedule, Task};
use crate::{Parts, Result};

/// How often what is older than the retention is removed. A watch makes some thousand rows an
/// hour at most, and each round removes all that is due.
const HOUSEKEEPING: Duration = Duration::from_hours(1);

/// The use cases about clusters.
pub(crate) fn clusters(
    store: &Store,
    access: Arc<dyn Access>,
    outbound: Outbound,
    parts: &Parts,
) -> Registry {
    Registry::new(
        store.clone(),
        access,
        parts.clock.clone(),
        parts.ids.clone(),
        outbound,
    )
}

/// The use cases about tokens.
pub(crate) fn local_tokens(store: &Store, parts: &Parts) -> LocalTokens {
    LocalTokens::new(
        store.tokens.clone(),
        parts.clock.clone(),
        parts.ids.clone(),
        Arc::new(SystemTokenRandom),
    )
}

/// The use cases about tokens, and the first token where there is none yet.
pub(crate) async fn tokens(
    store: &Store,
    parts: &Parts,
) -> Result<(LocalTokens, Option<SecretString>)> {
    let tokens = local_tokens(store, parts);
    let first = tokens.bootstrap().await?;
    Ok((tokens, first))
}

/// The database can be read and written.
pub(crate) fn probe(housekeeping: &Housekeeping) -> Probe {
    let housekeeping = housekeeping.clone();
    Probe::required(Role::Registry, "database", move || {
        let housekeeping = housekeeping.clone();
        async move { housekeeping.check().await.map_err(|e| e.message()) }
    })
}

/// How much is kept.
pub(crate) fn retention(audit: &fleetscope_config::Audit) -> Retention {
    Retention {
        audit_entries: audit.most_entries,
        audit_age: SignedDuration::try_from(audit.keep).unwrap_or(SignedDuration::MAX),
        ..Retention::default()
    }
}

/// Begins the store's upkeep.
pub(crate) fn begin_housekeeping(
    housekeeping: Housekeeping,
    clock: &Arc<dyn Clock>,
    (work, board): (&Driver, &TaskBoard),
) -> Asker {
    let schedule = Schedule {
        every: Some(HOUSEKEEPING),
        wake: None,
    };
    work.drive(Upkeep(housekeeping), schedule, clock.clone(), board.clone())
}

/// How often it is looked which clusters are due. What is registered or changed wakes it at once.
const CHECKS: Duration = Duration::from_mins(1);

/// Begins looking at clusters. Where that is switched off it can still be activated by hand.
pub(crate) fn begin_checks(
    registry: &Registry,
    checks: &fleetscope_config::Checks,
    clock: &Arc<dyn Clock>,
    (work, board): (&Driver, &TaskBoard),
) -> Asker {
    let rounds = Rounds::new(
        registry.clone(),
        checks.validate_every,
        checks.discover_every,
    );
    let schedule = Schedule {
        every: checks.enabled.then_some(CHECKS),
        wake: checks.enabled.then(|| registry.look_wanted()),
    };
    work.drive(Checks(rounds), schedule, clock.clone(), board.clone())
}

struct Checks(Rounds);

#[async_trait]
impl Task for Checks {
    fn name(&self) -> &'static str {
        "checks"
    }

    fn role(&self) -> Role {
        Role::Registry
    }

    async fn activate(&self) -> std::result::Result<Done, String> {
        let did = self.0.activate().await.map_err(|e| e.message())?;
        Ok(Done {
            busy: did.validated + did.discovered > 0,
            summary: did.to_string(),
        })
    }
}

struct Upkeep(Housekeeping);

#[async_trait]
impl Task for Upkeep {
    fn name(&self) -> &'static str {
        "housekeeping"
    }

    fn role(&self) -> Role {
        Role::Registry
    }

    async fn activate(&self) -> std::result::Result<Done, String> {
        let removed = self.0.activate().await.map_err(|e| e.message())?;
        Ok(Done {
            busy: removed.events + removed.analyses + removed.audit > 0,
            summary: removed.to_string(),
        })
    }
}
