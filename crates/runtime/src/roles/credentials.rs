//! Credentials: their keys, where they lie, and how their changes reach whoever reads clusters.

mod follow;
pub(crate) mod key_file;
mod keys;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fleetscope_api::TaskBoard;
use fleetscope_config::{Config, CredentialsStore};
use fleetscope_model::{Fault as _, Role};
use fleetscope_ports::{Clock, Store, Vault};
use fleetscope_registry::credentials::Secrets;
use fleetscope_registry::{Credentials, Opener};

use crate::driver::{Asker, Done, Driver, Schedule, Task};
use crate::roles::identity;
use crate::{Parts, Result};

pub(crate) use follow::follow;

/// How often a rotation that could not be carried out is tried again.
const AGAIN: Duration = Duration::from_mins(1);

/// How often what is left in the vault is removed.
const SWEEP: Duration = Duration::from_hours(1);

/// Where envelopes lie.
pub(crate) async fn vault(config: &Config, store: &Store, parts: &Parts) -> Result<Arc<dyn Vault>> {
    match (config.credentials.store, identity::hub(config)?) {
        (CredentialsStore::Secrets, Some(hub)) => {
            let namespace = &config.credentials.namespace;
            let fresh = parts.ids.next(parts.clock.now());
            let installation = store.credentials.installation(fresh).await?;
            Ok(Arc::new(Secrets::new(hub.api, namespace, installation)))
        }
        // The configuration's check asks for a hub where one is needed.
        _ => Ok(Arc::clone(&store.vault)),
    }
}

/// Opens credentials under the keys of the configuration.
pub(crate) async fn opener(
    config: &Config,
    store: &Store,
    vault: Arc<dyn Vault>,
    parts: &Parts,
) -> Result<Opener> {
    let ring = keys::ring(config).await?;
    Ok(Opener::new(
        store.clone(),
        (vault, ring),
        parts.clock.clone(),
        parts.ids.clone(),
    ))
}

/// Begins the tasks.
pub(crate) fn begin_tasks(
    credentials: &Credentials,
    clock: &Arc<dyn Clock>,
    (work, board): (&Driver, &TaskBoard),
) -> Vec<Asker> {
    let rotating = Schedule {
        every: Some(AGAIN),
        wake: Some(credentials.rotation_wanted()),
    };
    let sweeping = Schedule {
        every: Some(SWEEP),
        wake: None,
    };
    let begin = |task: Activity, schedule| work.drive(task, schedule, clock.clone(), board.clone());
    vec![
        begin(Activity::Keys(credentials.clone()), rotating),
        begin(Activity::Sweep(credentials.clone()), sweeping),
    ]
}

enum Activity {
    Keys(Credentials),
    Sweep(Credentials),
}

#[async_trait]
impl Task for Activity {
    fn name(&self) -> &'static str {
        match self {
            Self::Keys(_) => "keys",
            Self::Sweep(_) => "credentials-sweep",
        }
    }

    fn role(&self) -> Role {
        Role::Registry
    }

    async fn activate(&self) -> std::result::Result<Done, String> {
        let (did, what) = match self {
            Self::Keys(credentials) => (
                credentials.carry_out_rotation().await,
                "credentials put under the active key",
            ),
            Self::Sweep(credentials) => (
                credentials.sweep().await,
                "removed clusters' credentials removed",
            ),
        };
        let did = did.map_err(|error| error.message())?;
        Ok(Done {
            summary: format!("{did} {what}"),
            busy: did > 0,
        })
    }
}
