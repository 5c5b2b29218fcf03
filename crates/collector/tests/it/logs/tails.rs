//! A server whose tails a test holds in its hands.

use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fleetscope_model::Endpoint;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

use crate::server::Server;

/// The server.
pub(crate) struct Tails {
    server: Server,
    opened: mpsc::UnboundedReceiver<Connection>,
    answer: Arc<Mutex<Option<(u16, String)>>>,
}

/// A tail that was opened.
pub(crate) struct Connection {
    pub(crate) head: String,
    pub(crate) stream: WebSocketStream<TcpStream>,
}

impl Tails {
    pub(crate) async fn start() -> Self {
        let (opens, opened) = mpsc::unbounded_channel();
        let answer = Arc::new(Mutex::new(None));
        let shared = Arc::clone(&answer);
        let server = Server::raw(move |stream| {
            let (opens, answer) = (opens.clone(), shared.lock().unwrap().clone());
            async move {
                if let Some(connection) = accept(stream, answer).await {
                    // A test that has ended hears nothing any more.
                    let _ = opens.send(connection);
                }
            }
        })
        .await;
        Self {
            server,
            opened,
            answer,
        }
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        self.server.endpoint()
    }

    pub(crate) async fn connection(&mut self) -> Connection {
        self.opened.recv().await.unwrap()
    }

    /// Answers without switching from now on.
    pub(crate) fn reply(&self, status: u16, body: &str) {
        *self.answer.lock().unwrap() = Some((status, body.to_owned()));
    }

    pub(crate) fn refuse(&self, refuse: bool) {
        let answer = refuse.then(|| (503, "starting\n".to_owned()));
        *self.answer.lock().unwrap() = answer;
    }
}

async fn accept(mut stream: TcpStream, answer: Option<(u16, String)>) -> Option<Connection> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).await.ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    if let Some((status, body)) = answer {
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status} Said\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\n\
             connection: close\r\n\r\n{body}"
        );
        stream.write_all(answer.as_bytes()).await.ok()?;
        return None;
    }
    let mut lines = head.lines();
    let key = lines.find_map(|line| line.strip_prefix("sec-websocket-key: "))?;
    let guid = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    let accept = STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, guid.as_bytes()));
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
         sec-websocket-accept: {accept}\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await.ok()?;
    let stream = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
    Some(Connection { head, stream })
}

impl Connection {
    pub(crate) async fn send(&mut self, frame: &Value) {
        let text = Message::Text(frame.to_string().into());
        self.stream.send(text).await.unwrap();
    }

    pub(crate) async fn close(&mut self, code: u16, reason: &str) {
        let frame = CloseFrame {
            code: CloseCode::from(code),
            reason: reason.to_owned().into(),
        };
        self.stream.close(Some(frame)).await.unwrap();
    }

    pub(crate) async fn ping(&mut self) {
        let ping = Message::Ping(b"x".to_vec().into());
        self.stream.send(ping).await.unwrap();
    }

    /// A parameter of the request.
    pub(crate) fn field(&self, name: &str) -> String {
        let target = self.head.split_whitespace().nth(1).unwrap();
        let query = target.split_once('?').unwrap().1;
        let mut fields = url::form_urlencoded::parse(query.as_bytes());
        fields.find(|(field, _)| field == name).unwrap().1.into()
    }

    /// Whether the other side has answered a ping.
    pub(crate) async fn ponged(&mut self) -> bool {
        matches!(self.stream.next().await, Some(Ok(Message::Pong(_))))
    }
}

/// The text frames of a recorded tail.
pub(crate) fn recorded(name: &str) -> Vec<Value> {
    let text = include_str!("../recordings/loki-tail.json");
    let all: Vec<Value> = serde_json::from_str(text).unwrap();
    let found = all.iter().find(|one| one["name"] == name);
    let frames = found.unwrap_or_else(|| panic!("no recording '{name}'"))["frames"].clone();
    frames.as_array().unwrap().clone()
}
