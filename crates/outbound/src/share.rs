//! Reads that several want at the same time are made once, and answers that can't change any more
//! are kept for a while.
//!
//! What may be shared is known by a key that holds everything that the request holds, and the
//! scope of whoever asks: two callers whose rights differ never see each other's answer, also where
//! the bytes that are sent were the same. Of an answer only status, media type and body are kept,
//! never a header.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use fleetscope_model::{ClusterId, GapKind, Source};
use futures::FutureExt as _;
use futures::future::{Shared, WeakShared};
use http::{HeaderValue, Method};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tokio::time::{Instant, timeout_at};

use crate::answer::Answer;
use crate::exchange::late;
use crate::failure::Failure;
use crate::room::Room;
use crate::upstream::{Upstream, encode, target_of};

/// How long an answer is kept: long enough for a dashboard that is looked at, short enough that
/// what an operator deletes from a server is soon gone here, too.
const KEPT: Duration = Duration::from_mins(5);

/// Flights before the map is swept of those that have landed.
const SWEEP: usize = 256;

/// What an answer may be shared by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sharing {
    /// What those who may share it have in common: the state of the endpoint's description, and
    /// what they may see.
    pub scope: String,
    /// Whether the answer will be the same whenever it is asked for.
    pub closed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    cluster: ClusterId,
    source: Source,
    target: String,
    body: String,
    scope: String,
}

type Landing = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send>>;

/// Answers that are under way, and those that are kept.
pub(crate) struct Shelf {
    flights: Mutex<HashMap<Key, WeakShared<Landing>>>,
    kept: Cache<Key, (Instant, Answer), Weight>,
    /// The largest answer that is kept.
    largest: usize,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Key, (Instant, Answer)> for Weight {
    fn weight(&self, key: &Key, (_, answer): &(Instant, Answer)) -> u64 {
        weight(key, answer) as u64
    }
}

/// Bytes that an entry takes.
fn weight(key: &Key, answer: &Answer) -> usize {
    let strings = key.target.len() + key.body.len() + key.scope.len();
    size_of::<(Key, Answer)>() + strings + answer.body.len()
}

impl Shelf {
    /// Keeps so many bytes of answers at most.
    pub(crate) fn new(bytes: u64) -> Self {
        const USUAL: u64 = 16 * 1024;
        let items = usize::try_from(bytes / USUAL).unwrap_or(usize::MAX).max(16);
        Self {
            flights: Mutex::default(),
            kept: Cache::with_weighter(items, bytes, Weight),
            largest: usize::try_from(bytes / 8).unwrap_or(usize::MAX),
        }
    }

    fn kept(&self, key: &Key) -> Option<Answer> {
        let (at, answer) = self.kept.get(key)?;
        if at.elapsed() < KEPT {
            return Some(answer);
        }
        self.kept.remove(key);
        None
    }

    fn keep(&self, key: Key, answer: &Answer) {
        if weight(&key, answer) <= self.largest {
            // In bytes of its own: those that were read hold room until they are gone.
            let answer = Answer {
                body: Bytes::copy_from_slice(&answer.body),
                room: Room::default(),
                ..answer.clone()
            };
            self.kept.insert(key, (Instant::now(), answer));
        }
    }

    /// Bytes that are kept.
    pub(crate) fn weight(&self) -> u64 {
        self.kept.weight()
    }

    /// The flight for this key, and whether somebody else began it.
    fn board(&self, key: &Key, begin: impl FnOnce() -> Landing) -> (Shared<Landing>, bool) {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(key).and_then(WeakShared::upgrade) {
            return (flight, true);
        }
        if flights.len() >= SWEEP {
            flights.retain(|_, flight| flight.upgrade().is_some());
        }
        let flight = begin().shared();
        if let Some(weak) = flight.downgrade() {
            flights.insert(key.clone(), weak);
        }
        (flight, false)
    }

    fn landed(&self, key: &Key) {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if flights.get(key).is_some_and(|f| f.upgrade().is_none()) {
            flights.remove(key);
        }
    }
}

impl Upstream {
    /// A read by POST of form fields, repeated like a GET where nobody was there. With `sharing`,
    /// one call answers all who ask the same at the same time, and an answer that can't change is
    /// kept.
    pub async fn read_form(
        &self,
        path: &str,
        query: &[(&str, &str)],
        form: &[(&str, &str)],
        sharing: &Sharing,
    ) -> Result<Answer, Failure> {
        const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
        let read = Read {
            method: Method::POST,
            target: target_of(path, query),
            body: encode(form),
            content_type: Some(FORM),
        };
        self.read(read, sharing).await
    }

    /// A GET, shared as [`Self::read_form`] is.
    pub async fn read_get(
        &self,
        path: &str,
        query: &[(&str, &str)],
        sharing: &Sharing,
    ) -> Result<Answer, Failure> {
        let read = Read {
            method: Method::GET,
            target: target_of(path, query),
            body: String::new(),
            content_type: None,
        };
        self.read(read, sharing).await
    }

    async fn read(&self, read: Read, sharing: &Sharing) -> Result<Answer, Failure> {
        let source = self.key.source;
        let key = Key {
            cluster: self.key.cluster,
            source,
            target: read.target.clone(),
            body: read.body.clone(),
            scope: sharing.scope.clone(),
        };
        let (shelf, metrics) = (&self.parts.shelf, &self.parts.metrics);
        if let Some(answer) = shelf.kept(&key).filter(|_| sharing.closed) {
            metrics.spared(source, "kept");
            return Ok(answer);
        }
        let limit = self.limit();
        let (flight, joined) = shelf.board(&key, || self.clone().carry_out(read.clone()));
        if joined {
            metrics.spared(source, "joined");
        }
        let landed = timeout_at(limit, flight).await;
        shelf.landed(&key);
        let mut result = landed.unwrap_or_else(|_| Err(late(self.place())));
        // Whoever began it had less time left than we have.
        let early = |f: &Failure| matches!(f.kind, GapKind::Timeout | GapKind::Overloaded);
        let time_left = limit.saturating_duration_since(Instant::now());
        if joined && result.as_ref().is_err_and(early) && time_left > self.parts.options.timeout / 4
        {
            result = self.clone().carry_out(read).await;
        }
        if let Ok(answer) = &result
            && sharing.closed
            && answer.status.is_success()
        {
            shelf.keep(key, answer);
            metrics.keeping(shelf.weight());
        }
        result
    }

    fn carry_out(self, read: Read) -> Landing {
        let Read {
            method,
            target,
            body,
            content_type,
        } = read;
        let upstream = self.reading();
        Box::pin(async move {
            let body = Bytes::from(body);
            upstream.call(method, &target, body, content_type).await
        })
    }
}

#[derive(Clone)]
struct Read {
    method: Method,
    target: String,
    body: String,
    content_type: Option<HeaderValue>,
}
