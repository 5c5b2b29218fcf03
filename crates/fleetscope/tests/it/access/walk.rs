//! Every route of the served document, as everybody: anonymous, viewer, operator, admin, and a
//! viewer of another cluster.

use fleetscope_client::Client;
use fleetscope_testkit::Shape;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::stage::{Stage, ask, told};

/// The path of a route with this id, and the parameters without which it is refused.
fn filled(path: &str, id: &str) -> String {
    let path = path.replace("{id}", id).replace("{name}", "app");
    let path = path.replace("{cluster}", id);
    match path.as_str() {
        "/api/v1/metrics/query" => format!("{path}?query=up&cluster={id}"),
        "/api/v1/alerts" | "/api/v1/alerts/groups" | "/api/v1/alerts/silences" => {
            format!("{path}?cluster={id}")
        }
        "/api/v1/alerts/silences/{silence_id}" => {
            format!("/api/v1/alerts/silences/1?cluster={id}")
        }
        "/api/v1/traces/services" | "/api/v1/traces/dependencies" => format!("{path}?cluster={id}"),
        "/api/v1/traces/{trace_id}" => format!("/api/v1/traces/1?cluster={id}"),
        "/api/v1/metrics/query_range" => {
            format!("{path}?query=up&start=1767268000&end=1767268800&step=60s&cluster={id}")
        }
        "/api/v1/metrics/series" => format!("{path}?match=up&cluster={id}"),
        path if path.starts_with("/api/v1/metrics/") => format!("{path}?cluster={id}"),
        path if path.starts_with("/prometheus/") && path.ends_with("/query_range")
            || path.ends_with("/query_exemplars") =>
        {
            format!("{path}?query=up&start=1767268000&end=1767268800&step=60s")
        }
        path if path.starts_with("/prometheus/") => format!("{path}?query=up&match[]=up"),
        // Without a body the query is refused as such.
        "/api/v1/logs/query" => path,
        path if path.starts_with("/api/v1/logs/") => {
            format!("{path}?label=app%3Dcart&cluster={id}")
        }
        _ => path,
    }
}

/// Method, path template and role of every route that asks for one.
async fn routes(client: &Client) -> Vec<(Method, String, usize)> {
    let document = ask(client, Method::GET, "/api/v1/openapi.json", None).await;
    let document: Value = document.json().await.unwrap();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(role) = operation["x-needs"]["role"].as_str() else {
                assert!(
                    operation["security"].is_null(),
                    "{method} {path} tells no role"
                );
                continue;
            };
            let rank = ROLES.iter().position(|known| *known == role).unwrap();
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            routes.push((method, path.clone(), rank));
        }
    }
    // Removals last: they take away what the others ask for.
    routes.sort_by_key(|(method, _, _)| *method == Method::DELETE);
    routes
}

const ROLES: [&str; 3] = ["viewer", "operator", "admin"];

#[tokio::test(flavor = "multi_thread")]
async fn every_route_lets_pass_whom_the_document_says_and_nobody_else() {
    let stage = Stage::set(Shape::One).await;
    let cluster = stage.cluster("mine").await;
    let other = stage.cluster("other").await;
    let people = [
        stage.person("vera", &["viewers"]),
        stage.person("oscar", &["operators"]),
        stage.person("anna", &["owners"]),
    ];
    let stranger = stage.person("sven", &["viewers"]);
    let every = ["get", "query", "update", "delete", "investigate", "silence"];
    for name in ["vera", "oscar", "anna"] {
        stage.let_use(name, &cluster, &every);
    }
    stage.let_use("sven", &other, &every);
    let nobody = Client::new(&stage.app.base, None).unwrap();
    let id = cluster.id.to_string();
    let routes = routes(&nobody).await;
    assert!(routes.len() > 20);
    for (method, template, least) in routes {
        let path = filled(&template, &id);
        let what = format!("{method} {path}");
        let anonymous = ask(&nobody, method.clone(), &path, None).await;
        assert_eq!(anonymous.status(), StatusCode::UNAUTHORIZED, "{what}");
        for (rank, client) in people.iter().enumerate() {
            let answer = ask(client, method.clone(), &path, None).await;
            let refused = answer.status() == StatusCode::FORBIDDEN;
            assert_eq!(
                refused,
                rank < least,
                "{what} as {}: {answer:?}",
                ROLES[rank]
            );
            assert_ne!(answer.status(), StatusCode::UNAUTHORIZED, "{what}");
        }
        // The viewer of another cluster: what names this one is not there.
        if path.contains(&id) && least == 0 {
            let hidden = told(ask(&stranger, method.clone(), &path, None).await, &id).await;
            assert_eq!(hidden.0, StatusCode::NOT_FOUND, "{what}");
            let never = "0197c0de-0000-7000-8000-000000000000";
            let absent = filled(&template, never);
            let absent = told(ask(&stranger, method, &absent, None).await, never).await;
            assert_eq!(hidden, absent, "{what}");
        }
    }
    stage.app.stop().await;
}
