//! The registry: which clusters there are and where their telemetry is read.
//!
//! It must not know how things are stored or who authenticates callers. Start reading at
//! [`Registry`].

pub mod credentials;
mod discovery;
mod draft;
pub mod envelope;
mod error;
mod listing;
mod validation;

use std::sync::Arc;

use async_trait::async_trait;
use fleetscope_kubernetes::Kubernetes;
use fleetscope_model::{
    AuditRecord, Caller, Cluster, ClusterDraft, ClusterFilter, ClusterId, ClusterVerb, EventKind,
    NewEvent, Observed, Page, PageRequest, Permission, Place, Selection, Validation,
};
use fleetscope_outbound::Outbound;
use fleetscope_ports::{Access, Clock, Clusters, IdSource, Store, Vault};

use tokio::sync::Notify;

pub use credentials::{Credentials, InvalidCredential, Keys, NewCredential, Opener};
pub use draft::InvalidDraft;
pub use error::Error;
pub use validation::{RoundReport, Rounds};

/// Most clusters that one selection resolves to: a bound on fan-out, far above the design's fleet.
const MOST_SELECTED: u32 = 500;

/// What becomes of a removed cluster's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// It stays.
    Keep,
    /// What tells of that cluster alone is removed.
    Forget,
}

/// The use cases about clusters. Cheap to clone.
#[derive(Clone)]
pub struct Registry {
    store: Store,
    access: Arc<dyn Access>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    outbound: Outbound,
    vault: Arc<dyn Vault>,
    hub: Option<Kubernetes>,
    /// Told whenever a cluster is one that was not looked at yet.
    changed: Arc<Notify>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").finish_non_exhaustive()
    }
}

impl Registry {
    /// A registry over a store, in which callers see and change what `access` lets them. Clusters
    /// are reached through `outbound`, and what it would never call is not registered.
    pub fn new(
        store: Store,
        access: Arc<dyn Access>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        outbound: Outbound,
    ) -> Self {
        let vault = Arc::clone(&store.vault);
        Self {
            store,
            access,
            clock,
            ids,
            outbound,
            vault,
            hub: None,
            changed: Arc::default(),
        }
    }

    /// The same registry, whose clusters' envelopes lie in another place than its database.
    #[must_use]
    pub fn with_vault(self, vault: Arc<dyn Vault>) -> Self {
        Self { vault, ..self }
    }

    /// The same registry, which may ask this API server for clusters that it manages.
    #[must_use]
    pub fn with_hub(self, hub: Option<Kubernetes>) -> Self {
        Self { hub, ..self }
    }

    /// The use cases about the credentials of its clusters.
    pub fn credentials(&self, opener: &credentials::Opener) -> Credentials {
        Credentials::new(self.clone(), opener)
    }

    /// Told whenever a cluster or what it is shown was changed, and so is to be looked at.
    pub fn look_wanted(&self) -> Arc<Notify> {
        Arc::clone(&self.changed)
    }

    /// Registers a cluster.
    ///
    /// # Errors
    ///
    /// `Invalid` with a pointer to the field, `Conflict` where the name is taken, `Forbidden`.
    pub async fn create(&self, caller: &Caller, draft: ClusterDraft) -> Result<Cluster, Error> {
        allow(caller, Permission::Administer)?;
        let draft = draft::checked(draft)?;
        draft::admitted(&draft, &self.outbound)?;
        let now = self.clock.now();
        let cluster = Cluster {
            id: ClusterId::new(self.ids.next(now)),
            draft,
            generation: 1,
            created_at: now,
            updated_at: now,
        };
        let event = self.event(caller, EventKind::ClusterCreated, &cluster, "registered");
        self.store.clusters.insert(&cluster, &event).await?;
        self.changed.notify_one();
        Ok(cluster)
    }

    /// One cluster.
    ///
    /// # Errors
    ///
    /// `NotFound`, also for a cluster that the caller may not see; `Forbidden`; `Unavailable`
    /// where it can't be told what the caller may see.
    pub async fn get(&self, caller: &Caller, id: ClusterId) -> Result<Cluster, Error> {
        allow(caller, Permission::Read)?;
        self.visible(caller, id).await
    }

    /// One cluster, and what was observed of it.
    ///
    /// # Errors
    ///
    /// As [`Self::get`].
    pub async fn look_up(
        &self,
        caller: &Caller,
        id: ClusterId,
    ) -> Result<(Cluster, Observed), Error> {
        let cluster = self.get(caller, id).await?;
        let observations = &self.store.observations;
        let validation = observations.validation(id).await?;
        let discovery = observations.discovery(id).await?;
        let observed = Observed {
            validation: validation.as_ref().map(Validation::brief),
            discovered: discovery.as_ref().map(|d| (d.at, d.generation)),
            capabilities: discovery.map(|d| d.present()).unwrap_or_default(),
        };
        Ok((cluster, observed))
    }

    /// Clusters by name: those that the caller may see and wants, as if there were no others.
    ///
    /// # Errors
    ///
    /// `Forbidden`; `Unavailable` where it can't be told what the caller may see.
    pub async fn list(
        &self,
        caller: &Caller,
        page: &PageRequest,
        filter: &ClusterFilter,
    ) -> Result<Page<(Cluster, Observed)>, Error> {
        allow(caller, Permission::Read)?;
        listing::list(&self.store, &*self.access, caller, page, Some(filter)).await
    }

    /// Replaces what is said of a cluster, if it is still at `generation` (where one is given).
    ///
    /// # Errors
    ///
    /// `NotFound`, `Forbidden`, `Invalid` with a pointer, `Conflict` where the generation has moved
    /// on or the name is taken.
    pub async fn update(
        &self,
        caller: &Caller,
        id: ClusterId,
        draft: ClusterDraft,
        generation: Option<u64>,
    ) -> Result<Cluster, Error> {
        allow(caller, Permission::Administer)?;
        let before = self.visible(caller, id).await?;
        self.permit(caller, id, ClusterVerb::Update).await?;
        let draft = draft::checked(draft)?;
        draft::admitted(&draft, &self.outbound)?;
        if let Some(given) = generation.filter(|given| *given != before.generation) {
            return Err(Error::Stale {
                given,
                stored: before.generation,
            });
        }
        let cluster = Cluster {
            id,
            draft,
            generation: before.generation + 1,
            created_at: before.created_at,
            updated_at: self.clock.now(),
        };
        let mut event = self.event(caller, EventKind::ClusterUpdated, &cluster, "changed");
        let left = self.left_behind(&cluster).await?;
        if !left.is_empty() {
            event.summary = format!("{}; {left}", event.summary);
        }
        self.store.clusters.update(&cluster, &event).await?;
        self.changed.notify_one();
        Ok(cluster)
    }

    /// Removes a cluster with its credentials, if it is still at `generation` (where one is given).
    /// What tells of it and of no other cluster goes with it where that is asked for.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Conflict` where the generation has moved on, `Forbidden`.
    pub async fn delete(
        &self,
        caller: &Caller,
        id: ClusterId,
        generation: Option<u64>,
        history: History,
    ) -> Result<(), Error> {
        allow(caller, Permission::Administer)?;
        let cluster = self.visible(caller, id).await?;
        self.permit(caller, id, ClusterVerb::Delete).await?;
        let event = self.event(caller, EventKind::ClusterDeleted, &cluster, "removed");
        match history {
            History::Keep => self.store.clusters.delete(id, generation, &event).await?,
            History::Forget => self.forget(id, generation, event).await?,
        }
        // From here on nothing opens: that the envelopes can't be removed now is no failure.
        if let Err(error) = self.vault.remove(id).await {
            tracing::warn!(cluster = %id, %error, "a removed cluster's envelopes are left for the sweep");
        }
        Ok(())
    }

    /// Removes a cluster with its history. That a report's text can't be removed now is no failure:
    /// no record names it any more, and the sweep takes it.
    async fn forget(
        &self,
        id: ClusterId,
        generation: Option<u64>,
        mut event: NewEvent,
    ) -> Result<(), Error> {
        event.summary.push_str(", and its history with it");
        let texts = self.store.clusters.forget(id, generation, &event).await?;
        for key in texts {
            if let Err(error) = self.store.objects.delete(&key).await {
                tracing::warn!(cluster = %id, %error, "a removed report's text is left for the sweep");
            }
        }
        Ok(())
    }

    /// One cluster that the caller may see. What it may see is asked first and of every id alike,
    /// so that an id that was never given and one that is hidden take the same way.
    async fn visible(&self, caller: &Caller, id: ClusterId) -> Result<Cluster, Error> {
        if self.access.may(caller, id, ClusterVerb::Get).await? {
            return Ok(self.store.clusters.get(id).await?);
        }
        Err(fleetscope_ports::Error::not_found("cluster", &id).into())
    }

    /// Refuses a caller without this right on a cluster that it may see.
    async fn permit(&self, caller: &Caller, id: ClusterId, verb: ClusterVerb) -> Result<(), Error> {
        if self.access.may(caller, id, verb).await? {
            return Ok(());
        }
        Err(Error::Forbidden { verb })
    }

    /// Whether a caller may be told of every cluster.
    pub fn sees_all(&self, caller: &Caller) -> bool {
        caller.may(Permission::Administer) || self.access.sees_all(caller)
    }

    /// Who did what, newest first. For administrators.
    ///
    /// # Errors
    ///
    /// `Forbidden`; `Invalid` for a cursor of another list.
    pub async fn audit(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<AuditRecord>, Error> {
        allow(caller, Permission::Administer)?;
        Ok(self.store.audit.list(page).await?)
    }

    fn event(&self, caller: &Caller, kind: EventKind, cluster: &Cluster, verb: &str) -> NewEvent {
        NewEvent {
            at: self.clock.now(),
            kind,
            subject: cluster.id.to_string(),
            actor: caller.name.clone(),
            summary: format!("cluster {} was {verb}", cluster.name()),
            places: vec![Place::record(cluster.id)],
        }
    }
}

#[async_trait]
impl Clusters for Registry {
    async fn cluster(&self, caller: &Caller, id: ClusterId) -> fleetscope_ports::Result<Cluster> {
        self.get(caller, id).await.map_err(Error::into_port)
    }

    async fn select(
        &self,
        caller: &Caller,
        selection: &Selection,
    ) -> fleetscope_ports::Result<Vec<Cluster>> {
        match selection {
            Selection::All => {
                let page = PageRequest {
                    after: None,
                    limit: MOST_SELECTED,
                };
                allow(caller, Permission::Read).map_err(Error::into_port)?;
                let all = listing::list(&self.store, &*self.access, caller, &page, None).await;
                let all = all.map_err(Error::into_port)?.items;
                Ok(all.into_iter().map(|(cluster, _)| cluster).collect())
            }
            Selection::Only(ids) => {
                allow(caller, Permission::Read).map_err(Error::into_port)?;
                let named = listing::named(&self.store, &*self.access, caller, ids);
                named.await.map_err(Error::into_port)
            }
        }
    }
}

fn allow(caller: &Caller, permission: Permission) -> Result<(), Error> {
    if caller.may(permission) {
        return Ok(());
    }
    Err(fleetscope_ports::Error::forbidden(permission.least_role()).into())
}
