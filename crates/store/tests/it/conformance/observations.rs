//! What was observed of clusters.

use fleetscope_model::{
    Capability, CapabilityKind, Check, CheckCode, Cluster, ClusterHealth, Discovery, EventKind,
    Presence, Source, Validation,
};
use fleetscope_ports::Store;

use crate::conformance::{code, log};
use crate::samples::Samples;

async fn insert(store: &Store, samples: &Samples, name: &str) -> Cluster {
    let cluster = samples.cluster(name);
    let event = samples.event(EventKind::ClusterCreated, &cluster.id);
    store.clusters.insert(&cluster, &event).await.unwrap();
    cluster
}

fn validation(samples: &Samples, code: CheckCode) -> Validation {
    Validation {
        at: samples.now(),
        generation: 1,
        credentials: String::new(),
        checks: vec![Check {
            source: Source::Loki,
            place: "loki:3100".to_owned(),
            code,
            detail: "said".to_owned(),
            latency_ms: Some(7),
            certified_until: Some(samples.now()),
            version: None,
            rights: None,
        }],
    }
}

fn discovery(samples: &Samples, presence: Presence) -> Discovery {
    let at = samples.now();
    let of = |kind, presence| Capability {
        kind,
        presence,
        summary: String::new(),
        facts: std::collections::BTreeMap::new(),
        evidence: Vec::new(),
        needs: Vec::new(),
        problem: None,
        at,
    };
    Discovery {
        at,
        generation: 1,
        capabilities: vec![
            of(CapabilityKind::Gpu, presence),
            of(CapabilityKind::Ptp, Presence::Unknown),
        ],
        proposed: Vec::new(),
    }
}

pub(crate) async fn the_latest_word_replaces_the_one_before_and_is_told_of(store: Store) {
    let samples = Samples::new(1);
    let cluster = insert(&store, &samples, "shop").await;
    let observations = &store.observations;
    assert_eq!(observations.validation(cluster.id).await.unwrap(), None);
    assert_eq!(observations.discovery(cluster.id).await.unwrap(), None);
    let event = samples.event(EventKind::ClusterHealth, &cluster.id);
    for check in [CheckCode::Timeout, CheckCode::Ok] {
        let word = validation(&samples, check);
        let events = std::slice::from_ref(&event);
        observations
            .put_validation(cluster.id, &word, events)
            .await
            .unwrap();
        assert_eq!(
            observations.validation(cluster.id).await.unwrap(),
            Some(word)
        );
    }
    let word = discovery(&samples, Presence::Yes);
    observations
        .put_discovery(cluster.id, &word, &[])
        .await
        .unwrap();
    assert_eq!(
        observations.discovery(cluster.id).await.unwrap(),
        Some(word)
    );
    assert!(observations.validation(cluster.id).await.unwrap().is_some());
    assert_eq!(log(&store).await.len(), 3);
}

pub(crate) async fn lists_show_of_each_cluster_the_essence(store: Store) {
    let samples = Samples::new(2);
    let (shop, edge) = (
        insert(&store, &samples, "shop").await,
        insert(&store, &samples, "edge").await,
    );
    insert(&store, &samples, "unseen").await;
    let observations = &store.observations;
    let word = validation(&samples, CheckCode::Timeout);
    observations
        .put_validation(shop.id, &word, &[])
        .await
        .unwrap();
    let found = discovery(&samples, Presence::Yes);
    observations
        .put_discovery(edge.id, &found, &[])
        .await
        .unwrap();
    let observed = observations.observed().await.unwrap();
    assert_eq!(observed.len(), 2);
    assert_eq!(observed[&shop.id].validation, Some(word.brief()));
    assert_eq!(observed[&shop.id].health(1), ClusterHealth::Unreachable);
    assert_eq!(observed[&shop.id].health(2), ClusterHealth::Unknown);
    assert_eq!(observed[&edge.id].capabilities, [CapabilityKind::Gpu]);
    assert_eq!(observed[&edge.id].discovered, Some((found.at, 1)));
}

pub(crate) async fn they_go_with_their_cluster(store: Store) {
    let samples = Samples::new(3);
    let cluster = insert(&store, &samples, "shop").await;
    let word = validation(&samples, CheckCode::Ok);
    let observations = &store.observations;
    observations
        .put_validation(cluster.id, &word, &[])
        .await
        .unwrap();
    let event = samples.event(EventKind::ClusterDeleted, &cluster.id);
    store
        .clusters
        .delete(cluster.id, None, &event)
        .await
        .unwrap();
    assert!(observations.observed().await.unwrap().is_empty());
    let told = samples.event(EventKind::ClusterHealth, &cluster.id);
    let late = observations
        .put_validation(cluster.id, &word, &[told])
        .await;
    assert_eq!(code(late), "not_found");
    let found = discovery(&samples, Presence::No);
    let late = observations.put_discovery(cluster.id, &found, &[]).await;
    assert_eq!(code(late), "not_found");
    assert_eq!(log(&store).await.len(), 2);
}
