//! `/health/detailed`: each thing that stops is named, in both shapes, in time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::StatusCode;
use fleetscope_gateway::{Everywhere, Gateway, Probe, inner_router};
use fleetscope_model::Role;
use serde_json::Value;

use crate::fixture::{
    Fixture, NoAudit, assert_problem, body_of, echo, get_as, json_of, request, send, signing,
};

const PATH: &str = "/health/detailed";

/// A question that fails while the switch is on.
fn breakable(role: Role, name: &'static str, broken: &Arc<AtomicBool>) -> Probe {
    let broken = broken.clone();
    Probe::required(role, name, move || {
        let broken = broken.load(Ordering::SeqCst);
        async move {
            if broken {
                Err("it is gone".to_owned())
            } else {
                Ok(())
            }
        }
    })
}

/// The report, which must come within a second, but for how late this machine's own timers are.
async fn report(door: &Router) -> Value {
    let half = Duration::from_millis(500);
    let begun = Instant::now();
    let timer = async {
        tokio::time::sleep(half).await;
        begun.elapsed().saturating_sub(half)
    };
    let asked = async {
        let response = send(door, get_as("viewer", PATH)).await;
        (response, begun.elapsed())
    };
    let (late, (response, took)) = futures::join!(timer, asked);
    assert!(
        took < Duration::from_secs(1) + late,
        "{took:?}, {late:?} late"
    );
    assert_eq!(response.status(), StatusCode::OK);
    json_of(response).await
}

/// What is not up, by role and name.
fn troubles(report: &Value) -> Vec<String> {
    let roles = report["roles"].as_array().unwrap();
    let mut troubles = Vec::new();
    for role in roles.iter().filter(|role| role["status"] != "up") {
        let name = role["role"].as_str().unwrap();
        let needs = role["dependencies"].as_array().unwrap();
        let down = needs.iter().filter(|need| need["status"] == "down");
        let down: Vec<_> = down.map(|need| need["name"].as_str().unwrap()).collect();
        troubles.push(format!("{name} {}: {}", role["status"], down.join(",")));
    }
    troubles
}

#[tokio::test]
async fn it_wants_a_token_and_any_will_do() {
    let fixture = Fixture::new();
    let health = Everywhere::new(fixture.board(Role::Gateway, Vec::new()), Vec::new());
    let door = Gateway::new(fixture.edge.clone())
        .health(Arc::new(health))
        .into_router(fixture.people());
    let nobody = send(&door, request("GET", PATH, &[], "")).await;
    assert_problem(nobody, StatusCode::UNAUTHORIZED, "unauthenticated").await;
    let report = report(&door).await;
    assert_eq!(report["status"], "up");
    assert_eq!(report["roles"][0]["role"], "gateway");
}

#[tokio::test]
async fn a_process_that_stops_or_hangs_is_named_and_the_rest_is_reported() {
    let mut fixture = Fixture::new();
    let broken = Arc::new(AtomicBool::new(false));
    let probes = vec![
        breakable(Role::Registry, "database", &broken),
        Probe::not_configured(Role::Registry, "hub"),
    ];
    let inner = inner_router(
        &fixture.edge,
        signing('k'),
        (fixture.people(), Arc::new(NoAudit)),
        vec![echo()],
        fixture.board(Role::Registry, probes),
    );
    let registry = fixture.serve(inner).await;
    // A socket that takes connections and never says anything.
    let hanging = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = crate::forwarding::nobody();
    let remotes = vec![
        fixture.remote(Role::Registry, registry),
        fixture.remote(Role::Collector, hanging.local_addr().unwrap()),
        fixture.remote(Role::Streaming, gone),
    ];
    let health = Everywhere::new(fixture.board(Role::Gateway, Vec::new()), remotes);
    let door = Gateway::new(fixture.edge.clone())
        .health(Arc::new(health))
        .into_router(fixture.people());

    let first = report(&door).await;
    assert_eq!(first["status"], "degraded");
    assert_eq!(
        troubles(&first),
        ["collector \"down\": ", "streaming \"down\": "]
    );
    let registry = &first["roles"].as_array().unwrap()[1];
    assert_eq!(registry["role"], "registry");
    assert_eq!(registry["dependencies"][1]["status"], "not_configured");
    assert!(registry["dependencies"][0]["latency_ms"].as_f64().unwrap() < 500.0);

    broken.store(true, Ordering::SeqCst);
    let named = async {
        loop {
            let now = report(&door).await;
            if troubles(&now).contains(&"registry \"down\": database".to_owned()) {
                return now;
            }
            // A report is kept for a second.
            fixture.clock.advance(Duration::from_secs(1));
        }
    };
    let now = tokio::time::timeout(Duration::from_secs(5), named)
        .await
        .unwrap();
    assert_eq!(now["status"], "down");
    let database = &now["roles"][1]["dependencies"][0];
    assert_eq!(database["last_error"]["message"], "it is gone");
    assert!(database["since"].as_str().is_some());
}

#[tokio::test]
async fn how_a_process_fares_is_said_to_gateways_only() {
    let fixture = Fixture::new();
    let door = fixture.inner(echo());
    let path = "/internal/v1/health";
    let refused = send(&door, get_as("admin", path)).await;
    assert_problem(refused, StatusCode::UNAUTHORIZED, "caller_refused").await;
    let public = fixture.public(echo());
    let hidden = send(&public, get_as("admin", path)).await;
    assert_eq!(hidden.status(), StatusCode::NOT_FOUND);
    assert!(!body_of(hidden).await.contains("database"));
}
