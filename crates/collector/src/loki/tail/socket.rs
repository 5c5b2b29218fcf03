//! One connection to the tail of one Loki.

use std::time::Duration;

use fleetscope_model::{GapKind, Labels, TailNoticeKind};
use fleetscope_outbound::Failure;
use fleetscope_outbound::failure::printable;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::super::answer::{Stream, instant};
use super::super::door::Door;
use super::super::logql::Held;
use super::super::refusal;

/// A frame of a thousand dropped entries and a hundred lines of 64 KiB is no larger.
const LARGEST_FRAME: usize = 8 * 1024 * 1024;

/// The server pings every second; longer silence is a dead connection.
const SILENCE: Duration = Duration::from_secs(30);

/// A connection that is open.
pub(super) struct Socket {
    frames: BoxStream<'static, Result<Message, Error>>,
    place: String,
}

/// What came.
pub(super) enum Heard {
    Frame(Frame),
    /// The server ended it, perhaps with a word.
    Closed(Option<String>),
    /// Something that the reader has to know.
    Word(TailNoticeKind, String),
}

/// Lines, and word of those that were dropped.
#[derive(Deserialize)]
pub(super) struct Frame {
    #[serde(default, deserialize_with = "absent_or_null")]
    pub(super) streams: Vec<Stream>,
    #[serde(default, deserialize_with = "absent_or_null")]
    pub(super) dropped_entries: Vec<Dropped>,
}

/// A line that the server dropped.
#[derive(Deserialize)]
pub(super) struct Dropped {
    timestamp: String,
    #[serde(default)]
    pub(super) labels: Labels,
}

impl Dropped {
    pub(super) fn at(&self) -> Option<Timestamp> {
        instant(&self.timestamp).ok()
    }
}

/// Why there is no connection.
pub(super) enum Refused {
    /// The query is wrong, in these words.
    Wrong(String),
    Failed(Failure),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Socket {
    /// Opens the tail of a query from an instant on. Of what was written before now, the newest
    /// `limit` lines come first.
    pub(super) async fn open(
        door: &Door,
        held: &Held,
        start: Timestamp,
        limit: u32,
    ) -> Result<Self, Refused> {
        let (start, limit) = (start.as_nanosecond().to_string(), limit.to_string());
        let parameters = [
            ("query", held.text.as_str()),
            ("start", &start),
            ("limit", &limit),
        ];
        let path = "/loki/api/v1/tail";
        let opened = door.upstream.socket(path, &parameters, "").await?;
        let socket = opened.map_err(|answer| {
            if let Some(said) = refusal::wrong(&answer, held) {
                return Refused::Wrong(said);
            }
            let said = String::from_utf8_lossy(&answer.body);
            Refused::Failed(answer.refusal(&said))
        })?;
        let config = WebSocketConfig::default()
            .read_buffer_size(64 * 1024)
            .max_message_size(Some(LARGEST_FRAME))
            .max_frame_size(Some(LARGEST_FRAME));
        let stream = WebSocketStream::from_raw_socket(socket.stream, Role::Client, Some(config));
        Ok(Self {
            frames: stream.await.boxed(),
            place: door.upstream.place().to_owned(),
        })
    }

    /// The next frame; pings are answered on the way. May be dropped while it waits.
    pub(super) async fn next(&mut self) -> Result<Heard, Failure> {
        loop {
            let message = timeout(SILENCE, self.frames.next()).await;
            let message = message.map_err(|_| self.broken("nothing came for 30 s"))?;
            match message {
                Some(Ok(Message::Text(text))) => return self.frame(text.as_bytes()),
                Some(Ok(Message::Binary(bytes))) => return self.frame(&bytes),
                Some(Ok(Message::Close(frame))) => {
                    let said = frame.map(|frame| printable(&frame.reason));
                    return Ok(Heard::Closed(said.filter(|said| !said.is_empty())));
                }
                Some(Ok(_)) => {}
                Some(Err(Error::Capacity(_))) => return Err(self.broken("a frame is too large")),
                Some(Err(_)) => return Err(self.broken("it broke off")),
                None => return Ok(Heard::Closed(None)),
            }
        }
    }

    fn frame(&self, bytes: &[u8]) -> Result<Heard, Failure> {
        serde_json::from_slice(bytes)
            .map(Heard::Frame)
            .map_err(|_| self.broken("a frame is not what Loki sends"))
    }

    fn broken(&self, what: &str) -> Failure {
        let place = &self.place;
        Failure::new(
            GapKind::Truncated,
            format!("the connection to the tail of {place} is lost ({what})"),
        )
    }
}

fn absent_or_null<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<Vec<T>>::deserialize(deserializer).map(Option::unwrap_or_default)
}
