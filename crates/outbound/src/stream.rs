//! Answers that go on: lines as they come, and connections that are made into something else.
//! Neither takes a place in the cluster's queue, as it would keep it for ever; whoever opens them
//! bounds their number.

use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use fleetscope_model::GapKind;
use http::header::{
    ACCEPT, CONNECTION, CONTENT_TYPE, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{Method, StatusCode};
use tokio::time::{Instant, timeout};

use crate::answer::Answer;
use crate::exchange::{error_body, late};
use crate::failure::{self, Cause, Failure};
use crate::room::Room;
use crate::upstream::{Upstream, target_of};

/// RFC 6455, 1.3.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The lines of an answer that goes on.
pub struct Lines {
    response: reqwest::Response,
    buffer: BytesMut,
    place: String,
    /// The longest line.
    cap: usize,
    /// Whether longer ones are cut.
    cuts: bool,
    /// Whether what comes is the rest of one that was cut.
    skips: bool,
    /// The longest silence.
    idle: Duration,
}

impl Lines {
    /// The next line without its end; none where the answer has ended. `Timeout` where nothing
    /// comes for too long, `Truncated` where a line is longer than the cap or the answer breaks off.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        let mut looked = 0;
        loop {
            if let Some(end) = self.buffer[looked..].iter().position(|byte| *byte == b'\n') {
                let mut line = self.buffer.split_to(looked + end + 1);
                looked = 0;
                if std::mem::take(&mut self.skips) {
                    continue;
                }
                line.truncate(line.len() - 1);
                return Ok(Some(line.freeze()));
            }
            if self.skips {
                self.buffer.clear();
            }
            looked = self.buffer.len();
            if looked > self.cap && self.cuts {
                let line = self.buffer.split_to(self.cap);
                self.skips = true;
                return Ok(Some(line.freeze()));
            }
            if looked > self.cap {
                let detail = format!("a line of {} is longer than {}", self.place, self.cap);
                return Err(Failure::new(GapKind::Truncated, detail));
            }
            let chunk = timeout(self.idle, self.response.chunk())
                .await
                .map_err(|_| late(&self.place))?
                .map_err(|error| failure::broken_body(&error, &self.place, looked))?;
            match chunk {
                Some(chunk) => self.buffer.extend_from_slice(&chunk),
                None if self.buffer.is_empty() => return Ok(None),
                None => return Ok(Some(self.buffer.split().freeze())),
            }
        }
    }
}

impl Lines {
    /// The same, where a longer line is cut to so many bytes.
    #[must_use]
    pub fn cut_at(mut self, bytes: usize) -> Self {
        self.cap = self.cap.min(bytes);
        self.cuts = true;
        self
    }
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// A connection that is a WebSocket now.
pub struct Socket {
    /// The bytes of its frames.
    pub stream: reqwest::Upgraded,
    /// The subprotocol that the server chose; none where it chose none.
    pub protocol: Option<String>,
}

impl std::fmt::Debug for Socket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Socket")
            .field("protocol", &self.protocol)
            .finish_non_exhaustive()
    }
}

impl Upstream {
    /// GET of a path whose answer goes on. A silence longer than `idle` ends it. The answer of
    /// another status than 200 is the failure that it means.
    pub async fn lines(
        &self,
        path: &str,
        query: &[(&str, &str)],
        idle: Duration,
    ) -> Result<Result<Lines, Answer>, Failure> {
        self.lines_as(path, query, idle, "application/json, */*")
            .await
    }

    /// The same of an answer in the form that `accept` asks for.
    pub async fn lines_as(
        &self,
        path: &str,
        query: &[(&str, &str)],
        idle: Duration,
        accept: &'static str,
    ) -> Result<Result<Lines, Answer>, Failure> {
        let mut request = self.outgoing(Method::GET, &target_of(path, query))?;
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        let response = self.opened(request).await?;
        if response.status() != StatusCode::OK {
            return Ok(Err(self.refusal_of(response).await));
        }
        Ok(Ok(Lines {
            response,
            buffer: BytesMut::new(),
            place: self.place().to_owned(),
            cuts: false,
            skips: false,
            cap: usize::try_from(self.parts.options.max_response).unwrap_or(usize::MAX),
            idle,
        }))
    }

    /// Opens a WebSocket at a path, offering subprotocols, if any. Where the server answers without
    /// switching, that answer.
    pub async fn socket(
        &self,
        path: &str,
        query: &[(&str, &str)],
        protocols: &'static str,
    ) -> Result<Result<Socket, Answer>, Failure> {
        let key = self.key();
        let mut request = self.outgoing(Method::GET, &target_of(path, query))?;
        let headers = request.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        if !protocols.is_empty() {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocols));
        }
        let value = HeaderValue::try_from(&key).map_err(|_| self.unswitched())?;
        headers.insert(SEC_WEBSOCKET_KEY, value);
        let response = self.opened(request).await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Ok(Err(self.refusal_of(response).await));
        }
        let said = |name| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(ToOwned::to_owned)
        };
        let expected = digest(&SHA1_FOR_LEGACY_USE_ONLY, format!("{key}{GUID}").as_bytes());
        if said(SEC_WEBSOCKET_ACCEPT) != Some(STANDARD.encode(expected)) {
            return Err(self.unswitched());
        }
        let protocol = said(SEC_WEBSOCKET_PROTOCOL).filter(|protocol| !protocol.is_empty());
        let stream = response.upgrade().await.map_err(|_| self.unswitched())?;
        Ok(Ok(Socket { stream, protocol }))
    }

    async fn opened(&self, request: reqwest::Request) -> Result<reqwest::Response, Failure> {
        let limit = self.limit();
        let response = self.let_in(request, limit).await;
        let response = self.noted(response, false)?;
        if response.status().is_redirection() {
            return Err(self.redirected(&response));
        }
        Ok(response)
    }

    async fn refusal_of(&self, response: reqwest::Response) -> Answer {
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        Answer {
            status: response.status(),
            content_type: content_type.unwrap_or_default().to_ascii_lowercase(),
            body: timeout(
                self.limit().duration_since(Instant::now()),
                error_body(response),
            )
            .await
            .unwrap_or_default(),
            room: Room::default(),
            place: self.place().to_owned(),
            certified_until: None,
        }
    }

    fn unswitched(&self) -> Failure {
        let detail = format!(
            "{} does not open WebSockets: look at the proxies before it",
            self.place()
        );
        Failure::new(GapKind::BadAnswer, detail).at(Cause::NotHttp)
    }

    /// Sixteen bytes in base64 that proxies have not seen before; nothing secret.
    fn key(&self) -> String {
        let mut bytes = [0; 16];
        for part in bytes.chunks_mut(4) {
            let bits = (self.parts.breakers.fraction() * f64::from(u32::MAX)) as u32;
            part.copy_from_slice(&bits.to_be_bytes());
        }
        STANDARD.encode(bytes)
    }
}
