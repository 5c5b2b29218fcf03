//! What is answered while the index is not what it should be.

use std::time::Duration;

use fleetscope_collector::index::IndexOptions;
use fleetscope_model::{GapKind, Source};

use super::stage::{Mood, Stage, node, pod, replica_set};

#[tokio::test]
async fn a_watch_that_ended_goes_on_where_it_was() {
    let stage = Stage::followed().await;
    let lists = stage.all_lists();
    stage.server.store.end_watches();
    stage.server.apply(pod("shop", "web-1-b", "w2"), "11:30");
    let new = "workload shop/web RunsOn node w2".to_owned();
    stage
        .until(async || stage.edges().await.contains(&new))
        .await;
    assert_eq!(stage.all_lists(), lists, "no list was needed");
}

#[tokio::test]
async fn what_the_server_has_forgotten_is_listed_anew_and_what_is_gone_is_noticed() {
    let stage = Stage::followed().await;
    let lists = stage.server.lists("nodes");
    stage.server.store.end_watches();
    stage.server.delete(("v1", "Node"), "", "w1");
    stage.server.apply(node("w2"), "11:45");
    stage.server.store.compact(0);
    let expected = ["node w2: joined", "node w1: left"].map(ToOwned::to_owned);
    stage
        .until(async || {
            let told = stage.told().await;
            expected.iter().all(|one| told.contains(one))
        })
        .await;
    assert!(stage.server.lists("nodes") > lists);
}

#[tokio::test]
async fn where_watches_are_refused_everything_is_listed_as_before() {
    let stage = Stage::followed().await;
    stage.server.set(Mood::NoWatches);
    stage.server.apply(pod("shop", "web-1-b", "w2"), "11:30");
    let new = "workload shop/web RunsOn node w2".to_owned();
    stage
        .until(async || stage.edges().await.contains(&new))
        .await;
    let lists = stage.server.lists("pods");
    let topology = stage.topology().await;
    // There is no Prometheus here; nothing else is missing.
    let gaps = topology
        .gaps
        .iter()
        .map(|gap| gap.source)
        .collect::<Vec<_>>();
    assert_eq!(gaps, [Source::Prometheus]);
    assert_eq!(stage.server.lists("pods"), lists + 1);

    // Once they are allowed again, nothing need be listed. A bookmark comes once a minute, and
    // what is written at once.
    stage.server.set(Mood::Fine);
    stage
        .until(async || {
            stage.server.apply(pod("shop", "web-1-c", "w3"), "11:31");
            stage.server.delete(("v1", "Pod"), "shop", "web-1-c");
            let lists = stage.server.lists("pods");
            stage.edges().await;
            stage.server.lists("pods") == lists
        })
        .await;
}

#[tokio::test]
async fn a_cluster_that_is_away_is_told_as_it_was_with_a_gap_that_says_when() {
    let stage = Stage::followed().await;
    let edges = stage.edges().await;
    stage.server.set(Mood::Away);
    stage
        .until(async || {
            let topology = stage.topology().await;
            topology
                .gaps
                .iter()
                .any(|gap| gap.source == Source::Kubernetes)
        })
        .await;
    assert_eq!(stage.edges().await, edges);
    let topology = stage.topology().await;
    let of_kubernetes = topology
        .gaps
        .iter()
        .find(|gap| gap.source == Source::Kubernetes);
    let gap = of_kubernetes.unwrap();
    assert!(
        gap.detail.contains("as of 2026-11-22T12:0"),
        "{}",
        gap.detail
    );
    assert!(gap.detail.contains("503"), "{}", gap.detail);
}

#[tokio::test]
async fn what_was_not_heard_of_for_too_long_is_listed() {
    let stage = Stage::followed().await;
    let lists = stage.server.lists("pods");
    stage.clock.advance(Duration::from_secs(140));
    stage.edges().await;
    assert_eq!(stage.server.lists("pods"), lists, "it is still fresh");
    stage.clock.advance(Duration::from_secs(30));
    stage.edges().await;
    assert_eq!(stage.server.lists("pods"), lists + 1);
}

#[tokio::test]
async fn more_objects_than_may_be_kept_are_listed_and_a_gap_says_so() {
    let mut stage = Stage::set_with(IndexOptions {
        most_objects: 20,
        ..IndexOptions::default()
    })
    .await;
    stage.server.apply(replica_set("shop"), "11:00");
    stage.server.apply(pod("shop", "web-1-a", "w1"), "11:00");
    stage.follow().await;
    for n in 0..30 {
        let name = format!("web-1-{n}");
        stage.server.apply(pod("shop", &name, "w1"), "11:30");
    }
    stage
        .until(async || {
            let gaps = stage.topology().await.gaps;
            gaps.iter().any(|gap| gap.kind == GapKind::Truncated)
        })
        .await;
    let topology = stage.topology().await;
    let gap = topology
        .gaps
        .iter()
        .find(|gap| gap.kind == GapKind::Truncated);
    let gap = gap.unwrap();
    assert!(
        gap.detail.contains("Raise index.most_objects"),
        "{}",
        gap.detail
    );
    let owned = topology.items[0].edges.iter();
    let owned = owned
        .filter(|edge| edge.to.name.starts_with("web-1-"))
        .count();
    assert_eq!(owned, 31, "nothing is missing from the list");
    let lists = stage.server.lists("replicasets");
    stage.topology().await;
    assert_eq!(
        stage.server.lists("replicasets"),
        lists,
        "the others are followed"
    );
}
