//! Opening credentials, for whoever reads clusters and for nobody else.

use std::sync::Arc;

use async_trait::async_trait;
use fleetscope_model::{
    AuditDecision, AuditEntry, Authority, Caller, ClusterId, Credential, CredentialField,
    CredentialUsage, Fault as _, Role, Source,
};
use fleetscope_ports::{Clock, IdSource, Opened, Store, Vault};
use tracing::instrument;

use super::{bound, value};
use crate::Error;
use crate::envelope::{self, KeyRing};

/// Opens credentials and writes down that it did. Cheap to clone.
#[derive(Clone)]
pub struct Opener {
    store: Store,
    pub(super) vault: Arc<dyn Vault>,
    pub(super) ring: Arc<KeyRing>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opener").finish_non_exhaustive()
    }
}

impl Opener {
    /// Opens what the store tells of, in this vault and under these keys.
    pub fn new(
        store: Store,
        (vault, ring): (Arc<dyn Vault>, KeyRing),
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self {
            store,
            vault,
            ring: Arc::new(ring),
            clock,
            ids,
        }
    }
}

#[async_trait]
impl fleetscope_ports::Credentials for Opener {
    #[instrument(level = "debug", skip_all, name = "credentials.shown")]
    async fn shown(
        &self,
        cluster: ClusterId,
        source: Source,
        reach: &str,
        by: Role,
    ) -> fleetscope_ports::Result<Option<Arc<Opened>>> {
        let found = self.store.clusters.get(cluster).await?;
        let Some(endpoint) = found.draft.endpoints.of(source) else {
            return Ok(None);
        };
        for field in bound::fields(source, endpoint.credential) {
            let opened = self.opened(cluster, *field).await;
            if let Some((credential, opened)) = opened.map_err(Error::into_port)? {
                if !credential.given_for.iter().any(|given| given == reach) {
                    return Err(not_for(&credential, reach).into_port());
                }
                self.written_down(&credential, by).await?;
                return Ok(Some(Arc::new(opened)));
            }
        }
        Ok(None)
    }
}

fn not_for(credential: &Credential, reach: &str) -> Error {
    Error::NotGivenFor {
        field: credential.field,
        reach: reach.to_owned(),
        given_for: credential.given_for.join(", "),
    }
}

impl Opener {
    /// The current value of a field.
    pub(super) async fn opened(
        &self,
        cluster: ClusterId,
        field: CredentialField,
    ) -> Result<Option<(Credential, Opened)>, Error> {
        let store = &self.store.credentials;
        let mut current = store.get(cluster, field).await?;
        while let Some(credential) = current {
            let envelope = self.vault.get(credential.slot()).await?;
            if let Some(envelope) = envelope {
                let bytes = envelope::open(&self.ring, credential.slot(), &envelope)?;
                let opened = value::decode(&bytes).ok_or(envelope::Unopened::Refused)?;
                return Ok(Some((credential, opened)));
            }
            // Replaced between the two readings, or really gone.
            current = store.get(cluster, field).await?;
            if current.as_ref().map(Credential::slot) == Some(credential.slot()) {
                return Err(Error::EnvelopeMissing { field });
            }
        }
        Ok(None)
    }

    /// That it was opened, before it is given away: what can't be written down is not given.
    async fn written_down(
        &self,
        credential: &Credential,
        by: Role,
    ) -> fleetscope_ports::Result<()> {
        let now = self.clock.now();
        let (cluster, field) = (credential.cluster, credential.field);
        let entry = AuditEntry {
            at: now,
            caller: Some(format!("system:{by}")),
            authority: Some(Authority::System),
            role: Some(Caller::system(by.as_str()).role),
            method: "GET".to_owned(),
            path: format!("/internal/v1/clusters/{cluster}/credentials/{field}"),
            clusters: vec![cluster],
            decision: AuditDecision::Allowed,
            status: 200,
            request_id: self.ids.next(now).to_string(),
            count: 1,
        };
        self.store.audit_sink.append(&[entry]).await?;
        let usage = CredentialUsage { at: now, by };
        let used = self.store.credentials.used(credential.slot(), usage);
        if let Err(error) = used.await {
            let code = error.code();
            tracing::warn!(%cluster, %field, code, "when a credential was used is not known");
        }
        Ok(())
    }
}
