//! Credentials from the outside: what is written is used, and shown to nobody.

mod canaries;
mod process;

use std::time::Duration;

use fleetscope_client::MetricScope;
use fleetscope_client::wire::{
    Cluster, CredentialField, ImportOutcome, ImportRequest, NewCredential, NewCredentialKind,
    RotationState, SecretText,
};
use fleetscope_testkit::{Fleet, Shape, TestApp, a_time};

/// The kinds of the gaps that a query of all clusters has, and of how many clusters there are
/// series.
async fn asked(app: &TestApp) -> (Vec<String>, usize) {
    let answer = app.viewer.query("count(up)", &MetricScope::default()).await;
    let answer = answer.unwrap();
    let gaps = answer.gaps.iter().map(|gap| gap.kind.clone()).collect();
    (gaps, answer.series.len())
}

async fn put(app: &TestApp, cluster: &Cluster, field: CredentialField, token: &str) {
    let new = NewCredential::token(token);
    let put = app.admin.put_credential(cluster.id, field, &new).await;
    put.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_a_gap_and_a_rotated_one_works_at_once() {
    for shape in Shape::ALL {
        let app = TestApp::start(shape, a_time()).await;
        let fleet = Fleet::start(3, app.clock.clone()).await;
        let clusters = fleet.register(&app.admin).await;
        assert_eq!(asked(&app).await, (vec![], 3));
        let shop = &clusters[0];
        fleet.simulation().demand(&shop.name, Some("Bearer right"));
        assert_eq!(asked(&app).await, (vec!["unauthenticated".to_owned()], 2));
        put(&app, shop, CredentialField::Shared, "wrong").await;
        assert_eq!(asked(&app).await, (vec!["unauthenticated".to_owned()], 2));
        let (kept, used) = (app.admin.credentials(shop.id).await.unwrap(), "collector");
        assert_eq!(kept.items[0].last_used_by.as_deref(), Some(used));
        put(&app, shop, CredentialField::Shared, "right").await;
        answers(&app).await;
        // One of its own is stronger, and taking it away brings the shared one back.
        put(&app, shop, CredentialField::Prometheus, "wrong").await;
        gap(&app).await;
        let own = CredentialField::Prometheus;
        app.admin.delete_credential(shop.id, own).await.unwrap();
        answers(&app).await;
        // The other side rotates, and then we do.
        fleet
            .simulation()
            .demand(&shop.name, Some("Basic YWRhOnNlY3JldA=="));
        gap(&app).await;
        let basic = NewCredential {
            username: Some(SecretText::new("ada".to_owned())),
            password: Some(SecretText::new("secret".to_owned())),
            ..NewCredential::of(NewCredentialKind::Basic)
        };
        let shared = CredentialField::Shared;
        let put = app.admin.put_credential(shop.id, shared, &basic).await;
        assert_eq!(put.unwrap().generation, 3);
        answers(&app).await;
        app.stop().await;
    }
}

/// The event that tells of a change is on its way for some milliseconds.
async fn soon(app: &TestApp, wanted: (usize, usize)) {
    let mut last = (0, 0);
    for _ in 0..100 {
        let (gaps, series) = asked(app).await;
        last = (gaps.len(), series);
        if last == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{last:?} gaps and series, not {wanted:?}");
}

async fn answers(app: &TestApp) {
    soon(app, (0, 3)).await;
}

async fn gap(app: &TestApp) {
    soon(app, (1, 2)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_of_keys_is_asked_for_carried_out_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    for name in ["a", "b"] {
        fleetscope_runtime::new_key_file(&file(name)).unwrap();
    }
    let keys: Vec<String> = ["a", "b"]
        .iter()
        .map(|name| format!("{name} file:{}", file(name).display()))
        .collect();
    let app = TestApp::start_with(Shape::One, a_time(), |config| {
        config.credentials.keys = keys;
        config.credentials.active_key = Some("a".to_owned());
    })
    .await;
    let fleet = Fleet::start(3, app.clock.clone()).await;
    let clusters = fleet.register(&app.admin).await;
    put(&app, &clusters[0], CredentialField::Shared, "x").await;
    let stopped = app.admin.stop_rotation().await.unwrap_err();
    assert_eq!(stopped.status(), Some(404));
    let asked = app.admin.rotate_keys().await.unwrap();
    assert_eq!(
        (asked.to.as_str(), asked.state),
        ("a", RotationState::Running)
    );
    let mut told = app.admin.keys().await.unwrap();
    for _ in 0..100 {
        if told.rotation.as_ref().unwrap().state == RotationState::Done {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        told = app.admin.keys().await.unwrap();
    }
    assert_eq!(told.rotation.unwrap().state, RotationState::Done);
    let keys: Vec<_> = told
        .keys
        .iter()
        .map(|key| (key.id.as_str(), key.credentials))
        .collect();
    assert_eq!(keys, [("a", 1), ("b", 0)]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_registers_once_and_refuses_programs() {
    let app = TestApp::one().await;
    let kubeconfig = |token: &str| {
        format!(
            "contexts: [{{name: ada@shop, context: {{cluster: shop, user: ada}}}}, {{name: edge, \
             context: {{cluster: edge, user: run}}}}]\nclusters: [{{name: shop, cluster: {{server: \
             'https://192.0.2.1:6443'}}}}, {{name: edge, cluster: {{server: \
             'https://192.0.2.2:6443'}}}}]\nusers: [{{name: ada, user: {{token: {token}}}}}, {{name: \
             run, user: {{exec: {{command: canary}}}}}}]\n"
        )
    };
    let import = async |token: &str| {
        let request = ImportRequest {
            kubeconfig: Some(SecretText::new(kubeconfig(token))),
            ..ImportRequest::default()
        };
        app.admin.import_clusters(&request).await.unwrap().items
    };
    let outcomes = async |token: &str| -> Vec<ImportOutcome> {
        import(token).await.iter().map(|one| one.outcome).collect()
    };
    let first = import("one").await;
    assert_eq!(
        (first[0].name.as_str(), first[0].outcome),
        ("ada-shop", ImportOutcome::Created)
    );
    let refused = first[1].detail.as_deref().unwrap();
    assert!(refused.contains("fleetscope rbac generate") && !refused.contains("canary"));
    let same = [ImportOutcome::Unchanged, ImportOutcome::Refused];
    assert_eq!(outcomes("one").await, same);
    let other = [ImportOutcome::Updated, ImportOutcome::Refused];
    assert_eq!(outcomes("two").await, other);
    assert_eq!(outcomes("two").await, same);
    let id = first[0].id.unwrap();
    let kept = app.admin.credentials(id).await.unwrap().items;
    assert_eq!(
        (kept.len(), kept[0].field.as_str(), kept[0].generation),
        (1, "kubernetes", 2)
    );
    assert_eq!(
        app.admin
            .clusters(&fleetscope_client::Paging::default())
            .await
            .unwrap()
            .items
            .len(),
        1
    );
    app.stop().await;
}
