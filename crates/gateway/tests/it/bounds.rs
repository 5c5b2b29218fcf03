//! Bodies that are too long or too slow, and requests that take too long.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::routing::get;
use fleetscope_gateway::Limits;
use futures::{StreamExt as _, stream};

use crate::fixture::{Fixture, assert_problem, echo, get_as, json_of, request, send};

const ADMIN: (&str, &str) = ("authorization", "Bearer admin");

fn post(headers: &[(&str, &str)], body: impl Into<Body>) -> axum::extract::Request {
    let headers = [headers, &[ADMIN]].concat();
    request("POST", "/api/v1/clusters", &headers, body)
}

/// A body that comes in pieces and does not say how long it is.
fn chunks(count: usize) -> Body {
    let chunk = Bytes::from_static(&[b'x'; 100]);
    Body::from_stream(stream::iter(
        (0..count).map(move |_| Ok::<_, std::io::Error>(chunk.clone())),
    ))
}

fn impatient() -> Fixture {
    Fixture::with_limits(Limits {
        max_body: 1024,
        request_timeout: Duration::from_millis(50),
        max_streams: 2,
    })
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_taken() {
    let door = Fixture::new().public(echo());
    let response = send(&door, post(&[], "x".repeat(1024))).await;
    assert_eq!(
        json_of(response).await["body"].as_str().unwrap().len(),
        1024
    );
    let response = send(&door, post(&[], chunks(10))).await;
    assert_eq!(
        json_of(response).await["body"].as_str().unwrap().len(),
        1000
    );
}

#[tokio::test]
async fn a_body_that_says_it_is_too_long_is_413_before_it_is_read() {
    let door = Fixture::new().public(echo());
    let never = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
    let response = send(&door, post(&[("content-length", "1025")], never)).await;
    assert_problem(response, StatusCode::PAYLOAD_TOO_LARGE, "body_too_large").await;
}

#[tokio::test]
async fn a_body_that_turns_out_too_long_is_413_whatever_the_handler_made_of_it() {
    let door = Fixture::new().public(echo());
    let response = send(&door, post(&[], chunks(11))).await;
    assert_problem(response, StatusCode::PAYLOAD_TOO_LARGE, "body_too_large").await;
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_408() {
    let door = impatient().public(echo());
    let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"x"))]);
    let body = Body::from_stream(first.chain(stream::pending()));
    let response = send(&door, post(&[], body)).await;
    assert_problem(response, StatusCode::REQUEST_TIMEOUT, "body_too_slow").await;
}

#[tokio::test]
async fn a_handler_that_does_not_answer_is_504() {
    let hanging = Router::new().route("/api/v1/clusters", get(std::future::pending::<()>));
    let door = impatient().public(hanging);
    let response = send(&door, get_as("viewer", "/api/v1/clusters")).await;
    assert_problem(response, StatusCode::GATEWAY_TIMEOUT, "request_timeout").await;
}
