//! `/health/detailed` of whole processes: what stops is named within five seconds, and each answer
//! comes within one.

use std::io::Read as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get as on_get;
use fleetscope_config::AuthenticatorKind;
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
        ("gateway", "issuer"),
        ("gateway", "traces"),
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

/// A server that answers every path with this, and ends with the value.
async fn server(answer: impl Fn(SocketAddr) -> String) -> (SocketAddr, JoinSet<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let answer = answer(at);
    let router = Router::new().fallback(move || async move { answer });
    let mut serving = JoinSet::new();
    serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
    (at, serving)
}

/// Another program that writes to the database, until it is told to end.
struct OtherWriter(std::process::Child);

impl OtherWriter {
    fn begin(database: &std::path::Path) -> Self {
        let code = "import sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute('BEGIN IMMEDIATE')
print('begun', flush=True)
sys.stdin.read()";
        let mut child = std::process::Command::new("python3")
            .args(["-c", code])
            .arg(database)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut begun = [0; 5];
        child
            .stdout
            .as_mut()
            .unwrap()
            .read_exact(&mut begun)
            .unwrap();
        Self(child)
    }

    fn end(mut self) {
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_held_or_gone_is_named_and_the_process_is_unready() {
    let dir = tempdir().unwrap();
    let running = run(whole(dir.path())).await;
    let (api, token) = (running.public.unwrap(), bootstrap(&running));
    let at = (api, token.as_str());
    until(at, "registry", Some("database"), "up").await;
    let database = dir.path().join("fleetscope.db");

    let writer = OtherWriter::begin(&database);
    let down = until(at, "registry", Some("database"), "down").await;
    assert_eq!(down["status"], "degraded");
    assert_eq!(get(running.admin, "/readyz", "").await.status, 503);
    writer.end();
    until(at, "registry", Some("database"), "up").await;

    let away = dir.path().join("away.db");
    std::fs::rename(&database, &away).unwrap();
    let down = until(at, "registry", Some("database"), "down").await;
    assert!(down.to_string().contains("removed or replaced"), "{down}");
    // Another file in its place is not it.
    std::fs::write(&database, "").unwrap();
    assert!(says(
        &report(api, &token).await,
        "registry",
        Some("database"),
        "down"
    ));
    std::fs::rename(&away, &database).unwrap();
    until(at, "registry", Some("database"), "up").await;

    std::fs::rename(dir.path().join("objects"), dir.path().join("away")).unwrap();
    until(at, "intelligence", Some("objects"), "down").await;
    std::fs::rename(dir.path().join("away"), dir.path().join("objects")).unwrap();
    until(at, "intelligence", Some("objects"), "up").await;
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_and_a_receiver_of_traces_that_stop_are_named_and_nothing_else_is_down() {
    let dir = tempdir().unwrap();
    let discovery = |at: SocketAddr| {
        let url = format!("http://{at}");
        serde_json::json!({
            "issuer": url, "jwks_uri": format!("{url}/keys"),
            "authorization_endpoint": url, "token_endpoint": url,
        })
        .to_string()
    };
    let (issuer, mut issuing) = server(discovery).await;
    let (receiver, mut receiving) = server(|_| String::new()).await;
    let mut config = whole(dir.path());
    config.identity.oidc.issuer = Some(format!("http://{issuer}"));
    config.identity.oidc.audiences = vec!["fleetscope".to_owned()];
    let authenticators = vec![AuthenticatorKind::Local, AuthenticatorKind::Oidc];
    config.identity.authenticators = authenticators;
    config.traces.endpoint = Some(Url::parse(&format!("http://{receiver}")).unwrap());
    let running = run(config).await;
    let (api, token) = (running.public.unwrap(), bootstrap(&running));
    let at = (api, token.as_str());
    let first = report(api, &token).await;
    assert_eq!(first["status"], "up", "{first}");
    for (name, stopped) in [("traces", &mut receiving), ("issuer", &mut issuing)] {
        assert!(says(&first, "gateway", Some(name), "up"), "{first}");
        stopped.shutdown().await;
        let down = until(at, "gateway", Some(name), "down").await;
        assert!(says(&down, "gateway", None, "degraded"), "{down}");
        assert!(says(&down, "registry", None, "up"), "{down}");
        assert!(!down.to_string().contains("127.0.0.1"), "{down}");
        assert_eq!(get(running.admin, "/readyz", "").await.status, 200);
    }
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
