//! What web pages may ask, and what browsers are told.

use axum::body::Body;
use axum::http::StatusCode;

use crate::fixture::{Fixture, assert_problem, echo, request, send};

const PATH: &str = "/api/v1/clusters";
const LISTED: &str = "https://console.example.com";

#[tokio::test]
async fn a_foreign_page_changes_nothing_and_reads_nothing() {
    let door = Fixture::new().public(echo());
    for origin in [
        "https://evil.example.com",
        "null",
        "https://console.example.com.evil",
    ] {
        let headers = [
            ("authorization", "Bearer admin"),
            ("host", "fleet"),
            ("origin", origin),
        ];
        let response = send(&door, request("POST", PATH, &headers, "x")).await;
        assert_problem(response, StatusCode::FORBIDDEN, "origin_not_allowed").await;
        let response = send(&door, request("GET", PATH, &headers, Body::empty())).await;
        let allowed = response.headers().get("access-control-allow-origin");
        assert_eq!(allowed, None, "{origin}");
    }
}

#[tokio::test]
async fn our_own_and_listed_pages_may() {
    let door = Fixture::new().public(echo());
    for (origin, told) in [(LISTED, Some(LISTED)), ("http://fleet", None)] {
        let headers = [
            ("authorization", "Bearer admin"),
            ("host", "fleet"),
            ("origin", origin),
        ];
        let response = send(&door, request("POST", PATH, &headers, "x")).await;
        assert_eq!(response.status(), StatusCode::OK, "{origin}");
        let allowed = response.headers().get("access-control-allow-origin");
        assert_eq!(allowed.map(|value| value.to_str().unwrap()), told);
        assert_eq!(
            response.headers().get("access-control-allow-credentials"),
            None
        );
    }
}

#[tokio::test]
async fn a_listed_page_is_told_beforehand_what_it_may_send() {
    let door = Fixture::new().public(echo());
    let headers = [
        ("origin", LISTED),
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "authorization,if-match"),
    ];
    let response = send(&door, request("OPTIONS", PATH, &headers, Body::empty())).await;
    assert_eq!(response.status(), StatusCode::OK);
    let told = |name: &str| response.headers().get(name).unwrap().to_str().unwrap();
    assert_eq!(told("access-control-allow-origin"), LISTED);
    assert!(told("access-control-allow-methods").contains("PUT"));
    assert!(told("access-control-allow-headers").contains("if-match"));
}
