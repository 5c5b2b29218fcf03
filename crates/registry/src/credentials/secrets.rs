//! Envelopes in Secrets of the hub: one Secret a cluster, in it one key for each field and
//! generation. Whoever may read the Secret reads ciphertext.
//!
//! Each change is one write over the version that was read, so that two processes never undo each
//! other's. The Secret is written whole and never applied: no annotation keeps what it was before.

use std::collections::BTreeMap;

use async_trait::async_trait;
use fleetscope_kubernetes::{Kubernetes, Secret, Written};
use fleetscope_model::{ClusterId, CredentialField, CredentialSlot, ErrorKind, GapKind};
use fleetscope_outbound::Failure;
use fleetscope_ports::{Error, Plain, Result, Vault};
use uuid::Uuid;

/// How often a write is begun anew because somebody else wrote in between.
const TRIES: usize = 8;

const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "fleetscope");
const CLUSTER: &str = "fleetscope.io/cluster";
/// Whose it is: several installations may share a namespace.
const INSTALLATION: &str = "fleetscope.io/installation";

/// A vault in Secrets of a namespace. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Secrets {
    hub: Kubernetes,
    namespace: String,
    installation: String,
}

impl Secrets {
    /// A vault in this namespace of the hub, in which Secrets of other installations are left alone.
    pub fn new(hub: Kubernetes, namespace: &str, installation: Uuid) -> Self {
        Self {
            hub,
            namespace: namespace.to_owned(),
            installation: installation.to_string(),
        }
    }

    async fn read(&self, cluster: ClusterId) -> Result<Option<Secret>> {
        let name = name(cluster);
        let secret = self.hub.secret(&self.namespace, &name).await;
        secret.map_err(|failure| failed(&self.namespace, &name, &failure))
    }

    /// Changes a cluster's Secret, which is made where there is none and `make` is set. `change`
    /// says whether there is anything to write, and is asked anew for each version.
    async fn change(
        &self,
        cluster: ClusterId,
        make: bool,
        change: impl Fn(&mut Secret) -> bool + Send + Sync,
    ) -> Result<bool> {
        let name = name(cluster);
        for _ in 0..TRIES {
            let (mut secret, there) = match self.read(cluster).await? {
                Some(secret) => (secret, true),
                None if make => (fresh(cluster, &self.installation), false),
                None => return Ok(false),
            };
            if !change(&mut secret) {
                return Ok(false);
            }
            let written = if there {
                self.hub.replace_secret(&self.namespace, &secret).await
            } else {
                self.hub.create_secret(&self.namespace, &secret).await
            };
            match written.map_err(|failure| failed(&self.namespace, &name, &failure))? {
                Written::Done => return Ok(true),
                Written::Overtaken => {}
            }
        }
        let message = format!(
            "the Secret {name} on the hub changes all the time: try again, and see who writes it"
        );
        Err(Error::new(
            ErrorKind::Unavailable,
            "hub_secret_contended",
            message,
        ))
    }
}

/// The text under a key of a Secret that somebody else made; none where there is none.
///
/// # Errors
/// `Unavailable` where the hub can't be asked, or says no.
pub async fn secret_text(
    hub: &Kubernetes,
    namespace: &str,
    name: &str,
    key: &str,
) -> Result<Option<Plain>> {
    let secret = hub.secret(namespace, name).await;
    let secret = secret.map_err(|failure| failed(namespace, name, &failure))?;
    let bytes = secret.and_then(|secret| secret.get(key));
    Ok(bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .map(Plain::new))
}

fn failed(namespace: &str, name: &str, failure: &Failure) -> Error {
    let detail = &failure.detail;
    if failure.kind == GapKind::Forbidden {
        let message = format!(
            "the hub does not let Fleetscope use the Secret {namespace}/{name}: give its \
             ServiceAccount get, list, create, update and delete on secrets in {namespace}"
        );
        return Error::new(ErrorKind::Unavailable, "hub_secrets_forbidden", message);
    }
    let message = format!("the Secret {namespace}/{name} on the hub can't be used: {detail}");
    Error::new(ErrorKind::Unavailable, "hub_secrets_unavailable", message)
}

#[async_trait]
impl Vault for Secrets {
    async fn put(&self, slot: CredentialSlot, envelope: &[u8]) -> Result<()> {
        let put = |secret: &mut Secret| {
            // Written by a version that had no such label.
            secret.label_if_none(INSTALLATION, &self.installation);
            secret.set(&key(slot), envelope);
            true
        };
        self.change(slot.cluster, true, put).await.map(drop)
    }

    async fn get(&self, slot: CredentialSlot) -> Result<Option<Vec<u8>>> {
        let secret = self.read(slot.cluster).await?;
        Ok(secret.and_then(|secret| secret.get(&key(slot))))
    }

    async fn replace(&self, slot: CredentialSlot, old: &[u8], new: &[u8]) -> Result<bool> {
        let replace = |secret: &mut Secret| {
            let same = secret.get(&key(slot)).as_deref() == Some(old);
            if same {
                secret.set(&key(slot), new);
            }
            same
        };
        self.change(slot.cluster, false, replace).await
    }

    async fn prune(&self, cluster: ClusterId, field: CredentialField, below: u64) -> Result<()> {
        let prune = |secret: &mut Secret| {
            let old: Vec<String> = secret
                .keys()
                .filter(|key| generation(key, field).is_some_and(|own| own < below))
                .map(str::to_owned)
                .collect();
            for key in &old {
                secret.remove(key);
            }
            !old.is_empty()
        };
        self.change(cluster, false, prune).await.map(drop)
    }

    async fn remove(&self, cluster: ClusterId) -> Result<()> {
        let name = name(cluster);
        let deleted = self.hub.delete_secret(&self.namespace, &name).await;
        deleted.map_err(|failure| failed(&self.namespace, &name, &failure))
    }

    async fn clusters(&self, after: Option<ClusterId>, limit: u32) -> Result<Vec<ClusterId>> {
        let of = |secret: &Secret| secret.label(CLUSTER)?.parse::<ClusterId>().ok();
        let ours = (INSTALLATION, self.installation.as_str());
        let found = self.hub.secrets(&self.namespace, ours, of).await;
        let mut found =
            found.map_err(|failure| failed(&self.namespace, "aiops-cluster-*", &failure))?;
        found.retain(|cluster| after.is_none_or(|after| *cluster > after));
        found.sort_unstable();
        found.truncate(limit as usize);
        Ok(found)
    }
}

fn name(cluster: ClusterId) -> String {
    format!("aiops-cluster-{cluster}")
}

fn fresh(cluster: ClusterId, installation: &str) -> Secret {
    let labels = BTreeMap::from([
        (MANAGED_BY.0, MANAGED_BY.1.to_owned()),
        (INSTALLATION, installation.to_owned()),
        (CLUSTER, cluster.to_string()),
    ]);
    Secret::new(&name(cluster), &labels)
}

fn key(slot: CredentialSlot) -> String {
    format!("{}.{}", slot.field, slot.generation)
}

/// The generation that a key of a field is for.
fn generation(key: &str, field: CredentialField) -> Option<u64> {
    let (own, generation) = key.split_once('.')?;
    (own == field.as_str()).then(|| generation.parse().ok())?
}
