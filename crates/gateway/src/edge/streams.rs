//! Event streams: how many may be open, and that they end when the process stops.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use futures::StreamExt as _;
use tokio::sync::{Semaphore, watch};

use super::Edge;
use crate::{EdgeMetrics, Error};

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
            let chunks = body.into_data_stream().take_until(stopped(stopping));
            Body::from_stream(chunks.map(move |chunk| {
                let _until_the_stream_is_dropped = &held;
                chunk
            }))
        })
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
