//! What each role needs, one file a role; and the roles that share a store in one process.

pub(crate) mod access;
pub(crate) mod collector;
pub(crate) mod credentials;
pub(crate) mod gateway;
pub(crate) mod identity;
pub(crate) mod index;
pub(crate) mod intelligence;
pub(crate) mod registry;
pub(crate) mod session_keys;
pub(crate) mod streaming;

use axum::Router;
use fleetscope_api::{Services, TaskBoard};
use fleetscope_config::Config;
use fleetscope_gateway::Probe;
use fleetscope_model::Role;
use fleetscope_outbound::Shown;
use fleetscope_ports::Store;
use fleetscope_store::Housekeeping;
use prometheus_client::registry::Registry;
use secrecy::SecretString;

use crate::driver::{Asker, Driver};
use crate::{Parts, Result};

/// Every role but the gateway. They share one SQLite file, so a process has all of them or none;
/// the configuration's check sees to that.
pub(crate) fn others() -> impl Iterator<Item = Role> {
    Role::ALL.into_iter().filter(|role| *role != Role::Gateway)
}

/// The roles of this process that keep or read something.
pub(crate) struct Local {
    /// What their routes call.
    pub(crate) services: Services,
    /// The first admin token, at the first start only.
    pub(crate) bootstrap_token: Option<SecretString>,
    /// Keeps the store small, and closes it.
    pub(crate) housekeeping: Housekeeping,
    pub(crate) store: Store,
    shown: Shown,
    indexing: Option<index::Indexing>,
}

impl Local {
    /// Opens the data folder and makes the roles over it.
    pub(crate) async fn open(
        config: &Config,
        parts: &Parts,
        work: &Driver,
        board: &TaskBoard,
        metrics: &mut Registry,
    ) -> Result<Self> {
        let (store, housekeeping) = fleetscope_store::open(&config.storage.data_dir).await?;
        let housekeeping = housekeeping.with_retention(registry::retention(&config.audit));
        let vault = credentials::vault(config, &store, parts).await?;
        let opener = credentials::opener(config, &store, vault.clone(), parts).await?;
        let shown = collector::shown(config, &opener);
        let outbound = collector::outbound(config, metrics)?.showing(shown.clone());
        let access = access::access(config, &store, outbound.clone(), &parts.clock)?;
        let clusters = registry::clusters(&store, access.clone(), outbound.clone(), parts)
            .with_vault(vault)
            .with_hub(identity::hub(config)?.map(|hub| hub.api));
        let (tokens, bootstrap_token) = registry::tokens(&store, parts).await?;
        let clock = parts.clock.clone();
        let indexing = index::indexing(config, &clusters, &outbound, &clock);
        let index = indexing.as_ref().map(|indexing| indexing.index.clone());
        let reading = (outbound, index);
        let collector = collector::collector(clusters.clone(), access.clone(), reading, clock);
        let rights = (clusters.clone(), access.clone());
        let reads = (collector.clone() as _, collector.clone() as _);
        let intelligence = intelligence::service(&store, reads, rights, parts);
        let services = Services {
            credentials: clusters.credentials(&opener),
            registry: clusters,
            tokens,
            traces: collector.clone(),
            alerts: collector.clone(),
            logs: collector.clone(),
            metrics: collector.clone(),
            telemetry: collector,
            intelligence,
            streaming: streaming::service(&store, access),
            board: board.clone(),
            clock: parts.clock.clone(),
            stopping: work.stopping(),
        };
        Ok(Self {
            services,
            bootstrap_token,
            housekeeping,
            store,
            shown,
            indexing,
        })
    }

    /// The routes of each role.
    pub(crate) fn routers(&self) -> impl Iterator<Item = Router> + '_ {
        others().map(|role| fleetscope_api::router(role, &self.services))
    }

    /// What the roles need. What there is none of yet is said to be so.
    pub(crate) fn probes(&self) -> Vec<Probe> {
        vec![
            registry::probe(&self.housekeeping),
            Probe::not_configured(Role::Collector, "cache"),
            intelligence::probe(&self.store),
            Probe::not_configured(Role::Intelligence, "language_model"),
            streaming::probe(&self.store),
            Probe::not_configured(Role::Streaming, "bus"),
        ]
    }

    /// Begins the tasks of the roles.
    pub(crate) fn begin_tasks(
        &self,
        config: &Config,
        parts: &Parts,
        work: &Driver,
        board: &TaskBoard,
    ) -> Vec<Asker> {
        let mut askers = intelligence::begin_tasks(
            &self.services.intelligence,
            &config.watches,
            &parts.clock,
            (work, board),
        );
        askers.push(registry::begin_checks(
            &self.services.registry,
            &config.checks,
            &parts.clock,
            (work, board),
        ));
        askers.push(registry::begin_housekeeping(
            self.housekeeping.clone(),
            &parts.clock,
            (work, board),
        ));
        if let Some(indexing) = &self.indexing {
            askers.push(indexing.begin(&parts.clock, (work, board)));
        }
        let (log, shown) = (self.store.events.clone(), self.shown.clone());
        let indexing = self.indexing.clone();
        let process = work.clone();
        work.spawn(async move {
            tokio::select! {
                () = process.stopped() => {}
                () = credentials::follow(log, shown, indexing) => {}
            }
        });
        askers.extend(credentials::begin_tasks(
            &self.services.credentials,
            &parts.clock,
            (work, board),
        ));
        askers
    }
}
