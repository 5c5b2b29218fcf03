//! Starting, and starting again.

use axum::http::StatusCode;
use fleetscope_model::{ErrorKind, Fault as _, Role};
use fleetscope_runtime::{Ending, Error, start};
use tempfile::tempdir;

use crate::fixture::{bootstrap, cluster, get, key, parts, run, send, whole};

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_gives_a_token_that_opens_the_api() {
    let dir = tempdir().unwrap();
    let running = run(whole(dir.path())).await;
    let (api, token) = (running.public.unwrap(), bootstrap(&running));
    assert_eq!(
        get(api, "/api/v1/clusters", "").await.status,
        StatusCode::UNAUTHORIZED
    );
    let made = send(
        api,
        "POST",
        "/api/v1/clusters",
        &token,
        Some(cluster("shop")),
    )
    .await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let list = get(api, "/api/v1/clusters", &token).await.json();
    assert_eq!(list["items"][0]["name"], "shop");
    assert_eq!(running.shutdown().await, Ending::Drained);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_finds_what_the_first_has_left_and_gives_no_token() {
    let dir = tempdir().unwrap();
    let first = run(whole(dir.path())).await;
    let token = bootstrap(&first);
    let api = first.public.unwrap();
    send(
        api,
        "POST",
        "/api/v1/clusters",
        &token,
        Some(cluster("shop")),
    )
    .await;
    first.shutdown().await;

    let second = run(whole(dir.path())).await;
    assert!(second.bootstrap_token.is_none());
    let list = get(second.public.unwrap(), "/api/v1/clusters", &token).await;
    assert_eq!(list.json()["items"][0]["name"], "shop");
    second.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_cannot_share_a_data_folder() {
    let dir = tempdir().unwrap();
    let first = run(whole(dir.path())).await;
    let error = start(whole(dir.path()), parts()).await.unwrap_err();
    assert_eq!(error.code(), "data_dir_in_use");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let folder = dir.path().display().to_string();
    assert!(error.message().contains(&folder), "{}", error.message());
    first.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_taken_is_named_and_nothing_is_touched() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dir = tempdir().unwrap();
    let data = dir.path().join("data");
    let mut config = whole(&data);
    config.server.listen = taken.local_addr().unwrap();
    let error = start(config, parts()).await.unwrap_err();
    assert_eq!(error.code(), "address_not_available");
    assert!(error.message().starts_with("server.listen = 127.0.0.1:"));
    assert!(!data.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_is_not_valid_is_refused() {
    let dir = tempdir().unwrap();
    let mut config = whole(dir.path());
    config.server.roles = vec![Role::Gateway];
    config.services.key = Some(key('k'));
    let error = start(config, parts()).await.unwrap_err();
    assert!(matches!(error, Error::Config(_)));
    assert!(
        error.message().contains("services.registry.url"),
        "{}",
        error.message()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_fails_late_frees_the_data_folder_and_the_addresses() {
    let dir = tempdir().unwrap();
    let mut config = whole(dir.path());
    // The key is only needed for the inner door, which is made after the store is opened.
    config.server.inner_listen = Some(([127, 0, 0, 1], 0).into());
    config.services.key_file = Some(dir.path().join("absent"));
    let error = start(config, parts()).await.unwrap_err();
    assert_eq!(error.code(), "services_key_too_short");
    run(whole(dir.path())).await.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_are_shown_and_can_be_activated() {
    let dir = tempdir().unwrap();
    let running = run(whole(dir.path())).await;
    let watches = running.activate("watches").await.unwrap();
    assert_eq!((watches.runs, watches.failures), (1, 0));
    assert!(watches.last_summary.is_some());
    let error = running.activate("nonsense").await.unwrap_err();
    assert_eq!(error.code(), "unknown_task");
    for task in ["watches", "work", "sweep", "checks", "index", "keys"] {
        assert!(error.message().contains(task), "{}", error.message());
    }

    let api = running.public.unwrap();
    let tasks = get(api, "/api/v1/tasks", &bootstrap(&running)).await.json();
    let names: Vec<_> = tasks["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "checks",
            "credentials-sweep",
            "housekeeping",
            "index",
            "keys",
            "sweep",
            "watches",
            "work"
        ]
    );
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_refused_at_once() {
    let dir = tempdir().unwrap();
    let running = run(whole(dir.path())).await;
    let (api, admin) = (running.public.unwrap(), bootstrap(&running));
    let body = serde_json::json!({ "name": "ci", "role": "viewer" });
    let made = send(api, "POST", "/api/v1/tokens", &admin, Some(body))
        .await
        .json();
    let token = made["secret"].as_str().unwrap();
    assert_eq!(
        get(api, "/api/v1/clusters", token).await.status,
        StatusCode::OK
    );
    let path = format!("/api/v1/tokens/{}", made["id"].as_str().unwrap());
    let revoked = send(api, "DELETE", &path, &admin, None).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT, "{revoked:?}");
    let refused = get(api, "/api/v1/clusters", token).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    running.shutdown().await;
}
