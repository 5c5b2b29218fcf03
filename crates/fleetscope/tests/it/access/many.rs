//! A cluster with more namespaces than rights are asked for at once.

use axum::routing::{any, get, post};
use axum::{Json, Router};
use fleetscope_client::MetricScope;
use fleetscope_client::wire::{Endpoint, Endpoints, NewCluster};
use fleetscope_testkit::Shape;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::stage::Stage;

/// An API server with so many namespaces, of which one may see `n7`; and a Prometheus beside it.
fn cluster(count: usize) -> Router {
    let names = (0..count).map(|n| json!({ "metadata": { "name": format!("n{n}") } }));
    let list = json!({
        "apiVersion": "v1", "kind": "NamespaceList", "metadata": {},
        "items": names.collect::<Vec<_>>(),
    });
    let review = async |Json(mut review): Json<Value>| {
        let namespace = &review["spec"]["resourceAttributes"]["namespace"];
        let allowed = namespace == "n7";
        review["status"] = json!({ "allowed": allowed });
        Json(review)
    };
    let series = json!({ "metric": { "namespace": "n7" }, "value": [1_767_268_800, "1"] });
    let answer = json!({
        "status": "success", "data": { "resultType": "vector", "result": [series] },
    });
    Router::new()
        .route("/api/v1/namespaces", get(async || Json(list)))
        .route(
            "/apis/authorization.k8s.io/v1/subjectaccessreviews",
            post(review),
        )
        .route("/api/v1/query", any(async || Json(answer)))
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_are_too_many_namespaces_the_gap_says_to_name_them_and_naming_them_helps() {
    let stage = Stage::set(Shape::One).await;
    let mut servers = JoinSet::new();
    for (name, count) in [("fits", 500), ("many", 501)] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        servers.spawn(async move { axum::serve(listener, cluster(count)).await.unwrap() });
        let at = Some(Endpoint {
            url,
            ..Endpoint::default()
        });
        let new = NewCluster {
            name: name.to_owned(),
            endpoints: Endpoints {
                kubernetes: at.clone(),
                prometheus: at,
                ..Endpoints::default()
            },
            ..NewCluster::default()
        };
        let made = stage.app.admin.create_cluster(&new).await.unwrap();
        stage.let_use("alice", &made, &["get", "query"]);
    }
    let alice = stage.person("alice", &["viewers"]);
    let ask = async |query: &str| alice.query(query, &MetricScope::default()).await.unwrap();

    let all = ask("up").await;
    let clusters: Vec<_> = all
        .series
        .iter()
        .map(|s| s.labels["cluster"].as_str())
        .collect();
    assert_eq!(clusters, ["fits"], "{all:?}");
    let gaps: Vec<_> = all
        .gaps
        .iter()
        .map(|gap| (gap.cluster_name.as_str(), gap.kind.as_str()))
        .collect();
    assert_eq!(gaps, [("many", "refused")]);
    let detail = &all.gaps[0].detail;
    for part in [
        "501 namespaces",
        "at most 500",
        "name the namespaces you want in the query",
    ] {
        assert!(detail.contains(part), "{detail}");
    }
    let named = ask("up{namespace=\"n7\"}").await;
    assert_eq!(named.gaps, []);
    assert_eq!(named.series.len(), 2);
    let others = ask("up{namespace=\"n8\"}").await;
    assert_eq!(others.series, []);
    stage.app.stop().await;
}
