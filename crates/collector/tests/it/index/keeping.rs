//! Which clusters are followed, and when what is known of them is forgotten.

use std::sync::atomic::Ordering;

use super::stage::Stage;

#[tokio::test]
async fn a_cluster_is_followed_once_and_no_longer_when_it_is_gone() {
    let mut stage = Stage::followed().await;
    assert_eq!(stage.round().await, (0, 0));
    stage.registry.0.lock().unwrap().clear();
    assert_eq!(stage.round().await, (0, 1));
    let running = stage.running.clone();
    stage
        .until(async || running.load(Ordering::SeqCst) == 0)
        .await;
}

#[tokio::test]
async fn another_address_is_another_cluster_to_the_index() {
    let mut stage = Stage::followed().await;
    let mut registered = stage.registry.0.lock().unwrap().clone();
    let endpoint = registered[0].draft.endpoints.kubernetes.as_mut().unwrap();
    endpoint.url.push_str("/elsewhere");
    *stage.registry.0.lock().unwrap() = registered;
    // Even before the keeper looks, nothing of the old place is told.
    let lists = stage.all_lists();
    assert!(stage.edges().await.is_empty());
    assert!(stage.all_lists() > lists);
    assert_eq!(stage.round().await, (1, 1));
}

#[tokio::test]
async fn what_was_read_with_another_credential_is_forgotten_at_once() {
    let mut stage = Stage::followed().await;
    let id = stage.registry.0.lock().unwrap()[0].id;
    stage.keeper.changed(Some(crate::fleet::id(99)));
    let lists = stage.server.lists("pods");
    stage.edges().await;
    assert_eq!(
        stage.server.lists("pods"),
        lists,
        "that was another cluster"
    );

    stage.keeper.changed(Some(id));
    let running = stage.running.clone();
    stage
        .until(async || running.load(Ordering::SeqCst) == 0)
        .await;
    let lists = stage.server.lists("pods");
    stage.edges().await;
    assert_eq!(stage.server.lists("pods"), lists + 1);
    assert_eq!(stage.round().await, (1, 0));
    stage.settle().await;
}
