//! A registry over a real store, with keys that are made of their ids.

use std::sync::{Arc, LazyLock, OnceLock};

use fleetscope_model::{
    AccessRole, Caller, Cluster, ClusterDraft, ClusterId, CredentialField, CredentialSlot,
    Endpoint, Endpoints,
};
use fleetscope_outbound::{Outbound, OutboundOptions};
use fleetscope_ports::{Clock, ManualClock, Plain, SeededIds, Store, Unrestricted, Vault};
use fleetscope_registry::envelope::{Key, KeyRing};
use fleetscope_registry::{Credentials, NewCredential, Opener, Registry};
use tempfile::TempDir;
use uuid::Uuid;

use crate::shelf::Shelf;

pub(crate) const FIELD: CredentialField = CredentialField::Prometheus;
/// Where the Prometheus of every cluster is.
pub(crate) const REACH: &str = "https://prometheus.example.com";

pub(crate) fn admin() -> &'static Caller {
    static ADMIN: LazyLock<Caller> =
        LazyLock::new(|| Caller::local("token:ada", AccessRole::Admin));
    &ADMIN
}

pub(crate) fn cluster_id(number: u128) -> ClusterId {
    ClusterId::new(Uuid::from_u128(number))
}

pub(crate) fn slot(number: u128, generation: u64) -> CredentialSlot {
    CredentialSlot {
        cluster: cluster_id(number),
        field: FIELD,
        generation,
    }
}

/// Keys of these ids, the last one active. A key is the same each time that its id is given.
pub(crate) fn ring(ids: &[&str]) -> KeyRing {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let keys = ids.iter().map(|id| {
        let bytes = id.bytes().cycle();
        // 42 letters, one whose last bits are zero, and one that fills up: 32 bytes in base64.
        let text: String = bytes
            .take(42)
            .map(|byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()]))
            .chain("A=".chars())
            .collect();
        Key::parse(id, &text).unwrap()
    });
    KeyRing::new(ids.last().unwrap(), keys.collect()).unwrap()
}

pub(crate) fn token(text: &str) -> NewCredential {
    NewCredential::Token(Plain::new(text.to_owned()))
}

/// A registry, and what opens its clusters' credentials.
pub(crate) struct Fixture {
    pub(crate) registry: Registry,
    pub(crate) credentials: Credentials,
    pub(crate) opener: Opener,
    pub(crate) store: Store,
    pub(crate) folder: TempDir,
}

impl Fixture {
    /// Over a real store, in whose database the envelopes lie.
    pub(crate) async fn new(ids: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = fleetscope_store::open(folder.path()).await.unwrap();
        let vault = Arc::clone(&store.vault);
        Self::over(store, vault, ids, folder)
    }

    /// The same, with credentials and envelopes on a shelf.
    pub(crate) async fn on(shelf: &Arc<Shelf>, ids: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = fleetscope_store::open(folder.path()).await.unwrap();
        let store = Store {
            credentials: shelf.clone(),
            vault: shelf.clone(),
            ..store
        };
        Self::over(store, shelf.clone(), ids, folder)
    }

    /// The same store and vault with other keys: a process that was started again.
    pub(crate) fn again(&self, vault: &Arc<dyn Vault>, ids: &[&str]) -> (Credentials, Opener) {
        wired(&self.store, vault, ids)
    }

    pub(crate) fn over(store: Store, vault: Arc<dyn Vault>, ids: &[&str], folder: TempDir) -> Self {
        let (credentials, opener) = wired(&store, &vault, ids);
        Self {
            registry: registry(&store).with_vault(vault),
            credentials,
            opener,
            store,
            folder,
        }
    }

    /// A cluster with a Prometheus.
    pub(crate) async fn cluster(&self, name: &str) -> Cluster {
        let draft = ClusterDraft {
            name: name.to_owned(),
            environment: None,
            provider: None,
            labels: std::collections::BTreeMap::new(),
            endpoints: Endpoints {
                prometheus: Some(Endpoint::at(REACH)),
                ..Endpoints::default()
            },
        };
        self.registry.create(admin(), draft).await.unwrap()
    }
}

pub(crate) fn wired(store: &Store, vault: &Arc<dyn Vault>, ids: &[&str]) -> (Credentials, Opener) {
    let sealing = (Arc::clone(vault), ring(ids));
    let opener = Opener::new(store.clone(), sealing, clock(), Arc::new(SeededIds::new(2)));
    (registry(store).credentials(&opener), opener)
}

fn registry(store: &Store) -> Registry {
    // It is never called; loading the system's certificates again and again takes its time.
    static NOWHERE: OnceLock<Outbound> = OnceLock::new();
    let outbound = NOWHERE.get_or_init(|| Outbound::new(OutboundOptions::default()).unwrap());
    let access = Arc::new(Unrestricted);
    let ids = Arc::new(SeededIds::new(1));
    Registry::new(store.clone(), access, clock(), ids, outbound.clone())
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(ManualClock::new("2026-03-01T10:00:00Z".parse().unwrap()))
}
