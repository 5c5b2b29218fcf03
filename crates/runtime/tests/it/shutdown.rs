//! Stopping, with something under way.

use std::time::Duration;

use axum::http::StatusCode;
use fleetscope_runtime::{Ending, Signals};
use rustix::process::{Signal, getpid, kill_process};
use tempfile::tempdir;

use crate::fixture::{Wire, accepts, bootstrap, cluster, get, head, run, whole};

/// The head of a request to register a cluster, with a body that is still to come.
fn half_a_request(token: &str, body: &str) -> String {
    let more = format!(
        "content-type: application/json\r\ncontent-length: {}\r\n",
        body.len()
    );
    head("POST", "/api/v1/clusters", token, &more)
}

/// Waits until the admin address says that the process is not ready.
async fn until_unready(admin: std::net::SocketAddr) -> serde_json::Value {
    loop {
        let ready = get(admin, "/readyz", "").await;
        if ready.status == StatusCode::SERVICE_UNAVAILABLE {
            return ready.json();
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_is_finished_while_nothing_new_is_accepted() {
    let dir = tempdir().unwrap();
    let running = run(whole(dir.path())).await;
    let (api, admin, token) = (running.public.unwrap(), running.admin, bootstrap(&running));
    let body = cluster("shop").to_string();
    let (first, rest) = body.split_at(body.len() / 2);
    let mut request = Wire::open(api, &half_a_request(&token, &body)).await;
    request.write(first).await;
    // Another one on its own connection shows that the half is being served.
    assert_eq!(
        get(api, "/api/v1/clusters", &token).await.status,
        StatusCode::OK
    );

    let client = async {
        let report = until_unready(admin).await;
        assert_eq!(report["stopping"], true);
        assert_eq!(get(admin, "/healthz", "").await.status, StatusCode::OK);
        while accepts(api).await {
            tokio::task::yield_now().await;
        }
        request.write(rest).await;
        request.read_to_end().await
    };
    let (ending, (answer, ended)) = tokio::join!(running.shutdown(), client);
    assert_eq!(ending, Ending::Drained);
    assert!(
        ended && answer.starts_with("HTTP/1.1 201 Created\r\n"),
        "{answer}"
    );
    assert!(!accepts(admin).await);

    let again = run(whole(dir.path())).await;
    let list = get(again.public.unwrap(), "/api/v1/clusters", &token).await;
    assert_eq!(list.json()["items"][0]["name"], "shop");
    again.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn open_streams_end_and_idle_connections_close() {
    let dir = tempdir().unwrap();
    let running = run(whole(dir.path())).await;
    let (api, token) = (running.public.unwrap(), bootstrap(&running));
    let mut stream = Wire::open(api, &head("GET", "/api/v1/events/stream", &token, "")).await;
    stream.read_until("\r\n\r\n").await;
    let mut idle = Wire::open(api, &head("GET", "/api/v1/clusters", &token, "")).await;
    idle.read_until("\"items\"").await;
    let mut silent = Wire::open(api, "").await;

    assert_eq!(running.shutdown().await, Ending::Drained);
    let (rest, ended) = stream.read_to_end().await;
    assert!(
        ended && rest.contains(": the server stops") && rest.ends_with("0\r\n\r\n"),
        "the stream has no proper end: {rest:?}"
    );
    assert!(idle.read_to_end().await.1);
    silent.read_to_end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_finish_within_the_grace_is_cut() {
    let dir = tempdir().unwrap();
    let mut config = whole(dir.path());
    config.server.shutdown_grace = Duration::from_millis(100);
    let running = run(config).await;
    let (api, token) = (running.public.unwrap(), bootstrap(&running));
    let mut request = Wire::open(api, &half_a_request(&token, "never")).await;
    assert_eq!(
        get(api, "/api/v1/clusters", &token).await.status,
        StatusCode::OK
    );
    assert_eq!(running.shutdown().await, Ending::Cut);
    assert_eq!(request.read_to_end().await.0, "");
    // Also after a cut, the folder is free and its data whole.
    run(whole(dir.path())).await.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_can_be_forced() {
    let dir = tempdir().unwrap();
    let running = run(whole(dir.path())).await;
    let (api, token) = (running.public.unwrap(), bootstrap(&running));
    let _request = Wire::open(api, &half_a_request(&token, "never")).await;
    assert_eq!(
        get(api, "/api/v1/clusters", &token).await.status,
        StatusCode::OK
    );
    let ending = running.shutdown_unless(std::future::ready(())).await;
    assert_eq!(ending, Ending::Cut);
}

/// One test for all signals, as every process that waits for them in this one sees them all.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_signal_drains_and_the_second_cuts() {
    let dir = tempdir().unwrap();
    let mut config = whole(dir.path());
    // Longer than any test: only what is said here can end it.
    config.server.shutdown_leave = Duration::from_hours(1);
    let idle = run(config.clone()).await;
    let token = bootstrap(&idle);

    let (ending, ()) = tokio::join!(idle.run_until_signal(Signals::catch().unwrap()), async {
        raise(Signal::INT);
    });
    assert_eq!(ending, Ending::Drained);

    // A second signal, while what balances load has not noticed the first, or has.
    for leave in [Duration::from_hours(1), Duration::ZERO] {
        config.server.shutdown_leave = leave;
        let busy = run(config.clone()).await;
        let (api, admin) = (busy.public.unwrap(), busy.admin);
        let _request = Wire::open(api, &half_a_request(&token, "never")).await;
        let served = async || get(api, "/api/v1/clusters", &token).await.status == StatusCode::OK;
        assert!(served().await);
        let (ending, ()) = tokio::join!(busy.run_until_signal(Signals::catch().unwrap()), async {
            raise(Signal::TERM);
            until_unready(admin).await;
            if leave.is_zero() {
                while accepts(api).await {
                    tokio::task::yield_now().await;
                }
            } else {
                assert!(served().await, "it is unready first, and serves");
            }
            raise(Signal::TERM);
        });
        assert_eq!(ending, Ending::Cut);
    }
}

#[test]
fn by_default_a_process_is_gone_within_thirty_seconds_of_the_signal() {
    let server = fleetscope_config::Config::default().server;
    // A second for the admin address, and one for the store.
    let most = Duration::from_secs(30 - 2);
    assert!(server.shutdown_leave + server.shutdown_grace <= most);
}

fn raise(signal: Signal) {
    kill_process(getpid(), signal).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_process_leaves_nothing_behind() {
    let dir = tempdir().unwrap();
    let running = run(whole(dir.path())).await;
    let (api, admin) = (running.public.unwrap(), running.admin);
    drop(running);
    while accepts(api).await || accepts(admin).await {
        tokio::task::yield_now().await;
    }
}
