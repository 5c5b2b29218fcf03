//! What is answered from the index.

use fleetscope_model::GapKind;
use serde_json::json;

use super::stage::{Stage, node, pod, replica_set, service};

fn furnish(stage: &Stage) {
    stage.server.apply(node("w1"), "02:00");
    for namespace in ["shop", "other"] {
        stage.server.apply(replica_set(namespace), "11:00");
        stage.server.apply(pod(namespace, "web-1-a", "w1"), "11:00");
    }
    stage
        .server
        .apply(service("shop", "front", &json!({"app": "web"})), "11:00");
    stage
        .server
        .apply(service("shop", "empty", &json!({"app": "none"})), "11:00");
}

#[tokio::test]
async fn what_is_followed_is_answered_without_a_list_and_as_it_is_by_now() {
    let mut stage = Stage::set().await;
    furnish(&stage);
    let listed = (stage.told().await, stage.edges().await);
    stage.follow().await;
    let lists = stage.all_lists();
    assert_eq!((stage.told().await, stage.edges().await), listed);
    assert_eq!(stage.all_lists(), lists);

    stage.server.apply(pod("shop", "web-1-b", "w2"), "11:30");
    let new = "workload shop/web RunsOn node w2";
    stage
        .until(async || stage.edges().await.contains(&new.to_owned()))
        .await;
    stage.server.delete(("v1", "Pod"), "shop", "web-1-b");
    stage
        .until(async || !stage.edges().await.contains(&new.to_owned()))
        .await;
    assert_eq!(stage.all_lists(), lists, "nothing was listed for it");
}

#[tokio::test]
async fn services_select_workloads_with_and_without_the_index() {
    let mut stage = Stage::set().await;
    furnish(&stage);
    let selects = "service shop/front Selects workload shop/web";
    for _ in 0..2 {
        let edges = stage.edges().await;
        let selecting: Vec<_> = edges
            .iter()
            .filter(|edge| edge.contains("Selects"))
            .collect();
        assert_eq!(selecting, [selects]);
        stage.follow().await;
    }
}

#[tokio::test]
async fn nobody_sees_more_of_the_index_than_of_the_cluster() {
    let mut stage = Stage::set().await;
    furnish(&stage);
    stage.follow().await;
    let whole = (stage.told().await, stage.edges().await);
    assert!(
        whole.0.iter().any(|told| told.contains("other/")),
        "{whole:?}"
    );
    assert!(
        whole.1.iter().any(|edge| edge.contains("node w1")),
        "{whole:?}"
    );
    let lists = stage.all_lists();

    stage.show_only(&["shop"]);
    let (told, edges) = (stage.told().await, stage.edges().await);
    assert!(!told.is_empty() && !edges.is_empty());
    for line in told.iter().chain(&edges) {
        assert!(line.contains("shop/") && !line.contains("other/"), "{line}");
        assert!(!line.contains("node"), "{line}");
    }
    stage.show_only(&[]);
    let nothing = stage.changes().await;
    assert!(nothing.items.is_empty());
    assert_eq!(nothing.gaps[0].kind, GapKind::Forbidden);
    assert_eq!(stage.all_lists(), lists, "all of it came from the index");
}
