//! Event streams: how many may be open, and that they end, with a word, when the process stops.

use std::sync::Arc;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use futures::{StreamExt as _, stream};
use tokio::sync::{Semaphore, watch};

use super::Edge;
use crate::{EdgeMetrics, Error};

/// What a stream ends with when the process stops: a comment, which every client passes over, and
/// whoever looks at the stream understands.
const FAREWELL: &[u8] = b": the server stops; follow on from the last id\n\n";

/// The places of one door.
#[derive(Debug, Clone)]
pub(crate) struct Streams {
    places: Arc<Semaphore>,
    most: usize,
    metrics: EdgeMetrics,
    stopping: watch::Receiver<bool>,
}

impl Streams {
    pub(crate) fn new(edge: &Edge) -> Self {
        let most = edge.limits.max_streams.min(Semaphore::MAX_PERMITS);
        Self {
            places: Arc::new(Semaphore::new(most)),
            most,
            metrics: edge.metrics.clone(),
            stopping: edge.stopping.clone(),
        }
    }
}

impl Streams {
    /// Gives an answer that is an event stream one of the places until it ends, and ends it when
    /// the process stops. An answer of another kind passes as it is.
    pub(crate) fn hold(&self, response: Response) -> Response {
        if !is_event_stream(&response) {
            return response;
        }
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            return Error::TooManyStreams(self.most).into_response();
        };
        let held = (place, self.metrics.stream());
        let stopping = self.stopping.clone();
        response.map(|body| {
            let chunks = body.into_data_stream();
            let open = Open {
                chunks,
                stopping,
                between_events: true,
                ended: false,
                _held: held,
            };
            Body::from_stream(stream::unfold(open, Open::next))
        })
    }
}

/// A stream that is held until it ends.
struct Open<H> {
    chunks: BodyDataStream,
    stopping: watch::Receiver<bool>,
    /// Whether what was sent so far ends with an event's end. A word in the middle of one would
    /// end it, and its half would be taken for the whole.
    between_events: bool,
    ended: bool,
    _held: H,
}

impl<H> Open<H> {
    async fn next(mut self) -> Option<(Result<Bytes, axum::Error>, Self)> {
        if self.ended {
            return None;
        }
        tokio::select! {
            biased;
            () = stopped(self.stopping.clone()) => {
                self.ended = true;
                self.between_events.then(|| (Ok(Bytes::from_static(FAREWELL)), self))
            }
            chunk = self.chunks.next() => {
                let chunk = chunk?;
                if let Ok(bytes) = &chunk {
                    self.between_events = bytes.ends_with(b"\n\n");
                }
                Some((chunk, self))
            }
        }
    }
}

async fn stopped(mut stopping: watch::Receiver<bool>) {
    // A sender that is gone has stopped too.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// Whether an answer is an event stream.
pub(crate) fn is_event_stream(response: &Response) -> bool {
    response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|text| text.starts_with("text/event-stream"))
}
