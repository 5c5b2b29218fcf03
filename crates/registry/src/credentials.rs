//! Credentials of clusters: written by people, opened for the collector, read back by nobody.
//!
//! A value is sealed (see [`crate::envelope`]) for a generation that the database has given to it
//! and to nothing else, the envelope is laid into the vault beside the one before it, and only then
//! the database says that this generation is the current one: one transaction, with the event that
//! tells of it. A crash before leaves an envelope that nobody will ever ask for; a crash after
//! leaves one too many, which the next write or the sweep removes. At no moment are there two
//! states that open, or none.

mod bound;
mod import;
mod kubeconfig;
mod opener;
mod rotation;
mod secrets;
mod sweep;
mod value;

use std::sync::Arc;

use fleetscope_model::{
    Caller, Cluster, ClusterId, ClusterVerb, Credential, CredentialField, EventKind, Permission,
};
use fleetscope_ports::{Opened, Vault};
use tokio::sync::{Mutex, Notify};
use tracing::instrument;

use crate::envelope::{self, KeyRing};
use crate::{Error, Registry, allow};

pub use import::{ImportOutcome, ImportResult, Imported};
pub use kubeconfig::{Context, Kubeconfig};
pub use opener::Opener;
pub use rotation::{KeyInfo, Keys};
pub use secrets::{Secrets, secret_text};
pub use value::{InvalidCredential, NewCredential};

/// The use cases about credentials. Cheap to clone.
#[derive(Clone)]
pub struct Credentials {
    registry: Registry,
    opener: Opener,
    vault: Arc<dyn Vault>,
    ring: Arc<KeyRing>,
    /// Held while the state of a rotation is read and written again: a request that stops it must
    /// not be overwritten by the progress of the task.
    rotation: Arc<Mutex<()>>,
    wake: Arc<Notify>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl Credentials {
    /// Credentials of a registry's clusters, as `opener` opens them.
    pub fn new(registry: Registry, opener: &Opener) -> Self {
        Self {
            registry,
            opener: opener.clone(),
            vault: Arc::clone(&opener.vault),
            ring: Arc::clone(&opener.ring),
            rotation: Arc::default(),
            wake: Arc::default(),
        }
    }

    /// Gives a field of a cluster a value, the first or another one.
    ///
    /// # Errors
    /// `NotFound` (also for a cluster that the caller may not see), `Forbidden`, `Invalid` with a
    /// pointer, `Conflict` where somebody else did so at the same time and came later.
    #[instrument(level = "debug", skip_all, name = "credentials.put")]
    pub async fn put(
        &self,
        caller: &Caller,
        cluster: ClusterId,
        field: CredentialField,
        new: NewCredential,
    ) -> Result<Credential, Error> {
        self.changeable(caller, cluster).await?;
        self.keep(caller, cluster, field, new.checked()?).await
    }

    async fn keep(
        &self,
        caller: &Caller,
        cluster: ClusterId,
        field: CredentialField,
        opened: Opened,
    ) -> Result<Credential, Error> {
        let found = self.changeable(caller, cluster).await?;
        let store = &self.registry.store.credentials;
        let before = store.get(cluster, field).await?;
        let now = self.registry.clock.now();
        let credential = Credential {
            cluster,
            field,
            kind: opened.kind(),
            generation: store.reserve(cluster, field).await?,
            key_id: self.ring.active().id().to_owned(),
            given_for: bound::given_for(&found.draft, field),
            created_at: before.map_or(now, |before| before.created_at),
            rotated_at: now,
            last_used: None,
        };
        let sealed = envelope::seal(&self.ring, credential.slot(), &value::encode(&opened))?;
        drop(opened);
        self.vault.put(credential.slot(), &sealed).await?;
        let event = self.event(
            caller,
            EventKind::CredentialChanged,
            &found,
            field,
            "changed",
        );
        store.activate(&credential, &event).await?;
        self.prune(cluster, field, credential.generation).await;
        self.registry.changed.notify_one();
        Ok(credential)
    }

    /// What there is of a cluster's credentials, without their values.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`.
    pub async fn list(
        &self,
        caller: &Caller,
        cluster: ClusterId,
    ) -> Result<Vec<Credential>, Error> {
        allow(caller, Permission::Administer)?;
        self.registry.visible(caller, cluster).await?;
        Ok(self.registry.store.credentials.of(cluster).await?)
    }

    /// Takes a credential away.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`.
    #[instrument(level = "debug", skip_all, name = "credentials.delete")]
    pub async fn delete(
        &self,
        caller: &Caller,
        cluster: ClusterId,
        field: CredentialField,
    ) -> Result<(), Error> {
        let found = self.changeable(caller, cluster).await?;
        let event = self.event(
            caller,
            EventKind::CredentialDeleted,
            &found,
            field,
            "removed",
        );
        let store = &self.registry.store.credentials;
        store.delete(cluster, field, &event).await?;
        self.prune(cluster, field, u64::MAX).await;
        self.registry.changed.notify_one();
        Ok(())
    }

    /// A cluster whose credentials the caller may change.
    async fn changeable(&self, caller: &Caller, cluster: ClusterId) -> Result<Cluster, Error> {
        allow(caller, Permission::Administer)?;
        let found = self.registry.visible(caller, cluster).await?;
        self.registry
            .permit(caller, cluster, ClusterVerb::Update)
            .await?;
        Ok(found)
    }

    /// What was before is worth nothing any more: that it can't be removed now is no failure.
    async fn prune(&self, cluster: ClusterId, field: CredentialField, below: u64) {
        if let Err(error) = self.vault.prune(cluster, field, below).await {
            tracing::warn!(%cluster, %field, %error, "an old envelope is left for the sweep");
        }
    }

    fn event(
        &self,
        caller: &Caller,
        kind: EventKind,
        cluster: &Cluster,
        field: CredentialField,
        verb: &str,
    ) -> fleetscope_model::NewEvent {
        let mut event = self.registry.event(caller, kind, cluster, verb);
        event.summary = format!(
            "the {field} credential of cluster {} was {verb}",
            cluster.name()
        );
        event
    }
}
