//! Credentials and their envelopes in memory. From a chosen call on the process is dead: that call
//! is done or not, and everything after it fails.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use async_trait::async_trait;
use fleetscope_model::{
    ClusterId, Credential, CredentialField, CredentialSlot, CredentialUsage, ErrorKind,
    KeyRotation, KeyUse, NewEvent,
};
use fleetscope_ports::{CredentialStore, Error, Result, Vault};

/// When the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Death {
    /// In which call, from 0.
    pub(crate) call: usize,
    /// Whether that call was carried out before.
    pub(crate) done: bool,
}

/// What survives a process.
#[derive(Clone, Default)]
pub(crate) struct Kept {
    pub(crate) credentials: BTreeMap<(ClusterId, CredentialField), Credential>,
    pub(crate) reserved: BTreeMap<(ClusterId, CredentialField), u64>,
    pub(crate) envelopes: BTreeMap<CredentialSlot, Vec<u8>>,
    pub(crate) rotation: Option<KeyRotation>,
}

#[derive(Default)]
struct State {
    kept: Kept,
    calls: usize,
    death: Option<Death>,
}

#[derive(Default)]
pub(crate) struct Shelf(Mutex<State>);

impl Shelf {
    pub(crate) fn of(kept: Kept) -> Self {
        let shelf = Self::default();
        shelf.0.lock().unwrap().kept = kept;
        shelf
    }

    pub(crate) fn dying(kept: Kept, death: Death) -> Self {
        let shelf = Self::of(kept);
        shelf.0.lock().unwrap().death = Some(death);
        shelf
    }

    pub(crate) fn kept(&self) -> Kept {
        self.0.lock().unwrap().kept.clone()
    }

    pub(crate) fn calls(&self) -> usize {
        self.0.lock().unwrap().calls
    }

    fn call<T>(&self, act: impl FnOnce(&mut Kept) -> Result<T>) -> Result<T> {
        let mut state = self.0.lock().unwrap();
        let call = state.calls;
        state.calls += 1;
        let dead = || {
            Err(Error::new(
                ErrorKind::Unavailable,
                "dead",
                "the process is dead",
            ))
        };
        match state.death {
            Some(death) if call == death.call && death.done => {
                act(&mut state.kept).and_then(|_| dead())
            }
            Some(death) if call >= death.call => dead(),
            _ => act(&mut state.kept),
        }
    }
}

#[async_trait]
impl CredentialStore for Shelf {
    async fn reserve(&self, cluster: ClusterId, field: CredentialField) -> Result<u64> {
        self.call(|kept| {
            let reserved = kept.reserved.entry((cluster, field)).or_default();
            *reserved += 1;
            Ok(*reserved)
        })
    }

    async fn activate(&self, credential: &Credential, _: &NewEvent) -> Result<()> {
        self.call(|kept| {
            let at = (credential.cluster, credential.field);
            kept.credentials.insert(at, credential.clone());
            Ok(())
        })
    }

    async fn get(&self, cluster: ClusterId, field: CredentialField) -> Result<Option<Credential>> {
        self.call(|kept| Ok(kept.credentials.get(&(cluster, field)).cloned()))
    }

    async fn of(&self, cluster: ClusterId) -> Result<Vec<Credential>> {
        self.call(|kept| {
            let all = kept.credentials.values();
            Ok(all.filter(|one| one.cluster == cluster).cloned().collect())
        })
    }

    async fn states(&self) -> Result<HashMap<ClusterId, String>> {
        self.call(|kept| {
            let mut states = HashMap::new();
            for one in kept.credentials.values() {
                let state = format!("{}:{} ", one.field.as_str(), one.generation);
                *states.entry(one.cluster).or_insert_with(String::new) += &state;
            }
            Ok(states)
        })
    }

    async fn delete(&self, cluster: ClusterId, field: CredentialField, _: &NewEvent) -> Result<()> {
        self.call(|kept| {
            kept.credentials.remove(&(cluster, field));
            Ok(())
        })
    }

    async fn used(&self, _: CredentialSlot, _: CredentialUsage) -> Result<()> {
        self.call(|_| Ok(()))
    }

    async fn rewrapped(&self, slot: CredentialSlot, key_id: &str) -> Result<()> {
        self.call(|kept| {
            let found = kept.credentials.get_mut(&(slot.cluster, slot.field));
            if let Some(found) = found.filter(|found| found.generation == slot.generation) {
                key_id.clone_into(&mut found.key_id);
            }
            Ok(())
        })
    }

    async fn under_others(
        &self,
        key_id: &str,
        after: Option<(ClusterId, CredentialField)>,
        limit: u32,
    ) -> Result<Vec<Credential>> {
        self.call(|kept| {
            let others = kept
                .credentials
                .iter()
                .filter(|(at, one)| one.key_id != key_id && after.is_none_or(|after| **at > after));
            let others = others.map(|(_, one)| one.clone());
            Ok(others.take(limit as usize).collect())
        })
    }

    async fn by_key(&self) -> Result<Vec<KeyUse>> {
        self.call(|kept| {
            let mut uses = BTreeMap::<String, u64>::new();
            for one in kept.credentials.values() {
                *uses.entry(one.key_id.clone()).or_default() += 1;
            }
            let uses = uses.into_iter().map(|(key_id, credentials)| KeyUse {
                key_id,
                credentials,
            });
            Ok(uses.collect())
        })
    }

    async fn rotation(&self) -> Result<Option<KeyRotation>> {
        self.call(|kept| Ok(kept.rotation.clone()))
    }

    async fn put_rotation(&self, rotation: &KeyRotation, _: &[NewEvent]) -> Result<()> {
        self.call(|kept| {
            kept.rotation = Some(rotation.clone());
            Ok(())
        })
    }

    async fn installation(&self, fresh: uuid::Uuid) -> Result<uuid::Uuid> {
        Ok(fresh)
    }
}

#[async_trait]
impl Vault for Shelf {
    async fn put(&self, slot: CredentialSlot, envelope: &[u8]) -> Result<()> {
        self.call(|kept| {
            kept.envelopes.insert(slot, envelope.to_vec());
            Ok(())
        })
    }

    async fn get(&self, slot: CredentialSlot) -> Result<Option<Vec<u8>>> {
        self.call(|kept| Ok(kept.envelopes.get(&slot).cloned()))
    }

    async fn replace(&self, slot: CredentialSlot, old: &[u8], new: &[u8]) -> Result<bool> {
        self.call(|kept| {
            let found = kept.envelopes.get_mut(&slot);
            let found = found.filter(|found| found.as_slice() == old);
            Ok(found.map(|found| *found = new.to_vec()).is_some())
        })
    }

    async fn prune(&self, cluster: ClusterId, field: CredentialField, below: u64) -> Result<()> {
        self.call(|kept| {
            kept.envelopes.retain(|slot, _| {
                slot.cluster != cluster || slot.field != field || slot.generation >= below
            });
            Ok(())
        })
    }

    async fn remove(&self, cluster: ClusterId) -> Result<()> {
        self.call(|kept| {
            kept.envelopes.retain(|slot, _| slot.cluster != cluster);
            Ok(())
        })
    }

    async fn clusters(&self, after: Option<ClusterId>, limit: u32) -> Result<Vec<ClusterId>> {
        self.call(|kept| {
            let mut all: Vec<_> = kept.envelopes.keys().map(|slot| slot.cluster).collect();
            all.retain(|cluster| after.is_none_or(|after| *cluster > after));
            all.dedup();
            all.truncate(limit as usize);
            Ok(all)
        })
    }
}
