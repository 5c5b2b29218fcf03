//! An event stream goes on for as long as its caller may follow it.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::BodyDataStream;
use fleetscope_gateway::Gateway;
use fleetscope_identity::{Authenticator, Error, Known, Result};
use fleetscope_model::{AccessRole, Caller, ErrorKind};
use secrecy::SecretString;
use tokio::time::Instant;

use crate::fixture::{Fixture, get_as, send};
use crate::streams::{PATH, next_of, streaming};

/// What is said of the one caller there is.
#[derive(Clone, Copy)]
enum Word {
    Viewer,
    Admin,
    Refused,
    NoAnswer,
}

#[derive(Clone)]
struct Moody(Arc<Mutex<Word>>);

impl Moody {
    fn says(&self, word: Word) {
        *self.0.lock().unwrap() = word;
    }
}

#[async_trait]
impl Authenticator for Moody {
    async fn authenticate(&self, _: &SecretString, _: Option<IpAddr>) -> Result<Known> {
        let word = *self.0.lock().unwrap();
        match word {
            Word::Viewer => Ok(Caller::local("alice", AccessRole::Viewer).into()),
            Word::Admin => Ok(Caller::local("alice", AccessRole::Admin).into()),
            Word::Refused => Err(Error::UnknownToken),
            Word::NoAnswer => {
                let kind = ErrorKind::Unavailable;
                Err(fleetscope_ports::Error::new(kind, "away", "nobody answers").into())
            }
        }
    }
}

/// An open stream whose first event has come, and who decides about its caller.
async fn open() -> (BodyDataStream, Moody, Router) {
    let fixture = Fixture::new();
    let moody = Moody(Arc::new(Mutex::new(Word::Viewer)));
    let door = Gateway::new(fixture.edge.clone())
        .mount(streaming())
        .into_router(Arc::new(moody.clone()));
    let response = send(&door, get_as("any", PATH)).await;
    let mut body = response.into_body().into_data_stream();
    assert_eq!(next_of(&mut body).await.unwrap(), "data: first\n\n");
    // The sender of the edge's stop lives in the fixture.
    std::mem::forget(fixture);
    (body, moody, door)
}

/// After how long the stream ends, if it does within an hour.
async fn end(body: &mut BodyDataStream) -> Option<Duration> {
    let begun = Instant::now();
    let ended = tokio::time::timeout(Duration::from_hours(1), async {
        while next_of(body).await.is_some() {}
    });
    ended.await.ok().map(|()| begun.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_stream_goes_on_while_its_caller_may_follow_it() {
    let (mut body, _moody, _door) = open().await;
    assert_eq!(end(&mut body).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_soon_after_its_caller_is_refused_or_has_another_role() {
    for word in [Word::Refused, Word::Admin] {
        let (mut body, moody, _door) = open().await;
        moody.says(word);
        let ended = end(&mut body).await.expect("it ends");
        assert!(ended <= Duration::from_secs(10), "{ended:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_about_its_caller_a_stream_ends_within_half_a_minute() {
    let (mut body, moody, _door) = open().await;
    moody.says(Word::NoAnswer);
    let ended = end(&mut body).await.expect("it ends");
    assert!(ended <= Duration::from_secs(30), "{ended:?}");
    // A short outage ends nothing.
    let (mut body, moody, _door) = open().await;
    moody.says(Word::NoAnswer);
    let outage = tokio::time::timeout(Duration::from_secs(25), end(&mut body)).await;
    assert!(outage.is_err(), "{outage:?}");
    moody.says(Word::Viewer);
    assert_eq!(end(&mut body).await, None);
}
