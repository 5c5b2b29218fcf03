//! Following clusters, as an application does it.

use fleetscope_client::PlaceScope;
use fleetscope_client::wire::{CredentialField, NewCredential};
use fleetscope_testkit::{Fleet, Shape, TestApp, a_time};

async fn following(shape: Shape) -> (TestApp, Fleet) {
    let app = TestApp::start_with(shape, a_time(), |config| config.index.enabled = true).await;
    let fleet = Fleet::start(11, app.clock.clone()).await;
    (app, fleet)
}

/// What the task said last of its own accord.
async fn said(app: &TestApp) -> String {
    let tasks = app.admin.tasks().await.unwrap();
    let index = tasks.items.into_iter().find(|task| task.name == "index");
    index.unwrap().last_summary.unwrap_or_default()
}

/// Returns once the task has said this, without being asked.
async fn until_said(app: &TestApp, what: &str) {
    let mut last = String::new();
    for _ in 0..500 {
        last = said(app).await;
        if last.starts_with(what) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{last}, not {what}");
}

/// Returns once everything is followed.
async fn until_followed(app: &TestApp) {
    let mut last = String::new();
    for _ in 0..500 {
        let task = app.roles.activate("index").await.unwrap();
        last = task.last_summary.unwrap_or_default();
        if last.ends_with(", 0 resources not followed") {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn clusters_are_followed_from_their_registration_to_their_removal() {
    for shape in Shape::ALL {
        let (app, fleet) = following(shape).await;
        let clusters = fleet.register(&app.admin).await;
        until_said(&app, "3 clusters followed").await;
        until_followed(&app).await;

        let topology = app.viewer.topology(&PlaceScope::default()).await.unwrap();
        assert_eq!(topology.gaps, []);
        for kind in ["owns", "runs_on", "selects", "calls"] {
            assert!(
                topology.edges.iter().any(|edge| edge.kind == kind),
                "{kind}"
            );
        }
        let changes = app.viewer.changes(&PlaceScope::default()).await.unwrap();
        assert_eq!(changes.gaps, []);

        app.admin.delete_cluster(clusters[0].id).await.unwrap();
        until_said(&app, "2 clusters followed (0 begun, 1 ended)").await;
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_credential_begins_anew_with_it() {
    let (app, fleet) = following(Shape::One).await;
    let clusters = fleet.register(&app.admin).await;
    until_said(&app, "3 clusters followed").await;
    until_followed(&app).await;
    let shop = &clusters[0];
    fleet.simulation().demand(&shop.name, Some("Bearer right"));
    let new = NewCredential::token("right");
    let put = app
        .admin
        .put_credential(shop.id, CredentialField::Shared, &new);
    put.await.unwrap();
    until_said(&app, "3 clusters followed (1 begun, 0 ended)").await;
    until_followed(&app).await;
    app.stop().await;
}
