//! `GET /api/v1/events/stream`

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use fleetscope_model::{Event, EventSeq};
use fleetscope_streaming::Subscription;
use futures::{Stream, StreamExt, future};
use serde::Deserialize;
use utoipa::IntoParams;

use super::list::kinds;
use crate::convert;
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::services::Streams;

/// How often an idle stream shows that it lives; below the usual 60 s of proxies.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Where to begin, and which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct From {
    /// Begin after this place in the log; with what is new where absent. The header
    /// `Last-Event-ID` goes before it.
    pub after: Option<u64>,
    /// Only these kinds, repeated; all where absent.
    #[serde(default)]
    pub kind: Vec<String>,
}

/// Follow events as they happen, as server-sent events. `id` is the place in the log, `event` the
/// kind, `data` the event as JSON.
#[utoipa::path(
    get,
    path = "/api/v1/events/stream",
    tag = "events",
    params(From, ("Last-Event-ID" = Option<u64>, Header, description = "Begin after this place")),
    responses((status = 200, body = String, content_type = "text/event-stream")),
)]
pub async fn stream(
    State(streams): State<Streams>,
    Asker(caller): Asker,
    headers: HeaderMap,
    Params(from): Params<From>,
) -> Result<Sse<impl Stream<Item = Result<SseEvent, Infallible>>>, ApiError> {
    let after = last_event_id(&headers)?.or(from.after).map(EventSeq);
    let subscription = Subscription {
        after,
        kinds: kinds(&from.kind)?,
    };
    let events = streams.streaming.subscribe(&caller, subscription)?;
    let mut stopping = streams.stopping.clone();
    let stopped = async move {
        // A sender that is gone means that the process is going, too.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    };
    let frames = events
        .take_while(|event| future::ready(event.is_ok()))
        .filter_map(|event| future::ready(event.ok().map(|event| Ok(frame(event)))))
        .take_until(Box::pin(stopped));
    Ok(Sse::new(frames).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

fn frame(event: Event) -> SseEvent {
    let event = convert::event(event);
    let data = serde_json::to_string(&event).unwrap_or_default();
    SseEvent::default()
        .id(event.seq.to_string())
        .event(event.kind)
        .data(data)
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, ApiError> {
    let Some(value) = headers.get("last-event-id") else {
        return Ok(None);
    };
    let place = value.to_str().ok().and_then(|text| text.parse().ok());
    place.map(Some).ok_or_else(|| {
        ApiError::invalid(
            "Last-Event-ID",
            "give the id of the last event that was seen",
        )
    })
}
