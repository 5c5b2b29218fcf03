//! `GET /api/v1/logs/tail`

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use fleetscope_client::wire::LogTenant;
use fleetscope_model::{LogPlace, TailQuestion, TailRecord};
use futures::{Stream, StreamExt};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::convert::{logs, selection, time};
use crate::error::ApiError;
use crate::extract::{Asker, Params};
use crate::services::Logs;

/// How often an idle stream shows that it lives; below the usual 60 s of proxies.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How far back lines are shown where only their number is given.
const BACK: SignedDuration = SignedDuration::from_hours(1);

/// How long lines wait for those of other clusters where the caller does not say.
const WINDOW_MS: u64 = 1_000;

/// Which lines, and from when on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Tail {
    /// LogQL for lines; or the parts below.
    #[param(max_length = 16384)]
    pub query: Option<String>,
    /// A label of streams, as `namespace=shop` or `app=~cart.*`; repeated.
    #[serde(default)]
    #[param(max_items = 32)]
    pub label: Vec<String>,
    /// Text that lines hold; repeated.
    #[serde(default)]
    #[param(max_items = 16)]
    pub contains: Vec<String>,
    /// Text that lines do not hold; repeated.
    #[serde(default)]
    #[param(max_items = 16)]
    pub excludes: Vec<String>,
    /// Regular expression (RE2) that lines match.
    #[param(max_length = 4096)]
    pub matching: Option<String>,
    /// Cluster ids, repeated; all that there are now where absent.
    #[serde(default)]
    #[param(max_items = 200)]
    pub cluster: Vec<Uuid>,
    /// Which tenant of LokiStacks; the registered one where absent.
    pub tenant: Option<LogTenant>,
    /// From when on: RFC 3339 or Unix seconds; now where absent, or an hour ago where `limit` is
    /// given. The header `Last-Event-ID` goes before it.
    pub start: Option<String>,
    /// Of the lines before now, at most this many of each cluster, the newest.
    #[param(minimum = 1, maximum = 5000)]
    pub limit: Option<u32>,
    /// How long a line waits so that earlier ones of other clusters can come before it, in
    /// milliseconds; 1,000 where absent.
    #[param(minimum = 0, maximum = 10000)]
    pub window_ms: Option<u64>,
}

impl Tail {
    fn question(self, after: Option<LogPlace>, now: Timestamp) -> Result<TailQuestion, ApiError> {
        let start = self.start.as_deref();
        let start = start.map(|text| time::instant("start", text)).transpose()?;
        let back = || now.checked_sub(BACK).unwrap_or(now);
        let usual = if self.limit.is_some() { back() } else { now };
        let lines = (self.contains, self.excludes, self.matching);
        Ok(TailQuestion {
            clusters: selection((!self.cluster.is_empty()).then_some(self.cluster))?,
            tenant: self.tenant.map(logs::tenant),
            expression: logs::followed(self.query, &self.label, lines)?,
            start: start.unwrap_or(usual),
            after,
            limit: self.limit.unwrap_or(1),
            window: Duration::from_millis(self.window_ms.unwrap_or(WINDOW_MS)),
        })
    }
}

/// Follow log lines of many clusters as they are written, in the order of time, as server-sent
/// events: `line` holds a `TailLine`; `gap` a `TailGap`, word of lines that are missing or of a
/// cluster that can't be read for now. `id` is the place of a line, to go on from with
/// `Last-Event-ID`.
#[utoipa::path(
    get,
    path = "/api/v1/logs/tail",
    tag = "logs",
    params(Tail, ("Last-Event-ID" = Option<String>, Header, description = "Go on after this place")),
    responses((status = 200, body = String, content_type = "text/event-stream")),
)]
pub async fn tail(
    State(state): State<Logs>,
    Asker(caller): Asker,
    headers: HeaderMap,
    Params(asked): Params<Tail>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let question = asked.question(last_event_id(&headers)?, state.clock.now())?;
    let records = state.port.tail(&caller, &question).await;
    let records = records.map_err(|error| logs::blamed(error, "query"))?;
    let mut stopping = state.stopping.clone();
    let stopped = async move {
        // A sender that is gone means that the process is going, too.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    };
    let events = records.map(|record| Ok(event(record)));
    let events = events.take_until(Box::pin(stopped));
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

fn event(record: TailRecord) -> Event {
    match record {
        TailRecord::Line(line) => {
            let place = LogPlace {
                at: line.at,
                skip: line.nth + 1,
            };
            let late = line.late;
            let data = serde_json::to_string(&logs::tail_line(line)).unwrap_or_default();
            let event = Event::default().event("line").data(data);
            // A late line stands before places that were told already.
            if late {
                event
            } else {
                event.id(logs::place_text(place))
            }
        }
        TailRecord::Notice(notice) => {
            let data = serde_json::to_string(&logs::tail_gap(notice)).unwrap_or_default();
            Event::default().event("gap").data(data)
        }
    }
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<LogPlace>, ApiError> {
    let Some(value) = headers.get("last-event-id") else {
        return Ok(None);
    };
    let place = value.to_str().ok().and_then(logs::parsed_place);
    place.map(Some).ok_or_else(|| {
        ApiError::invalid(
            "Last-Event-ID",
            "give the id of the last line that was seen",
        )
    })
}
