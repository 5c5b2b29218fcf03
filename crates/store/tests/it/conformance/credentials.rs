//! Credentials: which state is the current one, and where envelopes lie.

use fleetscope_model::{
    Cluster, ClusterId, Credential, CredentialField, CredentialKind, CredentialSlot,
    CredentialUsage, EventKind, Role,
};
use fleetscope_ports::Store;

use crate::conformance::{code, log};
use crate::samples::Samples;

const FIELD: CredentialField = CredentialField::Prometheus;

async fn cluster(store: &Store, samples: &Samples, name: &str) -> Cluster {
    let cluster = samples.cluster(name);
    let event = samples.event(EventKind::ClusterCreated, &cluster.id);
    store.clusters.insert(&cluster, &event).await.unwrap();
    cluster
}

fn credential(of: &Cluster, generation: u64, key_id: &str) -> Credential {
    Credential {
        cluster: of.id,
        field: FIELD,
        kind: CredentialKind::Token,
        generation,
        key_id: key_id.to_owned(),
        given_for: vec!["https://prometheus.example.com".to_owned()],
        created_at: of.created_at,
        rotated_at: of.created_at,
        last_used: None,
    }
}

async fn activate(store: &Store, samples: &Samples, credential: &Credential) {
    let event = samples.event(EventKind::CredentialChanged, &credential.cluster);
    let activated = store.credentials.activate(credential, &event).await;
    activated.unwrap();
}

pub(crate) async fn a_generation_is_given_once_and_never_again(store: Store) {
    let samples = Samples::new(1);
    let shop = cluster(&store, &samples, "shop").await;
    let reserve = || store.credentials.reserve(shop.id, FIELD);
    assert_eq!(reserve().await.unwrap(), 1);
    assert_eq!(reserve().await.unwrap(), 2);
    activate(&store, &samples, &credential(&shop, 2, "a")).await;
    let event = samples.event(EventKind::CredentialDeleted, &shop.id);
    let deleted = store.credentials.delete(shop.id, FIELD, &event).await;
    deleted.unwrap();
    assert_eq!(store.credentials.get(shop.id, FIELD).await.unwrap(), None);
    assert_eq!(reserve().await.unwrap(), 3);
    let nobody = ClusterId::new(uuid::Uuid::from_u128(9));
    assert_eq!(
        code(store.credentials.reserve(nobody, FIELD).await),
        "not_found"
    );
}

pub(crate) async fn an_earlier_or_unreserved_state_never_becomes_the_current_one(store: Store) {
    let samples = Samples::new(2);
    let shop = cluster(&store, &samples, "shop").await;
    for _ in 0..2 {
        store.credentials.reserve(shop.id, FIELD).await.unwrap();
    }
    activate(&store, &samples, &credential(&shop, 2, "a")).await;
    let told = log(&store).await.len();
    for generation in [1, 2, 3] {
        let event = samples.event(EventKind::CredentialChanged, &shop.id);
        let late = credential(&shop, generation, "a");
        let refused = store.credentials.activate(&late, &event).await;
        assert_eq!(code(refused), "credential_changed");
    }
    let current = store.credentials.get(shop.id, FIELD).await.unwrap();
    assert_eq!(current.unwrap().generation, 2);
    assert_eq!(log(&store).await.len(), told);
}

pub(crate) async fn use_and_key_are_told_of_the_current_state_only(store: Store) {
    let samples = Samples::new(3);
    let shop = cluster(&store, &samples, "shop").await;
    for _ in 0..2 {
        store.credentials.reserve(shop.id, FIELD).await.unwrap();
    }
    let second = credential(&shop, 2, "a");
    activate(&store, &samples, &second).await;
    let usage = CredentialUsage {
        at: shop.created_at,
        by: Role::Collector,
    };
    let first = CredentialSlot {
        generation: 1,
        ..second.slot()
    };
    store.credentials.used(first, usage).await.unwrap();
    store.credentials.rewrapped(first, "b").await.unwrap();
    let listed = store.credentials.of(shop.id).await.unwrap();
    assert_eq!(listed, std::slice::from_ref(&second));
    store.credentials.used(second.slot(), usage).await.unwrap();
    store
        .credentials
        .rewrapped(second.slot(), "b")
        .await
        .unwrap();
    let changed = Credential {
        key_id: "b".to_owned(),
        last_used: Some(usage),
        ..second
    };
    assert_eq!(store.credentials.of(shop.id).await.unwrap(), [changed]);
    let uses = store.credentials.by_key().await.unwrap();
    assert_eq!((uses[0].key_id.as_str(), uses[0].credentials), ("b", 1));
}

pub(crate) async fn what_is_under_other_keys_is_given_in_parts(store: Store) {
    let samples = Samples::new(4);
    for (number, key) in ["a", "b", "a", "c", "a"].iter().enumerate() {
        let made = cluster(&store, &samples, &format!("c{number}")).await;
        store.credentials.reserve(made.id, FIELD).await.unwrap();
        activate(&store, &samples, &credential(&made, 1, key)).await;
    }
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let part = store.credentials.under_others("b", after, 3).await.unwrap();
        let Some(last) = part.last() else { break };
        after = Some((last.cluster, last.field));
        found.extend(part.into_iter().map(|credential| credential.key_id));
    }
    found.sort();
    assert_eq!(found, ["a", "a", "a", "c"]);
}

pub(crate) async fn credentials_go_with_their_cluster(store: Store) {
    let samples = Samples::new(5);
    let shop = cluster(&store, &samples, "shop").await;
    store.credentials.reserve(shop.id, FIELD).await.unwrap();
    let first = credential(&shop, 1, "a");
    store.vault.put(first.slot(), b"sealed").await.unwrap();
    activate(&store, &samples, &first).await;
    let event = samples.event(EventKind::ClusterDeleted, &shop.id);
    let deleted = store.clusters.delete(shop.id, None, &event).await;
    deleted.unwrap();
    assert_eq!(store.credentials.get(shop.id, FIELD).await.unwrap(), None);
    assert_eq!(store.vault.get(first.slot()).await.unwrap(), None);
}

pub(crate) async fn an_installation_keeps_its_first_id(store: Store) {
    let (one, other) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
    assert_eq!(store.credentials.installation(one).await.unwrap(), one);
    assert_eq!(store.credentials.installation(other).await.unwrap(), one);
}
