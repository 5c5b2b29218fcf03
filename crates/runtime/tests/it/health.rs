//! `/health/detailed` of whole processes: what stops is named within five seconds, and each answer
//! comes within one.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get as on_get;
use serde_json::Value;
use tempfile::tempdir;
use tokio::task::JoinSet;
use url::Url;

use crate::fixture::{behind, bootstrap, gateway, get, run, whole};

/// How soon what stops is to be named.
const NAMED_WITHIN: Duration = Duration::from_secs(5);

/// The report, which must come within a second, but for how late this machine's own timers are.
async fn report(api: SocketAddr, token: &str) -> Value {
    let half = Duration::from_millis(500);
    let begun = Instant::now();
    let timer = async {
        tokio::time::sleep(half).await;
        begun.elapsed().saturating_sub(half)
    };
    let asked = async {
        let answer = get(api, "/health/detailed", token).await;
        (answer, begun.elapsed())
    };
    let (late, (answer, took)) = futures::future::join(timer, asked).await;
    assert!(
        took < Duration::from_secs(1) + late,
        "{took:?}, {late:?} late"
    );
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// Whether the report says so of a role, and, where named, of something that the role needs.
fn says(report: &Value, role: &str, need: Option<&str>, status: &str) -> bool {
    let roles = report["roles"].as_array().unwrap();
    let Some(role) = roles.iter().find(|known| known["role"] == role) else {
        return false;
    };
    let Some(need) = need else {
        return role["status"] == status;
    };
    let needs = role["dependencies"].as_array().unwrap();
    needs
        .iter()
        .any(|known| known["name"] == need && known["status"] == status)
}

async fn until(
    (api, token): (SocketAddr, &str),
    role: &str,
    need: Option<&str>,
    status: &str,
) -> Value {
    let named = async {
        loop {
            let report = report(api, token).await;
            if says(&report, role, need, status) {
                return report;
            }
            tokio::task::yield_now().await;
        }
    };
    let named = tokio::time::timeout(NAMED_WITHIN, named).await;
    named.unwrap_or_else(|_| panic!("{role} {need:?} is not {status}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_dependency_that_stops_is_named_and_named_well_again_when_it_is_back() {
    let dir = tempdir().unwrap();
    let mut config = whole(dir.path());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hub = listener.local_addr().unwrap();
    config.hub.url = Some(Url::parse(&format!("http://{hub}")).unwrap());
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        let router = Router::new().route("/version", on_get(async || "{}"));
        axum::serve(listener, router).await.unwrap();
    });
    let running = run(config).await;
    let (api, token) = (running.public.unwrap(), bootstrap(&running));
    let at = (api, token.as_str());
    let first = report(api, &token).await;
    assert_eq!(first["status"], "up", "{first}");
    for (role, need) in [
        ("collector", "cache"),
        ("streaming", "bus"),
        ("intelligence", "language_model"),
    ] {
        assert!(says(&first, role, Some(need), "not_configured"), "{first}");
    }

    // The object store.
    let (objects, away) = (dir.path().join("objects"), dir.path().join("away"));
    std::fs::rename(&objects, &away).unwrap();
    std::fs::write(&objects, "").unwrap();
    let down = until(at, "intelligence", Some("objects"), "down").await;
    assert_eq!(down["status"], "degraded");
    std::fs::remove_file(&objects).unwrap();
    std::fs::rename(&away, &objects).unwrap();
    until(at, "intelligence", Some("objects"), "up").await;

    // The hub.
    serving.shutdown().await;
    let down = until(at, "gateway", Some("hub"), "down").await;
    assert!(says(&down, "gateway", None, "degraded"), "{down}");
    assert!(!down.to_string().contains("127.0.0.1"), "{down}");
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_stops_is_named_by_the_gateway_apart_from_it() {
    let dirs = [tempdir().unwrap(), tempdir().unwrap()];
    let behind = run(behind(dirs[0].path())).await;
    let gateway = run(gateway(behind.inner.unwrap(), dirs[1].path())).await;
    let (api, token) = (gateway.public.unwrap(), bootstrap(&behind));
    let first = report(api, &token).await;
    assert_eq!(first["status"], "up", "{first}");
    assert!(says(&first, "registry", Some("database"), "up"), "{first}");
    assert_eq!(first["roles"].as_array().unwrap().len(), 5);
    behind.shutdown().await;
    let down = until((api, &token), "registry", None, "down").await;
    assert_eq!(down["status"], "down");
    gateway.shutdown().await;
}
