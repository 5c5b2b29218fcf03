//! Who asks too often waits, and nobody else does.

use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;

use crate::fixture::{Fixture, assert_problem, echo, get_as, often, request, send};

const PATH: &str = "/api/v1/clusters";

#[tokio::test]
async fn one_caller_too_many_times_is_429_with_when_to_ask_again_and_others_go_on() {
    let mut fixture = Fixture::new();
    fixture.edge.rates.per_caller = often(3);
    let door = fixture.public(echo());
    for _ in 0..3 {
        assert_eq!(
            send(&door, get_as("viewer", PATH)).await.status(),
            StatusCode::OK
        );
    }
    let refused = send(&door, get_as("viewer", PATH)).await;
    assert_eq!(refused.headers().get("retry-after").unwrap(), "1");
    assert_problem(refused, StatusCode::TOO_MANY_REQUESTS, "too_many_requests").await;
    // Another caller, and one that nobody knows.
    let other = send(&door, get_as("operator", PATH)).await;
    assert_eq!(other.status(), StatusCode::OK);
    let unknown = send(&door, get_as("nobody", PATH)).await;
    assert_eq!(unknown.status(), StatusCode::UNAUTHORIZED);

    fixture.clock.advance(Duration::from_millis(334));
    let again = send(&door, get_as("viewer", PATH)).await;
    assert_eq!(again.status(), StatusCode::OK);
    let refused = send(&door, get_as("viewer", PATH)).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_route_may_have_a_rate_of_its_own() {
    let fixture = Fixture::new();
    let door = fixture.public(echo());
    let delete = |id: &str| {
        let headers = [("authorization", "Bearer admin")];
        request("DELETE", &format!("{PATH}/{id}"), &headers, Body::empty())
    };
    for id in ["a", "b"] {
        assert_eq!(send(&door, delete(id)).await.status(), StatusCode::OK);
    }
    let refused = send(&door, delete("c")).await;
    assert_problem(refused, StatusCode::TOO_MANY_REQUESTS, "too_many_requests").await;
    // The same caller on another route.
    let other = send(&door, get_as("admin", &format!("{PATH}/a"))).await;
    assert_eq!(other.status(), StatusCode::OK);
}
