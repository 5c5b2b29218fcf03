//! `tail`: lines as they are written, over a WebSocket, in the frames that a real server was
//! recorded to send: those of before first, then each live line as a stream of its own, without
//! metadata unless it is asked for apart. A reader that is too slow only delays its own lines:
//! nothing is dropped here, as they are drawn when they are sent.

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::time::{Instant, interval_at};

use super::answer::{self, Found};
use super::logql::{self, LogQuery, Query};
use super::parameters::Given;
use super::query::select;
use super::{Refusal, Server, text};

/// Lines of before where the request does not say.
const USUAL: usize = 100;
/// The most that are given.
const MOST: usize = 5_000;

/// A second, as the server pings; and how often it looks for lines.
const PING: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(200);

/// A tail that is open.
struct Tail {
    server: Server,
    log: LogQuery,
    categorize: bool,
    /// From where on lines were not sent yet, in nanoseconds.
    from: i64,
    delay: i64,
}

pub(super) async fn tail(
    State(server): State<Server>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    given: Given,
) -> Response {
    match asked(&server, &given) {
        Err(refusal) => refusal.into_response(),
        Ok(asked) => match upgrade {
            Err(_) => text(StatusCode::BAD_REQUEST, "Bad Request\n"),
            Ok(upgrade) => upgrade.on_upgrade(move |socket| serve(socket, server, asked)),
        },
    }
}

/// What is asked for; a query that is not for lines is refused only after the upgrade.
struct Asked {
    query: Query,
    categorize: bool,
    start: i64,
    limit: usize,
    delay: i64,
}

fn asked(server: &Server, given: &Given) -> Result<Asked, Refusal> {
    let query = logql::parse(given.get("query").unwrap_or_default())?;
    let delay: i64 = number(given, "delay_for")?.unwrap_or(0);
    if delay > 5 {
        return Err(Refusal::new("delay_for can't be greater than 5"));
    }
    let limit = number(given, "limit")?.map(|limit| usize::try_from(limit).unwrap_or(0));
    let hour = 3_600 * 1_000_000_000;
    let start = given.time("start")?;
    Ok(Asked {
        query,
        categorize: given.categorize,
        start: start.unwrap_or_else(|| server.now_nanos() - hour),
        limit: limit.unwrap_or(USUAL).min(MOST),
        delay: delay * 1_000_000_000,
    })
}

fn number(given: &Given, name: &str) -> Result<Option<i64>, Refusal> {
    let Some(text) = given.get(name) else {
        return Ok(None);
    };
    let number = text.parse();
    number
        .map(Some)
        .map_err(|_| Refusal(format!("strconv.Atoi: parsing \"{text}\": invalid syntax")))
}

async fn serve(mut socket: WebSocket, server: Server, asked: Asked) {
    let Query::Log(log) = asked.query else {
        let refused = Message::Close(Some(CloseFrame {
            code: close_code::ERROR,
            reason: "only log selector is supported".into(),
        }));
        // Whoever is gone already need not be told.
        let _ = socket.send(refused).await;
        return;
    };
    let mut tail = Tail {
        from: asked.start,
        server,
        log,
        categorize: asked.categorize,
        delay: asked.delay,
    };
    if let Some(frame) = tail.past(asked.limit)
        && socket.send(frame).await.is_err()
    {
        return;
    }
    let now = Instant::now();
    let mut ping = interval_at(now + PING, PING);
    let mut look = interval_at(now + LOOK, LOOK);
    loop {
        let frame = tokio::select! {
            _ = ping.tick() => Some(Message::Ping(Vec::new().into())),
            _ = look.tick() => tail.live(),
            heard = socket.recv() => match heard {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => None,
            },
        };
        if let Some(frame) = frame
            && socket.send(frame).await.is_err()
        {
            return;
        }
    }
}

impl Tail {
    /// The lines of before: the newest, oldest first.
    fn past(&mut self, limit: usize) -> Option<Message> {
        let mut found = self.found(limit, false)?;
        found.reverse();
        Some(frame(found, self.categorize))
    }

    fn live(&mut self) -> Option<Message> {
        let found = self.found(usize::MAX, true)?;
        // Live lines carry what parsers found, but no metadata that is merged.
        Some(frame(found, self.categorize))
    }

    /// Lines that were not sent yet.
    fn found(&mut self, limit: usize, live: bool) -> Option<Vec<Found>> {
        let now = self.server.now_nanos() - self.delay;
        if now <= self.from {
            return None;
        }
        let mut found = {
            let history = self.server.history();
            select(&history, &self.log, (self.from, now), live, limit)
        };
        // The world goes in steps: what it has not stepped to is written later, in the past.
        let stepped = self.server.history().last_nanos();
        self.from = now.min(stepped.map_or(self.from, |last| last + 1));
        if live && !self.categorize {
            for found in &mut found {
                found.entry.metadata.clear();
            }
        }
        (!found.is_empty()).then_some(found)
    }
}

/// Each line is a stream of its own.
fn frame(found: Vec<Found>, categorize: bool) -> Message {
    let streams: Vec<Value> = found
        .into_iter()
        .flat_map(|one| {
            let mut answer = answer::streams(vec![one], categorize);
            match answer["data"]["result"].take() {
                Value::Array(streams) => streams,
                _ => Vec::new(),
            }
        })
        .collect();
    let mut body = json!({ "streams": streams });
    if categorize {
        body["encodingFlags"] = json!(["categorize-labels"]);
    }
    Message::Text(body.to_string().into())
}
