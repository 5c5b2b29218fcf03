//! Answers that come cluster by cluster, for whoever asks for server-sent events: the slowest
//! cluster holds up nobody else's part.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::header::ACCEPT;
use axum::http::request::Parts;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use fleetscope_client::wire::{ClusterPart, Gap, PartsEnd};
use fleetscope_ports::{Coming, OfCluster};
use futures::{StreamExt as _, future, stream};
use serde::Serialize;
use tokio::sync::watch;

use crate::error::ApiError;

/// How often an answer that waits for a cluster shows that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Whether the caller takes the answer as it comes: `Accept: text/event-stream`.
#[derive(Debug, Clone, Copy)]
pub struct AsItComes(pub bool);

impl<S: Send + Sync> FromRequestParts<S> for AsItComes {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let all = parts.headers.get_all(ACCEPT).iter();
        let mut kinds = all.filter_map(|value| value.to_str().ok());
        Ok(Self(kinds.any(names_events)))
    }
}

/// Whether a header's value names event streams and does not refuse them.
fn names_events(accept: &str) -> bool {
    let mut kinds = accept
        .split(',')
        .map(|kind| kind.trim().to_ascii_lowercase());
    kinds.any(|kind| {
        let mut parameters = kind.split(';').map(str::trim);
        let named = parameters.next() == Some("text/event-stream");
        named && !parameters.any(|one| matches!(one, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

/// The parts of an answer, each shown as the answer of one cluster, and the gaps in it.
pub(crate) fn response<M: Send + 'static, W: Serialize + 'static>(
    coming: Coming<M>,
    show: impl Fn(M) -> W + Send + 'static,
    gaps: fn(&W) -> &[Gap],
    mut stopping: watch::Receiver<bool>,
) -> Response {
    let stopped = async move {
        // A sender that is gone means that the process is going, too.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    };
    let mut end = PartsEnd {
        clusters: 0,
        gaps: Vec::new(),
    };
    // What comes after the last part is the end, unless the rest can't be known.
    let marked = coming.map(Some).chain(stream::iter([None]));
    let events = marked.scan(false, move |failed, next| {
        if *failed {
            return future::ready(None);
        }
        future::ready(Some(match next {
            Some(Ok(part)) => event("part", &of_cluster(part, &show, gaps, &mut end)),
            Some(Err(error)) => {
                *failed = true;
                event("error", &ApiError::from(error).problem())
            }
            None => event("end", &end),
        }))
    });
    let events = events
        .map(Ok::<_, Infallible>)
        .take_until(Box::pin(stopped));
    let events = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    events.into_response()
}

fn of_cluster<M, W>(
    found: OfCluster<M>,
    show: &impl Fn(M) -> W,
    gaps: fn(&W) -> &[Gap],
    end: &mut PartsEnd,
) -> ClusterPart<W> {
    let answer = show(found.part);
    end.clusters += 1;
    end.gaps.extend_from_slice(gaps(&answer));
    ClusterPart {
        cluster: found.cluster.uuid(),
        cluster_name: found.name,
        answer,
    }
}

fn event(name: &str, data: &impl Serialize) -> Event {
    let data = serde_json::to_string(data).unwrap_or_default();
    Event::default().event(name).data(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_stream_is_given_to_whoever_names_it() {
        for accept in [
            "text/event-stream",
            "application/json, Text/Event-Stream;q=0.5",
        ] {
            assert!(names_events(accept), "{accept}");
        }
        for accept in [
            "*/*",
            "application/json",
            "text/*",
            "text/event-stream;q=0",
            "text/event-streams",
        ] {
            assert!(!names_events(accept), "{accept}");
        }
    }
}
