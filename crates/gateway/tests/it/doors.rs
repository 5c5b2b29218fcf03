//! What the public door does to every request.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, StatusCode};
use axum::routing::get;
use fleetscope_api::TABLE;
use fleetscope_gateway::{Everywhere, Gateway};
use fleetscope_model::Role;
use prometheus_client::encoding::text::encode;

use crate::fixture::{Fixture, assert_problem, body_of, echo, get_as, json_of, request, send};

#[tokio::test]
async fn an_unknown_path_is_a_problem() {
    let door = Fixture::new().public(echo());
    for path in [
        "/",
        "/api/v1/nothing",
        "/api/v1/clusters/",
        "/internal/v1/authenticate",
    ] {
        let response = send(&door, get_as("admin", path)).await;
        assert_problem(response, StatusCode::NOT_FOUND, "no_such_path").await;
    }
}

#[tokio::test]
async fn a_wrong_method_is_a_problem_that_says_which_are_right() {
    let door = Fixture::new().public(echo());
    let wrong = request("PATCH", "/api/v1/clusters", &[], Body::empty());
    let response = send(&door, wrong).await;
    assert_eq!(response.headers().get("allow").unwrap(), "GET, POST");
    assert_problem(
        response,
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
    )
    .await;
}

#[tokio::test]
async fn the_document_and_the_login_answer_anybody_and_no_other_route_does() {
    let mut fixture = Fixture::new();
    let nowhere = fixture.serve(Router::new()).await;
    fixture.clock.advance(Duration::from_mins(1));
    let all = [
        Role::Registry,
        Role::Collector,
        Role::Streaming,
        Role::Intelligence,
    ]
    .into_iter()
    .fold(Gateway::new(fixture.edge.clone()), |gateway, role| {
        gateway.forward(fixture.remote(role, nowhere))
    });
    let health = Everywhere::new(fixture.board(Role::Gateway, Vec::new()), Vec::new());
    let door = all.health(Arc::new(health)).into_router(fixture.people());
    for route in TABLE {
        let path = route
            .path
            .replace("{id}", "0192f0c1-2d3e-7abc-8def-0123456789ab")
            .replace("{field}", "shared")
            .replace("{name}", "job")
            .replace("{trace_id}", "0123456789abcdef")
            .replace("{silence_id}", "1")
            .replace("{cluster}", "fleet");
        assert!(!path.contains('{'), "{path}");
        for (headers, code) in [
            (&[][..], "unauthenticated"),
            (&[("authorization", "Bearer nobody")], "token_invalid"),
            (&[("authorization", "Bearer brief")], "token_expired"),
            (
                &[("authorization", "Basic YTpi")],
                "authorization_malformed",
            ),
        ] {
            let asked = request(route.method, &path, headers, Body::empty());
            let response = send(&door, asked).await;
            if route.permission.is_none() {
                let expected = match route.path {
                    "/api/v1/openapi.json" => StatusCode::OK,
                    // There is no session to end.
                    "/auth/logout" => StatusCode::NO_CONTENT,
                    // Browsers can't log in here.
                    _ => StatusCode::NOT_FOUND,
                };
                assert_eq!(response.status(), expected, "{route:?}");
            } else {
                assert_problem(response, StatusCode::UNAUTHORIZED, code).await;
            }
        }
    }
    let document = send(
        &door,
        request("GET", "/api/v1/openapi.json", &[], Body::empty()),
    )
    .await;
    let document = json_of(document).await;
    assert_eq!(document["openapi"].as_str().map(|v| &v[..4]), Some("3.1."));
}

#[tokio::test]
async fn a_panic_is_a_problem_without_details_and_the_door_goes_on() {
    let panicking = Router::new().route("/api/v1/clusters", get(panics).post(panics));
    let door = Fixture::new().public(panicking);
    let response = send(&door, get_as("viewer", "/api/v1/clusters")).await;
    let problem = assert_problem(response, StatusCode::INTERNAL_SERVER_ERROR, "internal").await;
    assert!(!problem.to_string().contains("secret detail"), "{problem}");
    let again = send(&door, get_as("viewer", "/api/v1/nothing")).await;
    assert_eq!(again.status(), StatusCode::NOT_FOUND);
}

async fn panics() {
    panic!("secret detail");
}

#[tokio::test]
async fn a_request_keeps_a_sane_id_and_gets_one_otherwise() {
    let door = Fixture::new().public(echo());
    let asked = async |id: &str| {
        let headers = [("authorization", "Bearer viewer"), ("x-request-id", id)];
        let response = send(
            &door,
            request("GET", "/api/v1/clusters", &headers, Body::empty()),
        )
        .await;
        let outward = response.headers().get("x-request-id").unwrap().clone();
        let inward = json_of(response).await["headers"]["x-request-id"].clone();
        assert_eq!(inward, outward.to_str().unwrap());
        outward.to_str().unwrap().to_owned()
    };
    assert_eq!(asked("trace-7.a_B").await, "trace-7.a_B");
    for bad in ["", "two words", &"x".repeat(65), "a;b"] {
        let made = asked(bad).await;
        // Version 7 UUIDs of the hand-moved clock's instant.
        assert!(made.starts_with("019ca8d7-2d00-7"), "{made}");
    }
}

#[tokio::test]
async fn answers_carry_the_protective_headers() {
    let door = Fixture::new().public(echo());
    let response = send(&door, get_as("viewer", "/api/v1/clusters")).await;
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        (
            "content-security-policy",
            "default-src 'none'; frame-ancestors 'none'",
        ),
    ] {
        assert_eq!(response.headers().get(name).unwrap(), value);
    }
}

#[tokio::test]
async fn requests_are_counted_by_template_and_callers_cannot_make_series() {
    let fixture = Fixture::new();
    let door = fixture.public(echo());
    for id in ["a", "b", "c"] {
        send(&door, get_as("viewer", &format!("/api/v1/clusters/{id}"))).await;
        send(&door, get_as("viewer", &format!("/nothing/{id}"))).await;
        let odd = Method::from_bytes(format!("ODD{id}").as_bytes()).unwrap();
        send(
            &door,
            request(odd.as_str(), "/api/v1/clusters", &[], Body::empty()),
        )
        .await;
    }
    let mut text = String::new();
    encode(&mut text, &fixture.metrics).unwrap();
    let counts: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("http_server_request_duration_seconds_count"))
        .collect();
    let mut expected = vec![
        r#"{door="public",http_request_method="GET",http_route="/api/v1/clusters/{id}",http_response_status_code="200"} 3"#,
        r#"{door="public",http_request_method="GET",http_route="",http_response_status_code="404"} 3"#,
        r#"{door="public",http_request_method="_OTHER",http_route="/api/v1/clusters",http_response_status_code="405"} 3"#,
    ];
    expected.sort_unstable();
    let mut counts = counts;
    counts.sort_unstable();
    assert_eq!(counts, expected);
}

#[tokio::test]
async fn head_is_get_without_its_body() {
    let door = Fixture::new().public(echo());
    let head = request(
        "HEAD",
        "/api/v1/clusters",
        &[("authorization", "Bearer viewer")],
        Body::empty(),
    );
    let response = send(&door, head).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(body_of(response).await, "");
    let refused = request("HEAD", "/api/v1/clusters", &[], Body::empty());
    let response = send(&door, refused).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}
