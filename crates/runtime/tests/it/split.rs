//! The gateway in one process and every other role in another.

use std::time::Duration;

use axum::http::StatusCode;
use fleetscope_runtime::{Ending, Running};
use tempfile::{TempDir, tempdir};

use crate::fixture::{Wire, behind, bootstrap, cluster, gateway, get, head, key, run, send};

struct Split {
    behind: Running,
    gateway: Running,
    token: String,
    _dirs: [TempDir; 2],
}

async fn split() -> Split {
    let dirs = [tempdir().unwrap(), tempdir().unwrap()];
    let behind = run(behind(dirs[0].path())).await;
    let gateway = run(gateway(behind.inner.unwrap(), dirs[1].path())).await;
    let token = bootstrap(&behind);
    Split {
        behind,
        gateway,
        token,
        _dirs: dirs,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_works_across_the_two_and_the_gateway_keeps_nothing() {
    let split = split().await;
    assert_eq!(split.behind.public, None);
    assert_eq!(split.gateway.inner, None);
    assert!(split.gateway.bootstrap_token.is_none());
    assert!(split.gateway.tasks().is_empty());
    let (api, token) = (split.gateway.public.unwrap(), split.token.as_str());

    let made = send(
        api,
        "POST",
        "/api/v1/clusters",
        token,
        Some(cluster("shop")),
    )
    .await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let again = send(
        api,
        "POST",
        "/api/v1/clusters",
        token,
        Some(cluster("shop")),
    )
    .await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert_eq!(again.json()["code"], "cluster_name_taken");
    assert_eq!(
        get(api, "/api/v1/clusters", "").await.status,
        StatusCode::UNAUTHORIZED
    );
    let tasks = get(api, "/api/v1/tasks", token).await.json();
    let tasks: Vec<_> = tasks["items"].as_array().unwrap().iter().collect();
    let names: Vec<_> = tasks.iter().map(|task| task["name"].as_str()).collect();
    let known = [
        "checks",
        "credentials-sweep",
        "housekeeping",
        "index",
        "keys",
        "sweep",
        "watches",
        "work",
    ];
    assert_eq!(names, known.map(Some));
    let events = get(api, "/api/v1/events", token).await.json();
    let actors: Vec<_> = events["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["actor"].as_str().unwrap())
        .collect();
    assert_eq!(actors, ["system:bootstrap", "token:bootstrap"]);

    let body = serde_json::json!({ "name": "ci", "role": "viewer" });
    let ci = send(api, "POST", "/api/v1/tokens", token, Some(body))
        .await
        .json();
    let viewer = ci["secret"].as_str().unwrap();
    assert_eq!(
        get(api, "/api/v1/clusters", viewer).await.status,
        StatusCode::OK
    );
    let refused = send(api, "POST", "/api/v1/clusters", viewer, Some(cluster("x"))).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let path = format!("/api/v1/tokens/{}", ci["id"].as_str().unwrap());
    send(api, "DELETE", &path, token, None).await;
    let refused = get(api, "/api/v1/clusters", viewer).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refused.json()["code"], "token_invalid");

    assert_eq!(split.gateway.shutdown().await, Ending::Drained);
    assert_eq!(split.behind.shutdown().await, Ending::Drained);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_stream_through_the_gateway_as_they_happen() {
    let split = split().await;
    let (api, token) = (split.gateway.public.unwrap(), split.token.as_str());
    let mut stream = Wire::open(api, &head("GET", "/api/v1/events/stream", token, "")).await;
    stream.read_until("\r\n\r\n").await;
    send(
        api,
        "POST",
        "/api/v1/clusters",
        token,
        Some(cluster("edge")),
    )
    .await;
    stream.read_until("cluster edge was registered").await;
    // The end of the role's stream is the end of the caller's.
    assert_eq!(split.behind.shutdown().await, Ending::Drained);
    stream.read_until("0\r\n\r\n").await;
    assert_eq!(split.gateway.shutdown().await, Ending::Drained);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inner_door_is_shut_to_everybody_else() {
    let split = split().await;
    let inner = split.behind.inner.unwrap();
    for path in ["/api/v1/clusters", "/internal/v1/ready", "/nothing"] {
        let refused = get(inner, path, &split.token).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert_eq!(refused.json()["code"], "caller_refused");
    }
    split.gateway.shutdown().await;
    split.behind.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_whose_roles_are_gone_says_so_and_stays_ready() {
    let split = split().await;
    let (api, admin) = (split.gateway.public.unwrap(), split.gateway.admin);
    let ready = get(admin, "/readyz", "").await;
    assert!(
        ready.json()["checks"]
            .as_array()
            .unwrap()
            .iter()
            .all(|c| c["ok"] == true)
    );
    split.behind.shutdown().await;

    let answer = get(api, "/api/v1/clusters", &split.token).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["code"], "role_unavailable");
    assert!(
        answer.json()["detail"]
            .as_str()
            .unwrap()
            .contains("the registry role")
    );
    // A look is kept for a second.
    let named = async {
        loop {
            let ready = get(admin, "/readyz", "").await;
            assert_eq!(ready.status, StatusCode::OK);
            let checks = ready.json()["checks"].clone();
            if checks.as_array().unwrap().iter().all(|c| c["ok"] == false) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), named)
        .await
        .unwrap();
    split.gateway.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_keys_that_differ_are_told_apart_from_a_bad_token() {
    let dirs = [tempdir().unwrap(), tempdir().unwrap()];
    let behind = run(behind(dirs[0].path())).await;
    let mut config = gateway(behind.inner.unwrap(), dirs[1].path());
    config.services.key = Some(key('x'));
    let gateway = run(config).await;
    let answer = get(
        gateway.public.unwrap(),
        "/api/v1/clusters",
        &bootstrap(&behind),
    )
    .await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["code"], "role_refuses_gateway");
    gateway.shutdown().await;
    behind.shutdown().await;
}
