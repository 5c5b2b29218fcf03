//! `GET /api/v1/events`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::{Event, Page};
use fleetscope_model::{EventKind, EventSeq};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::error::ApiError;
use crate::extract::{Asker, Params, limit};
use crate::services::Streams;
use crate::{convert, cursor};

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Only events after this place in the log.
    pub after: Option<u64>,
    /// The `next_cursor` of the part before; instead of `after`.
    pub cursor: Option<String>,
    /// Only these kinds, repeated; all where absent.
    #[serde(default)]
    pub kind: Vec<String>,
    /// At most this many events, 1 to 500; 50 where absent.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
}

/// List events, oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    tag = "events",
    params(Filter),
    responses((status = 200, body = Page<Event>)),
)]
pub async fn list(
    State(streams): State<Streams>,
    Asker(caller): Asker,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<Event>>, ApiError> {
    let after = place(filter.after, filter.cursor.as_deref())?;
    let (kinds, limit) = (kinds(&filter.kind)?, limit(filter.limit)?);
    let events = streams
        .streaming
        .events(&caller, after, &kinds, limit)
        .await?;
    let full = events.len() == limit as usize;
    let last = events
        .last()
        .filter(|_| full)
        .map(|event| cursor::encode(&event.seq.to_string()));
    let items = events.into_iter().map(convert::event).collect();
    Ok(Json(Page {
        items,
        next_cursor: last,
    }))
}

fn place(after: Option<u64>, cursor: Option<&str>) -> Result<EventSeq, ApiError> {
    match (after, cursor) {
        (Some(_), Some(_)) => Err(ApiError::invalid(
            "cursor",
            "give either after or cursor, not both",
        )),
        (after, None) => Ok(EventSeq(after.unwrap_or(0))),
        (None, Some(cursor)) => cursor::decode(cursor)?
            .parse()
            .map(EventSeq)
            .map_err(|_| ApiError::invalid("cursor", "this cursor is of another list")),
    }
}

/// The kinds that a caller named.
pub fn kinds(names: &[String]) -> Result<Vec<EventKind>, ApiError> {
    let find = |name: &String| {
        EventKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or_else(|| {
                let known: Vec<_> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
                ApiError::invalid(
                    "kind",
                    format!(
                        "there is no such kind of event; there are {}",
                        known.join(", ")
                    ),
                )
            })
    };
    names.iter().map(find).collect()
}
