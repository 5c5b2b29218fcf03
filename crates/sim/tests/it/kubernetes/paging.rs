//! Lists in pages, while the objects change under them.

use http::StatusCode;
use serde_json::{Value, json};

use super::ask::get;
use super::fixture::{Cluster, config_map};

const NAMESPACE: &str = "/api/v1/namespaces/shop/configmaps";

fn twelve() -> Cluster {
    let cluster = Cluster::empty();
    for number in 0..12 {
        let labels = json!({ "even": (number % 2 == 0).to_string() });
        cluster.apply(config_map("shop", &format!("c{number:02}"), &labels, "1"));
    }
    cluster
}

fn names(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|item| item["metadata"]["name"].as_str().unwrap().to_owned())
        .collect()
}

/// Follows the tokens to the end.
async fn all_pages(cluster: &Cluster, path: &str) -> Vec<Value> {
    let mut pages = vec![get(&cluster.router, path).await.json()];
    while let Some(token) = pages[pages.len() - 1]["metadata"]["continue"].as_str() {
        let path = format!("{path}&continue={token}");
        let page = get(&cluster.router, &path).await.json();
        pages.push(page);
    }
    pages
}

#[tokio::test]
async fn the_pages_of_a_list_are_the_list() {
    let cluster = twelve();
    for path in [NAMESPACE, "/api/v1/configmaps"] {
        let whole = get(&cluster.router, path).await.json();
        for limit in [1, 5, 6, 11, 12, 13] {
            let pages = all_pages(&cluster, &format!("{path}?limit={limit}")).await;
            let paged: Vec<String> = pages.iter().flat_map(names).collect();
            assert_eq!(paged, names(&whole), "limit {limit}");
            assert_eq!(pages.len(), 12_usize.div_ceil(limit), "limit {limit}");
            let (last, others) = pages.split_last().unwrap();
            assert!(last["metadata"].get("remainingItemCount").is_none());
            let mut left = 12;
            for page in others {
                left -= limit;
                assert_eq!(page["metadata"]["remainingItemCount"], left);
            }
        }
    }
}

#[tokio::test]
async fn with_a_selector_nobody_says_how_many_remain() {
    let cluster = twelve();
    let pages = all_pages(
        &cluster,
        &format!("{NAMESPACE}?limit=4&labelSelector=even%3Dtrue"),
    )
    .await;
    let paged: Vec<String> = pages.iter().flat_map(names).collect();
    assert_eq!(paged, ["c00", "c02", "c04", "c06", "c08", "c10"]);
    assert!(
        pages
            .iter()
            .all(|page| page["metadata"].get("remainingItemCount").is_none())
    );
}

#[tokio::test]
async fn a_list_goes_on_as_it_began_whatever_happens() {
    let cluster = twelve();
    let path = format!("{NAMESPACE}?limit=5");
    let first = get(&cluster.router, &path).await.json();
    cluster.delete("v1", "ConfigMap", "shop", "c07");
    cluster.apply(config_map("shop", "c06a", &json!({}), "new"));
    cluster.apply(config_map("shop", "c08", &json!({}), "changed"));
    let token = first["metadata"]["continue"].as_str().unwrap();
    let second = get(&cluster.router, &format!("{path}&continue={token}"))
        .await
        .json();
    assert_eq!(names(&second), ["c05", "c06", "c07", "c08", "c09"]);
    assert_eq!(
        second["items"][3]["data"]["a"], "1",
        "as it was at the version of the list"
    );
    assert_eq!(
        second["metadata"]["resourceVersion"],
        first["metadata"]["resourceVersion"]
    );
    let now = get(&cluster.router, NAMESPACE).await.json();
    assert!(names(&now).contains(&"c06a".to_owned()) && !names(&now).contains(&"c07".to_owned()));
}

#[tokio::test]
async fn a_compacted_list_goes_on_as_it_is_now_with_the_token_of_the_refusal() {
    let cluster = twelve();
    let path = format!("{NAMESPACE}?limit=5");
    let first = get(&cluster.router, &path).await.json();
    cluster.delete("v1", "ConfigMap", "shop", "c05");
    cluster.apply(config_map("shop", "c06a", &json!({}), "new"));
    cluster.store.compact(0);
    let token = first["metadata"]["continue"].as_str().unwrap();
    let refused = get(&cluster.router, &format!("{path}&continue={token}")).await;
    assert_eq!(refused.status, StatusCode::GONE);
    let status = refused.json();
    assert_eq!(status["reason"], "Expired");
    let token = status["metadata"]["continue"].as_str().unwrap();
    let second = get(&cluster.router, &format!("{path}&continue={token}"))
        .await
        .json();
    assert_eq!(names(&second), ["c06", "c06a", "c07", "c08", "c09"]);
    // From here on the list is consistent again, at the version that it now has.
    let token = second["metadata"]["continue"].as_str().unwrap();
    cluster.delete("v1", "ConfigMap", "shop", "c11");
    let third = get(&cluster.router, &format!("{path}&continue={token}"))
        .await
        .json();
    assert_eq!(names(&third), ["c10", "c11"]);
}

#[tokio::test]
async fn a_list_at_an_exact_version_shows_the_past() {
    let cluster = twelve();
    let then = cluster.store.resource_version();
    cluster.apply(config_map("shop", "c00", &json!({}), "changed"));
    cluster.apply(config_map("shop", "c00", &json!({}), "changed again"));
    cluster.delete("v1", "ConfigMap", "shop", "c01");
    cluster.apply(config_map("shop", "c01", &json!({}), "another"));
    cluster.delete("v1", "ConfigMap", "shop", "c01");
    let path = format!("{NAMESPACE}?resourceVersion={then}&resourceVersionMatch=Exact");
    let past = get(&cluster.router, &path).await.json();
    assert_eq!(names(&past).len(), 12);
    assert_eq!(past["items"][0]["data"]["a"], "1");
    assert_eq!(past["items"][1]["data"]["a"], "1");
    assert_eq!(past["metadata"]["resourceVersion"], then.to_string());

    let limited = get(
        &cluster.router,
        &format!("{NAMESPACE}?resourceVersion={then}&limit=2"),
    )
    .await;
    assert_eq!(
        names(&limited.json()),
        ["c00", "c01"],
        "a limit means exact"
    );
    let newer = get(
        &cluster.router,
        &format!("{NAMESPACE}?resourceVersion={then}"),
    )
    .await;
    assert_eq!(
        names(&newer.json())[..2],
        ["c00", "c02"],
        "else at least that new"
    );
}

#[tokio::test]
async fn the_log_is_bounded_without_anyone_compacting_it() {
    let cluster = twelve();
    let then = cluster.store.resource_version();
    cluster.store.set_history_limit(10);
    let path = format!("{NAMESPACE}?resourceVersion={then}&resourceVersionMatch=Exact");
    for number in 0..10 {
        assert_eq!(
            get(&cluster.router, &path).await.status,
            StatusCode::OK,
            "{number}"
        );
        cluster.apply(config_map("shop", "c00", &json!({}), &number.to_string()));
    }
    assert_eq!(get(&cluster.router, &path).await.status, StatusCode::OK);
    cluster.apply(config_map("shop", "c00", &json!({}), "one too many"));
    assert_eq!(get(&cluster.router, &path).await.status, StatusCode::GONE);
}
