//! A client and a role that speak bytes, so that nothing between them is made tidy on the way.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;

use axum::Router;
use proptest::prelude::ProptestConfig;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::fixture::Fixture;

/// Longer than anything here takes; what does not come by then is not coming.
const LONG: Duration = Duration::from_secs(10);

/// What one HTTP message began with.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    /// The request line or the status line.
    pub(crate) first: String,
    /// Names in lower case, in order, as often as they came.
    pub(crate) headers: Vec<(String, String)>,
}

impl Head {
    fn parse(text: &str) -> Self {
        let mut lines = text.split("\r\n");
        let first = lines.next().unwrap_or_default().to_owned();
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Self { first, headers }
    }

    pub(crate) fn target(&self) -> &str {
        self.first.split(' ').nth(1).unwrap()
    }

    pub(crate) fn status(&self) -> u16 {
        self.target().parse().unwrap()
    }

    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(n, _)| n == name);
        named.map(|(_, value)| value.as_str()).collect()
    }
}

/// A role that records each head it gets and gives one answer to all.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    heads: Mutex<mpsc::UnboundedReceiver<Head>>,
    _serving: JoinSet<()>,
}

impl Upstream {
    pub(crate) async fn answering(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (record, heads) = mpsc::unbounded_channel();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                connections.spawn(answer_all(socket, answer, record.clone()));
            }
        });
        Self {
            address,
            heads: Mutex::new(heads),
            _serving: serving,
        }
    }

    /// What has arrived since the last call. Whoever has an answer has been recorded.
    pub(crate) fn arrived(&self) -> Vec<Head> {
        let mut heads = self.heads.lock().unwrap();
        std::iter::from_fn(|| heads.try_recv().ok()).collect()
    }
}

async fn answer_all(
    mut socket: TcpStream,
    answer: &'static str,
    record: mpsc::UnboundedSender<Head>,
) {
    let mut seen = Vec::new();
    while let Some(head) = next_head(&mut socket, &mut seen).await {
        let _ = record.send(head);
        if socket.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn next_head(socket: &mut TcpStream, seen: &mut Vec<u8>) -> Option<Head> {
    loop {
        if let Some(end) = seen.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&seen[..end]).into_owned();
            seen.drain(..end + 4);
            return Some(Head::parse(&head));
        }
        let mut buffer = [0; 4096];
        match socket.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => seen.extend_from_slice(&buffer[..count]),
        }
    }
}

/// Sends the bytes and gives whatever comes back until the door closes.
pub(crate) async fn exchange(door: SocketAddr, request: &[u8]) -> String {
    let whole = async {
        let mut socket = TcpStream::connect(door).await.unwrap();
        socket.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        // A door that has not read everything may reset.
        let _ = socket.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    };
    tokio::time::timeout(LONG, whole).await.unwrap()
}

/// The answer to a request that closes its connection.
pub(crate) async fn answer(door: SocketAddr, request: &[u8]) -> (Head, String) {
    let text = exchange(door, request).await;
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    (Head::parse(head), body.to_owned())
}

/// Serves a public door on a socket.
pub(crate) async fn open(fixture: &mut Fixture, door: Router) -> SocketAddr {
    fixture.serve(door).await
}

/// Runs so many cases, the same ones each time: how many of them reach a role is counted.
pub(crate) fn runner(cases: u32) -> TestRunner {
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(ProptestConfig::with_cases(cases), random)
}
