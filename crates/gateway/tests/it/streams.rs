//! Event streams at the public door: they flow, they have no time limit, they are counted, and
//! they end when the process stops.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use fleetscope_gateway::Limits;
use futures::{Stream, StreamExt as _, stream};
use prometheus_client::encoding::text::encode;

use crate::fixture::{Fixture, assert_problem, body_of, get_as, send};

pub(crate) const PATH: &str = "/api/v1/events/stream";

/// What a stream that ends with the process says last.
const FAREWELL: &str = ": the server stops; follow on from the last id\n\n";

/// A streaming role: one event, and then silence.
pub(crate) fn streaming() -> Router {
    Router::new().route(PATH, get(async || Sse::new(one_event())))
}

fn one_event() -> impl Stream<Item = Result<Event, Infallible>> {
    stream::iter([Ok(Event::default().data("first"))]).chain(stream::pending())
}

/// The next piece of a body, as text.
pub(crate) async fn next_of(body: &mut axum::body::BodyDataStream) -> Option<String> {
    let bytes = body.next().await?.unwrap();
    Some(String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn a_stream_outlives_the_time_limit_of_a_request_and_ends_when_the_process_stops() {
    let request_timeout = Duration::from_millis(50);
    let fixture = Fixture::with_limits(Limits {
        max_body: 1024,
        request_timeout,
        max_streams: 2,
    });
    let door = fixture.public(streaming());
    let response = send(&door, get_as("viewer", PATH)).await;
    let mut body = response.into_body().into_data_stream();
    assert_eq!(next_of(&mut body).await.unwrap(), "data: first\n\n");
    let silent = tokio::time::timeout(request_timeout * 3, next_of(&mut body)).await;
    assert!(silent.is_err(), "the stream ended or spoke: {silent:?}");
    fixture.stop.send_replace(true);
    assert_eq!(next_of(&mut body).await.as_deref(), Some(FAREWELL));
    assert_eq!(next_of(&mut body).await, None);
}

#[tokio::test]
async fn a_stream_that_is_stopped_within_an_event_ends_without_a_word() {
    let fixture = Fixture::new();
    let half = async || {
        let half = stream::iter([Ok::<_, Infallible>("data: a\n\ndata: b\n")]);
        let body = Body::from_stream(half.chain(stream::pending()));
        ([("content-type", "text/event-stream")], body)
    };
    let door = fixture.public(Router::new().route(PATH, get(half)));
    let response = send(&door, get_as("viewer", PATH)).await;
    let mut body = response.into_body().into_data_stream();
    assert!(next_of(&mut body).await.is_some());
    fixture.stop.send_replace(true);
    assert_eq!(next_of(&mut body).await, None);
}

#[tokio::test]
async fn one_stream_too_many_is_429_until_another_ends() {
    let fixture = Fixture::new();
    let door = fixture.public(streaming());
    let open = || fixture_gauge(&fixture);
    let first = send(&door, get_as("viewer", PATH)).await;
    let _second = send(&door, get_as("viewer", PATH)).await;
    assert_eq!(open(), 2);
    let third = send(&door, get_as("viewer", PATH)).await;
    assert_eq!(third.headers().get("retry-after").unwrap(), "1");
    assert_problem(third, StatusCode::TOO_MANY_REQUESTS, "too_many_streams").await;
    drop(first);
    assert_eq!(open(), 1);
    let third = send(&door, get_as("viewer", PATH)).await;
    assert_eq!(third.status(), StatusCode::OK);
}

#[tokio::test]
async fn what_is_no_stream_takes_no_place() {
    let fixture = Fixture::new();
    let slow = stream::iter([Ok::<_, Infallible>("a")]).chain(stream::pending());
    let slow = std::sync::Mutex::new(Some(Body::from_stream(slow)));
    let slow = std::sync::Arc::new(slow);
    let download = async move || slow.lock().unwrap().take().unwrap_or_default();
    let door = fixture.public(Router::new().route(PATH, get(download)));
    let _response = send(&door, get_as("viewer", PATH)).await;
    assert_eq!(fixture_gauge(&fixture), 0);
}

#[tokio::test]
async fn a_stream_that_begins_while_the_process_stops_ends_at_once() {
    let fixture = Fixture::new();
    fixture.stop.send_replace(true);
    let door = fixture.public(streaming());
    let response = send(&door, get_as("viewer", PATH)).await;
    assert_eq!(body_of(response).await, FAREWELL);
}

fn fixture_gauge(fixture: &Fixture) -> u32 {
    let mut text = String::new();
    encode(&mut text, &fixture.metrics).unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("fleetscope_http_streams "));
    line.unwrap().parse().unwrap()
}
