//! Lists of those clusters alone that are wanted.

use std::collections::BTreeMap;

use fleetscope_client::wire::{Cluster, NewCluster, Page};
use fleetscope_testkit::TestApp;
use reqwest::Method;

async fn names(app: &TestApp, query: &str) -> Vec<String> {
    let path = format!("/api/v1/clusters?{query}");
    let answer = app.viewer.raw(Method::GET, &path).unwrap().send().await;
    let page: Page<Cluster> = answer.unwrap().json().await.unwrap();
    page.items.into_iter().map(|cluster| cluster.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn clusters_are_found_by_environment_and_by_all_their_labels() {
    let app = TestApp::one().await;
    for (name, environment, labels) in [
        (
            "a",
            Some("production"),
            &[("region", "eu"), ("tier", "1")][..],
        ),
        ("b", Some("production"), &[("region", "us"), ("tier", "1")]),
        ("c", Some("staging"), &[("region", "eu")]),
        ("d", None, &[]),
    ] {
        let labels = labels.iter();
        let new = NewCluster {
            name: name.to_owned(),
            environment: environment.map(str::to_owned),
            labels: labels
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect::<BTreeMap<_, _>>(),
            ..NewCluster::default()
        };
        app.admin.create_cluster(&new).await.unwrap();
    }
    for (query, found) in [
        ("", &["a", "b", "c", "d"][..]),
        ("environment=production", &["a", "b"]),
        ("environment=staging", &["c"]),
        ("environment=other", &[]),
        ("label=region%3Deu", &["a", "c"]),
        ("label=region%3Deu&label=tier%3D1", &["a"]),
        ("label=tier%3D2", &[]),
        ("label=tier%3D", &[]),
        ("environment=production&label=region%3Dus", &["b"]),
        ("environment=staging&label=tier%3D1", &[]),
    ] {
        assert_eq!(names(&app, query).await, found, "{query}");
    }
    // What is left out takes no place on a page.
    let path = "/api/v1/clusters?label=region%3Deu&limit=1";
    let answer = app.viewer.raw(Method::GET, path).unwrap().send().await;
    let page: Page<Cluster> = answer.unwrap().json().await.unwrap();
    assert_eq!(page.items[0].name, "a");
    let next = format!("label=region%3Deu&cursor={}", page.next_cursor.unwrap());
    assert_eq!(names(&app, &next).await, ["c"]);
    let path = "/api/v1/clusters?label=region";
    let wrong = app.viewer.raw(Method::GET, path).unwrap().send().await;
    let wrong = wrong.unwrap();
    assert_eq!(wrong.status(), 422);
    assert!(wrong.text().await.unwrap().contains("key=value"));
    app.stop().await;
}
