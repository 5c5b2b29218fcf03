//! The admin address.

use axum::http::StatusCode;
use tempfile::tempdir;

use crate::fixture::{bootstrap, cluster, get, run, send, whole};

#[tokio::test(flavor = "multi_thread")]
async fn a_process_says_that_it_is_alive_and_what_it_needs() {
    let dir = tempdir().unwrap();
    let running = run(whole(dir.path())).await;
    let health = get(running.admin, "/healthz", "").await;
    assert_eq!(
        (health.status, health.text.as_str()),
        (StatusCode::OK, "ok\n")
    );
    let ready = get(running.admin, "/readyz", "").await;
    assert_eq!(ready.status, StatusCode::OK);
    let report = ready.json();
    assert_eq!(report["ready"], true);
    let checks: Vec<_> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| {
            (
                check["role"].as_str().unwrap(),
                check["ok"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        checks,
        [
            ("registry", true),
            ("intelligence", true),
            ("streaming", true)
        ]
    );
    let other = get(running.admin, "/api/v1/clusters", "").await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_show_the_process_its_tasks_and_its_requests() {
    let dir = tempdir().unwrap();
    let running = run(whole(dir.path())).await;
    running.activate("work").await.unwrap();
    let (api, token) = (running.public.unwrap(), bootstrap(&running));
    get(api, "/api/v1/openapi.json", "").await;
    // Nobody listens where this cluster's Prometheus should be.
    send(
        api,
        "POST",
        "/api/v1/clusters",
        &token,
        Some(cluster("shop")),
    )
    .await;
    get(api, "/api/v1/metrics/query?query=up", &token).await;
    let metrics = get(running.admin, "/metrics", "").await;
    assert_eq!(metrics.status, StatusCode::OK);
    let text = |name: &str| {
        let lines = &mut metrics.text.lines();
        let value = lines.find_map(|line| line.strip_prefix(name));
        let value = value.unwrap_or_else(|| panic!("no {name} in:\n{}", metrics.text));
        value.trim().to_owned()
    };
    let value = |name: &str| text(name).parse::<f64>().unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        text(&format!("fleetscope_build_info{{version=\"{version}\"}}")),
        "1"
    );
    assert!(value("process_resident_memory_bytes") > 1e6);
    assert!(value("process_open_fds") > 3.0);
    assert!(value("process_start_time_seconds") > 1.7e9);
    assert!(value("process_cpu_seconds_total") > 0.0);
    assert!(value("fleetscope_task_runs_total{task=\"work\"}") >= 1.0);
    assert_eq!(text("fleetscope_task_failures_total{task=\"work\"}"), "0");
    assert!(value("fleetscope_task_last_seconds{task=\"work\"}") > 0.0);
    let labels = "{door=\"public\",http_request_method=\"GET\",\
                  http_route=\"/api/v1/openapi.json\",http_response_status_code=\"200\"}";
    let count = format!("http_server_request_duration_seconds_count{labels}");
    assert_eq!(text(&count), "1");
    assert_eq!(text("fleetscope_http_streams"), "0");
    let reads = "fleetscope_outbound_requests_total{source=\"prometheus\",outcome=\"unreachable\"}";
    assert_eq!(text(reads), "1");
    assert!(metrics.text.ends_with("# EOF\n"));
    running.shutdown().await;
}
