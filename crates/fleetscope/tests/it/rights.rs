//! Every route, as every kind of caller.

use fleetscope_testkit::TestApp;
use reqwest::{Method, StatusCode};

/// Method, path, and the least role that may use it; `None` for nobody needed.
const ROUTES: &[(&str, &str, Option<usize>)] = &[
    ("GET", "/api/v1/openapi.json", None),
    ("GET", "/health/detailed", Some(VIEWER)),
    ("POST", "/auth/validate", Some(VIEWER)),
    ("GET", "/auth/me", Some(VIEWER)),
    ("GET", "/auth/login", None),
    ("GET", "/auth/callback", None),
    ("POST", "/auth/logout", None),
    ("GET", "/api/v1/clusters", Some(VIEWER)),
    ("POST", "/api/v1/clusters", Some(ADMIN)),
    ("GET", "/api/v1/clusters/{id}", Some(VIEWER)),
    ("PUT", "/api/v1/clusters/{id}", Some(ADMIN)),
    ("DELETE", "/api/v1/clusters/{id}", Some(ADMIN)),
    ("GET", "/api/v1/tokens", Some(ADMIN)),
    ("POST", "/api/v1/tokens", Some(ADMIN)),
    ("DELETE", "/api/v1/tokens/{id}", Some(ADMIN)),
    ("GET", "/api/v1/audit", Some(ADMIN)),
    ("GET", "/api/v1/metrics/query", Some(VIEWER)),
    ("GET", "/api/v1/metrics/query_range", Some(VIEWER)),
    ("GET", "/api/v1/metrics/series", Some(VIEWER)),
    ("GET", "/api/v1/metrics/labels", Some(VIEWER)),
    ("GET", "/api/v1/metrics/label/{name}/values", Some(VIEWER)),
    ("GET", "/api/v1/metrics/metadata", Some(VIEWER)),
    ("GET", "/api/v1/metrics/rules", Some(VIEWER)),
    ("GET", "/api/v1/metrics/alerts", Some(VIEWER)),
    ("GET", "/api/v1/metrics/targets", Some(VIEWER)),
    ("GET", "/prometheus/{cluster}/", Some(VIEWER)),
    ("GET", "/prometheus/{cluster}/api/v1/query", Some(VIEWER)),
    ("POST", "/prometheus/{cluster}/api/v1/query", Some(VIEWER)),
    (
        "GET",
        "/prometheus/{cluster}/api/v1/query_range",
        Some(VIEWER),
    ),
    (
        "POST",
        "/prometheus/{cluster}/api/v1/query_range",
        Some(VIEWER),
    ),
    ("GET", "/prometheus/{cluster}/api/v1/series", Some(VIEWER)),
    ("POST", "/prometheus/{cluster}/api/v1/series", Some(VIEWER)),
    ("GET", "/prometheus/{cluster}/api/v1/labels", Some(VIEWER)),
    ("POST", "/prometheus/{cluster}/api/v1/labels", Some(VIEWER)),
    (
        "GET",
        "/prometheus/{cluster}/api/v1/label/{name}/values",
        Some(VIEWER),
    ),
    (
        "GET",
        "/prometheus/{cluster}/api/v1/query_exemplars",
        Some(VIEWER),
    ),
    (
        "POST",
        "/prometheus/{cluster}/api/v1/query_exemplars",
        Some(VIEWER),
    ),
    ("GET", "/prometheus/{cluster}/api/v1/metadata", Some(VIEWER)),
    ("GET", "/prometheus/{cluster}/api/v1/rules", Some(VIEWER)),
    ("GET", "/prometheus/{cluster}/api/v1/alerts", Some(VIEWER)),
    ("GET", "/prometheus/{cluster}/api/v1/targets", Some(VIEWER)),
    (
        "GET",
        "/prometheus/{cluster}/api/v1/status/buildinfo",
        Some(VIEWER),
    ),
    ("POST", "/api/v1/logs/query", Some(VIEWER)),
    ("GET", "/api/v1/logs/labels", Some(VIEWER)),
    ("GET", "/api/v1/logs/label/{name}/values", Some(VIEWER)),
    ("GET", "/api/v1/logs/series", Some(VIEWER)),
    ("GET", "/api/v1/logs/volume", Some(VIEWER)),
    ("GET", "/api/v1/logs/stats", Some(VIEWER)),
    ("GET", "/api/v1/logs/fields", Some(VIEWER)),
    ("GET", "/api/v1/logs/tail", Some(VIEWER)),
    ("GET", "/api/v1/logs/patterns", Some(VIEWER)),
    ("GET", "/api/v1/topology", Some(VIEWER)),
    ("GET", "/api/v1/changes", Some(VIEWER)),
    ("POST", "/api/v1/traces/search", Some(VIEWER)),
    ("GET", "/api/v1/traces/services", Some(VIEWER)),
    ("GET", "/api/v1/traces/dependencies", Some(VIEWER)),
    ("GET", "/api/v1/traces/{trace_id}", Some(VIEWER)),
    ("GET", "/api/v1/alerts", Some(VIEWER)),
    ("GET", "/api/v1/alerts/groups", Some(VIEWER)),
    ("GET", "/api/v1/alerts/silences", Some(VIEWER)),
    ("POST", "/api/v1/alerts/silences", Some(OPERATOR)),
    (
        "DELETE",
        "/api/v1/alerts/silences/{silence_id}",
        Some(OPERATOR),
    ),
    ("POST", "/api/v1/alerts/webhook/{id}", Some(OPERATOR)),
    ("GET", "/api/v1/events", Some(VIEWER)),
    ("GET", "/api/v1/events/stream", Some(VIEWER)),
    ("GET", "/api/v1/analysis/anomaly", Some(VIEWER)),
    ("POST", "/api/v1/analysis/anomaly", Some(OPERATOR)),
    ("GET", "/api/v1/analysis/anomaly/{id}", Some(VIEWER)),
    ("GET", "/api/v1/analysis/rca", Some(VIEWER)),
    ("POST", "/api/v1/analysis/rca", Some(OPERATOR)),
    ("GET", "/api/v1/analysis/rca/{id}", Some(VIEWER)),
    ("GET", "/api/v1/analysis/rca/{id}/replay", Some(VIEWER)),
    ("GET", "/api/v1/reports", Some(VIEWER)),
    ("POST", "/api/v1/reports", Some(OPERATOR)),
    ("GET", "/api/v1/reports/{id}", Some(VIEWER)),
    ("DELETE", "/api/v1/reports/{id}", Some(OPERATOR)),
    ("GET", "/api/v1/reports/{id}/download", Some(VIEWER)),
    ("GET", "/api/v1/tasks", Some(VIEWER)),
    ("POST", "/api/v1/clusters/{id}/validate", Some(OPERATOR)),
    ("GET", "/api/v1/clusters/{id}/validation", Some(VIEWER)),
    ("GET", "/api/v1/clusters/{id}/capabilities", Some(VIEWER)),
    ("POST", "/api/v1/clusters/import", Some(ADMIN)),
    ("GET", "/api/v1/clusters/{id}/credentials", Some(ADMIN)),
    (
        "PUT",
        "/api/v1/clusters/{id}/credentials/{field}",
        Some(ADMIN),
    ),
    (
        "DELETE",
        "/api/v1/clusters/{id}/credentials/{field}",
        Some(ADMIN),
    ),
    ("GET", "/api/v1/keys", Some(ADMIN)),
    ("POST", "/api/v1/keys/rotation", Some(ADMIN)),
    ("DELETE", "/api/v1/keys/rotation", Some(ADMIN)),
];
const VIEWER: usize = 0;
const OPERATOR: usize = 1;
const ADMIN: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn every_route_lets_pass_whom_it_should_and_nobody_else() {
    let app = TestApp::one().await;
    let clients = [&app.viewer, &app.operator, &app.admin];
    for &(method, path, least) in ROUTES {
        let path = path
            .replace("{id}", "00000000-0000-7000-8000-000000000000")
            .replace("{field}", "shared")
            .replace("{cluster}", "fleet")
            .replace("{name}", "app");
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let anonymous = anonymous(&app, &method, &path, None).await;
        let wrong = self::anonymous(&app, &method, &path, Some("fls_wrong")).await;
        let Some(least) = least else {
            assert_ne!(anonymous, StatusCode::UNAUTHORIZED, "{path}");
            continue;
        };
        assert_eq!(anonymous, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_eq!(wrong, StatusCode::UNAUTHORIZED, "{method} {path}");
        for (role, client) in clients.iter().enumerate() {
            let response = client
                .raw(method.clone(), &path)
                .unwrap()
                .send()
                .await
                .unwrap();
            let refused = response.status() == StatusCode::FORBIDDEN;
            assert_eq!(
                refused,
                role < least,
                "{method} {path} as role {role}: {response:?}"
            );
            assert!(
                response.status().as_u16() < 500,
                "{method} {path}: {response:?}"
            );
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_routes_tested_here_are_the_documented_ones() {
    let app = TestApp::one().await;
    let url = app.base.join("api/v1/openapi.json").unwrap();
    let text = fleetscope_testkit::real::fetch(&url).await.unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let method = method.to_uppercase();
            let known = ROUTES
                .iter()
                .any(|route| route.0 == method && route.1 == path);
            assert!(known, "{method} {path} has no row in this test");
        }
    }
    app.stop().await;
}

async fn anonymous(app: &TestApp, method: &Method, path: &str, token: Option<&str>) -> StatusCode {
    let client = fleetscope_client::Client::new(&app.base, token.map(ToOwned::to_owned)).unwrap();
    client
        .raw(method.clone(), path)
        .unwrap()
        .send()
        .await
        .unwrap()
        .status()
}
