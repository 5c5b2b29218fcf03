//! What every place for envelopes has to do: rows of the database, and Secrets of a hub.

use std::sync::Arc;

use fleetscope_kubernetes::Kubernetes;
use fleetscope_model::{Cluster, CredentialField, CredentialSlot, Endpoint, Fault as _, Source};
use fleetscope_outbound::{Outbound, OutboundOptions};
use fleetscope_ports::{Credentials as _, Store, Vault};
use fleetscope_registry::History;
use fleetscope_registry::credentials::Secrets;
use fleetscope_sim::hub::Served;
use fleetscope_sim::kubernetes::{KubeStore, ServerVersion, router};

use uuid::Uuid;

use crate::fixture::{FIELD, Fixture, REACH, admin, cluster_id, token};

/// A vault, two clusters it may hold envelopes of, and what must stay alive meanwhile.
struct Place {
    vault: Arc<dyn Vault>,
    clusters: [Cluster; 2],
    hub: Option<(KubeStore, Served)>,
    fixture: Fixture,
}

const NAMESPACE: &str = "fleetscope";
const OURS: Uuid = Uuid::from_u128(0x0a);
const THEIRS: Uuid = Uuid::from_u128(0x0b);

async fn database() -> Place {
    let fixture = Fixture::new(&["a"]).await;
    let clusters = [fixture.cluster("shop").await, fixture.cluster("edge").await];
    Place {
        vault: fixture.store.vault.clone(),
        clusters,
        hub: None,
        fixture,
    }
}

fn hub_at(served: &Served) -> Kubernetes {
    let outbound = Outbound::new(OutboundOptions::default()).unwrap();
    let endpoint = Endpoint::at(served.base.to_string());
    let hub = outbound.upstream(cluster_id(0), Source::Kubernetes, &endpoint);
    Kubernetes::new(hub.unwrap())
}

async fn secrets() -> Place {
    let start = "2026-03-01T10:00:00Z".parse().unwrap();
    let kept = KubeStore::new(Arc::new(move || start), 7);
    let served = Served::start(router(kept.clone(), ServerVersion::new("v1.36.2")), 0);
    let served = served.await.unwrap();
    let vault = Arc::new(Secrets::new(hub_at(&served), NAMESPACE, OURS));
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = fleetscope_store::open(folder.path()).await.unwrap();
    let fixture = Fixture::over(store, vault.clone(), &["a"], folder);
    let clusters = [fixture.cluster("shop").await, fixture.cluster("edge").await];
    Place {
        vault,
        clusters,
        hub: Some((kept, served)),
        fixture,
    }
}

impl Place {
    fn slot(&self, cluster: usize, generation: u64) -> CredentialSlot {
        CredentialSlot {
            cluster: self.clusters[cluster].id,
            field: FIELD,
            generation,
        }
    }
}

macro_rules! conformance {
    ($($case:ident),+) => {
        mod rows {
            $(#[tokio::test]
            async fn $case() {
                super::$case(super::database().await).await;
            })+
        }
        mod objects {
            $(#[tokio::test]
            async fn $case() {
                super::$case(super::secrets().await).await;
            })+
        }
    };
}

conformance!(
    what_is_laid_down_is_found_under_its_own_state_only,
    a_replacement_is_made_only_over_what_was_seen,
    of_many_replacements_at_once_exactly_one_is_made,
    old_generations_of_one_field_are_removed_and_nothing_else,
    a_cluster_goes_whole,
    clusters_are_listed_in_order_and_in_parts
);

async fn what_is_laid_down_is_found_under_its_own_state_only(place: Place) {
    let vault = &place.vault;
    assert_eq!(vault.get(place.slot(0, 1)).await.unwrap(), None);
    vault.put(place.slot(0, 1), &[0, 1, 255]).await.unwrap();
    vault.put(place.slot(0, 2), b"two").await.unwrap();
    vault.put(place.slot(1, 1), b"other").await.unwrap();
    let get = |slot| async move { vault.get(slot).await.unwrap() };
    assert_eq!(get(place.slot(0, 1)).await.unwrap(), [0, 1, 255]);
    assert_eq!(get(place.slot(0, 2)).await.unwrap(), b"two");
    assert_eq!(get(place.slot(1, 1)).await.unwrap(), b"other");
    assert_eq!(get(place.slot(0, 3)).await, None);
    let elsewhere = CredentialSlot {
        field: CredentialField::Shared,
        ..place.slot(0, 1)
    };
    assert_eq!(get(elsewhere).await, None);
}

async fn a_replacement_is_made_only_over_what_was_seen(place: Place) {
    let (vault, slot) = (&place.vault, place.slot(0, 1));
    assert!(!vault.replace(slot, b"one", b"two").await.unwrap());
    assert_eq!(vault.get(slot).await.unwrap(), None);
    vault.put(slot, b"one").await.unwrap();
    assert!(!vault.replace(slot, b"another", b"two").await.unwrap());
    assert!(vault.replace(slot, b"one", b"two").await.unwrap());
    assert_eq!(vault.get(slot).await.unwrap().unwrap(), b"two");
}

async fn of_many_replacements_at_once_exactly_one_is_made(place: Place) {
    let (vault, slot) = (&place.vault, place.slot(0, 1));
    vault.put(slot, b"one").await.unwrap();
    let news: Vec<[u8; 1]> = (0..4).map(|number| [number]).collect();
    let all = news.iter().map(|new| vault.replace(slot, b"one", new));
    let made = futures::future::join_all(all).await;
    let made: Vec<bool> = made.into_iter().map(Result::unwrap).collect();
    assert_eq!(made.iter().filter(|made| **made).count(), 1);
    let left = vault.get(slot).await.unwrap().unwrap();
    assert!(made[usize::from(left[0])]);
}

async fn old_generations_of_one_field_are_removed_and_nothing_else(place: Place) {
    let vault = &place.vault;
    for generation in [1, 2, 10] {
        vault.put(place.slot(0, generation), b"x").await.unwrap();
    }
    let shared = CredentialSlot {
        field: CredentialField::Shared,
        ..place.slot(0, 1)
    };
    vault.put(shared, b"x").await.unwrap();
    vault.put(place.slot(1, 1), b"x").await.unwrap();
    vault.prune(place.clusters[0].id, FIELD, 10).await.unwrap();
    for (slot, there) in [
        (place.slot(0, 1), false),
        (place.slot(0, 2), false),
        (place.slot(0, 10), true),
        (shared, true),
        (place.slot(1, 1), true),
    ] {
        assert_eq!(vault.get(slot).await.unwrap().is_some(), there, "{slot:?}");
    }
    vault.prune(cluster_id(9), FIELD, 10).await.unwrap();
}

async fn a_cluster_goes_whole(place: Place) {
    let vault = &place.vault;
    vault.put(place.slot(0, 1), b"x").await.unwrap();
    vault.put(place.slot(1, 1), b"x").await.unwrap();
    for _ in 0..2 {
        vault.remove(place.clusters[0].id).await.unwrap();
        assert_eq!(vault.get(place.slot(0, 1)).await.unwrap(), None);
    }
    assert!(vault.get(place.slot(1, 1)).await.unwrap().is_some());
}

async fn clusters_are_listed_in_order_and_in_parts(place: Place) {
    let vault = &place.vault;
    for (cluster, generation) in [(1, 1), (0, 1), (0, 2)] {
        vault
            .put(place.slot(cluster, generation), b"x")
            .await
            .unwrap();
    }
    let mut ids = place.clusters.clone().map(|cluster| cluster.id);
    ids.sort_unstable();
    assert_eq!(vault.clusters(None, 10).await.unwrap(), ids);
    assert_eq!(vault.clusters(None, 1).await.unwrap(), ids[..1]);
    assert_eq!(vault.clusters(Some(ids[0]), 10).await.unwrap(), ids[1..]);
    assert!(vault.clusters(Some(ids[1]), 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_credential_lies_on_the_hub_as_ciphertext_under_its_clusters_name() {
    let place = secrets().await;
    let (shop, edge) = (place.clusters[0].id, place.clusters[1].id);
    let credentials = &place.fixture.credentials;
    for (id, text) in [
        (shop, "canary-one"),
        (shop, "canary-two"),
        (edge, "canary-x"),
    ] {
        let put = credentials.put(admin(), id, FIELD, token(text)).await;
        put.unwrap();
    }
    let (kept, _served) = place.hub.as_ref().unwrap();
    let name = format!("aiops-cluster-{shop}");
    let secret = kept.get("v1", "Secret", Some(NAMESPACE), &name).unwrap();
    assert_eq!(
        secret["metadata"]["labels"]["app.kubernetes.io/managed-by"],
        "fleetscope"
    );
    assert!(secret["metadata"].get("annotations").is_none());
    let keys: Vec<_> = secret["data"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["prometheus.2"]);
    let shown = secret.to_string();
    assert!(!shown.contains("canary") && !shown.contains("Y2FuYXJ5"));
    // Moved to another cluster's name, it is refused.
    let opener = &place.fixture.opener;
    let role = fleetscope_model::Role::Collector;
    let open = |id| opener.shown(id, Source::Prometheus, REACH, role);
    assert!(open(edge).await.unwrap().is_some());
    let moved = place.vault.get(place.slot(0, 2)).await.unwrap().unwrap();
    place.vault.put(place.slot(1, 1), &moved).await.unwrap();
    let refused = open(edge).await.err().unwrap();
    assert_eq!(refused.code(), "credential_not_opened");
    assert!(refused.message().contains("belongs to another cluster"));
    // It goes with its cluster.
    place
        .fixture
        .registry
        .delete(admin(), shop, None, History::Keep)
        .await
        .unwrap();
    assert!(kept.get("v1", "Secret", Some(NAMESPACE), &name).is_none());
}

#[tokio::test]
async fn a_hub_that_is_gone_is_said_to_be_and_no_state_changes() {
    let mut place = secrets().await;
    let shop = place.clusters[0].id;
    let store: Store = place.fixture.store.clone();
    let put = |text| {
        place
            .fixture
            .credentials
            .put(admin(), shop, FIELD, token(text))
    };
    let first = put("one").await.unwrap();
    drop(place.hub.take());
    // Kept-alive connections may serve one more exchange; the state is right either way.
    let failed = put("two").await;
    if let Err(error) = failed {
        assert_eq!(error.code(), "hub_secrets_unavailable");
        let now = store.credentials.get(shop, FIELD).await.unwrap().unwrap();
        assert_eq!(now.generation, first.generation);
    }
}

#[tokio::test]
async fn installations_in_one_namespace_leave_each_others_secrets_alone() {
    let ours = secrets().await;
    let (kept, served) = ours.hub.as_ref().unwrap();
    let hub = hub_at(served);
    let theirs = Arc::new(Secrets::new(hub, NAMESPACE, THEIRS));
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = fleetscope_store::open(folder.path()).await.unwrap();
    let other = Fixture::over(store, theirs.clone(), &["a"], folder);
    // Both draw the same ids: the first two are taken here, so that the third is its own.
    for name in ["one", "two"] {
        other.cluster(name).await;
    }
    let (shop, field) = (ours.clusters[0].id, other.cluster("field").await.id);
    for (credentials, id) in [
        (&ours.fixture.credentials, shop),
        (&other.credentials, field),
    ] {
        let put = credentials.put(admin(), id, FIELD, token("canary"));
        put.await.unwrap();
    }
    // Each knows nothing of the other's clusters, which look as if they were removed.
    assert_eq!(ours.fixture.credentials.sweep().await.unwrap(), 0);
    assert_eq!(other.credentials.sweep().await.unwrap(), 0);
    let there = |id| {
        let name = format!("aiops-cluster-{id}");
        kept.get("v1", "Secret", Some(NAMESPACE), &name)
    };
    let labels = |id| there(id).unwrap()["metadata"]["labels"].clone();
    assert_eq!(labels(shop)["fleetscope.io/installation"], OURS.to_string());
    assert_eq!(
        labels(field)["fleetscope.io/installation"],
        THEIRS.to_string()
    );
    // What it left itself goes.
    let gone = CredentialSlot {
        cluster: cluster_id(9),
        field: FIELD,
        generation: 1,
    };
    theirs.put(gone, b"sealed").await.unwrap();
    assert_eq!(ours.fixture.credentials.sweep().await.unwrap(), 0);
    assert_eq!(other.credentials.sweep().await.unwrap(), 1);
    assert!(there(gone.cluster).is_none() && there(shop).is_some() && there(field).is_some());
}
