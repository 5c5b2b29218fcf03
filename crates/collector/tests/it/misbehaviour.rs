//! Each way in which a server can fail is the right gap, in time, and costs no more than its cap.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::response::Response;
use fleetscope_model::{
    Collection, Endpoint, Gap, GapKind, LogQuery, MetricQuery, Selection, Source, TraceQuery,
};
use fleetscope_outbound::OutboundOptions;
use fleetscope_ports::Telemetry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::fleet::{Fleet, caller, hour, impatient, patient};
use crate::server::{Server, json, reply};

const SOURCES: [Source; 4] = [
    Source::Prometheus,
    Source::Loki,
    Source::Tempo,
    Source::Kubernetes,
];

/// What the machine may be late by when it is busy.
const LATE: Duration = Duration::from_secs(5);

/// Reads one source of one cluster and expects one gap and nothing else.
async fn read(source: Source, endpoint: Endpoint, options: OutboundOptions) -> Gap {
    let limit = options.timeout;
    let collector = Fleet::of_one(source, endpoint).collector(options);
    let clusters = Selection::All;
    let (caller, range) = (caller(), hour());
    let started = Instant::now();
    let (items, gaps) = match source {
        Source::Prometheus => {
            let query = MetricQuery {
                clusters,
                query: "up".to_owned(),
                at: range.end,
            };
            parts(collector.instant(&caller, &query).await.unwrap())
        }
        Source::Loki => {
            let query = LogQuery {
                clusters,
                labels: vec![("app".to_owned(), "web".to_owned())],
                matching: None,
                range,
                limit: 10,
            };
            parts(collector.logs(&caller, &query).await.unwrap())
        }
        Source::Tempo => {
            let query = TraceQuery {
                clusters,
                service: "web".to_owned(),
                errors_only: false,
                longer_than: None,
                range,
                limit: 10,
            };
            parts(collector.traces(&caller, &query).await.unwrap())
        }
        _ => parts(collector.changes(&caller, &clusters, range).await.unwrap()),
    };
    let elapsed = started.elapsed();
    assert!(elapsed < limit + LATE, "{source:?} took {elapsed:?}");
    assert_eq!(items, 0, "{source:?}");
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    let gap = gaps.into_iter().next().unwrap();
    assert_eq!((gap.source, gap.cluster_name.as_str()), (source, "shop"));
    gap
}

fn parts<T>(collection: Collection<T>) -> (usize, Vec<Gap>) {
    (collection.items.len(), collection.gaps)
}

/// Expects the same kind of gap from every source.
async fn expect(server: &Server, options: &OutboundOptions, kind: GapKind) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for source in SOURCES {
        let gap = read(source, server.endpoint(), options.clone()).await;
        assert_eq!(gap.kind, kind, "{gap:?}");
        gaps.push(gap);
    }
    gaps
}

async fn expect_answer(
    answer: impl Fn() -> Response + Send + Sync + 'static,
    kind: GapKind,
) -> Vec<Gap> {
    let server = Server::start(move |_| answer()).await;
    expect(&server, &patient(), kind).await
}

#[tokio::test]
async fn a_refused_connection_is_unreachable() {
    for source in SOURCES {
        let gap = read(source, Server::nobody(), patient()).await;
        assert_eq!(gap.kind, GapKind::Unreachable);
        assert!(gap.detail.contains("refused"), "{}", gap.detail);
    }
}

#[tokio::test]
async fn a_server_that_never_answers_is_a_timeout() {
    let server = Server::raw(|stream| async move {
        let _held = stream;
        std::future::pending::<()>().await;
    })
    .await;
    expect(&server, &impatient(), GapKind::Timeout).await;
}

#[tokio::test]
async fn a_body_that_trickles_is_a_timeout() {
    let server = Server::raw(|mut stream| async move {
        hear(&mut stream).await;
        say(
            &mut stream,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{",
        )
        .await;
        while stream.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    expect(&server, &impatient(), GapKind::Timeout).await;
}

#[tokio::test]
async fn headers_that_trickle_are_a_timeout() {
    let server = Server::raw(|mut stream| async move {
        hear(&mut stream).await;
        say(&mut stream, "HTTP/1.1 200 OK\r\nx: ").await;
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    expect(&server, &impatient(), GapKind::Timeout).await;
}

#[tokio::test]
async fn an_error_of_the_server_is_a_bad_answer() {
    let gaps = expect_answer(|| reply(500, "text/plain", "it broke"), GapKind::BadAnswer).await;
    for gap in gaps {
        assert!(gap.detail.contains("500 (it broke)"), "{}", gap.detail);
    }
}

#[tokio::test]
async fn a_web_page_is_a_bad_answer_and_is_not_repeated() {
    let page = || reply(200, "text/html", "<html>hunter2</html>");
    for gap in expect_answer(page, GapKind::BadAnswer).await {
        assert!(gap.detail.contains("web page"), "{}", gap.detail);
        assert!(!gap.detail.contains("hunter2"), "{}", gap.detail);
    }
}

#[tokio::test]
async fn malformed_and_foreign_json_are_bad_answers_and_are_not_repeated() {
    for body in [
        "{\"hunter2\":",
        "{\"hunter2\":1}}",
        "[\"hunter2\"]",
        "",
        "\"hunter2\"",
        "null",
    ] {
        let answer = move || reply(200, "application/json", body);
        for gap in expect_answer(answer, GapKind::BadAnswer).await {
            assert!(!gap.detail.contains("hunter2"), "{}", gap.detail);
        }
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::start(|_| json(200, &serde_json::json!({}))).await;
    let target = format!("http://127.0.0.1:{}/login?token=hunter2", elsewhere.port());
    for status in [301, 302, 303, 307, 308] {
        let target = target.clone();
        let answer = move || {
            let mut answer = reply(status, "text/plain", "");
            answer
                .headers_mut()
                .insert("location", target.parse().unwrap());
            answer
        };
        for gap in expect_answer(answer, GapKind::BadAnswer).await {
            assert!(
                gap.detail.contains("redirects to 127.0.0.1:"),
                "{}",
                gap.detail
            );
            assert!(!gap.detail.contains("hunter2"), "{}", gap.detail);
        }
    }
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn refusals_of_the_reader_are_told_apart() {
    expect_answer(
        || reply(401, "text/plain", "no org id"),
        GapKind::Unauthenticated,
    )
    .await;
    expect_answer(|| reply(403, "text/plain", "not you"), GapKind::Forbidden).await;
    expect_answer(
        || reply(429, "text/plain", "slow down"),
        GapKind::Overloaded,
    )
    .await;
}

#[tokio::test]
async fn a_body_shorter_than_announced_is_truncated() {
    let server = Server::raw(|mut stream| async move {
        hear(&mut stream).await;
        say(&mut stream, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{\"status\":").await;
    })
    .await;
    for gap in expect(&server, &patient(), GapKind::Truncated).await {
        assert!(
            gap.detail.contains("broke off after 10 bytes"),
            "{}",
            gap.detail
        );
    }
}

#[tokio::test]
async fn a_chunked_body_that_breaks_off_is_truncated() {
    let server = Server::raw(|mut stream| async move {
        hear(&mut stream).await;
        say(
            &mut stream,
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n",
        )
        .await;
    })
    .await;
    expect(&server, &patient(), GapKind::Truncated).await;
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_is_truncated() {
    let server = Server::raw(|mut stream| async move { hear(&mut stream).await }).await;
    expect(&server, &patient(), GapKind::Truncated).await;
}

#[tokio::test]
async fn a_server_of_another_protocol_is_a_bad_answer() {
    let server = Server::raw(|mut stream| async move {
        hear(&mut stream).await;
        say(&mut stream, "SSH-2.0-OpenSSH_9.6\r\n\r\n").await;
    })
    .await;
    expect(&server, &patient(), GapKind::BadAnswer).await;
}

#[tokio::test]
async fn two_hundred_megabytes_are_given_up_at_the_cap() {
    const ALL: usize = 200 << 20;
    for head in [
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 209715200\r\n\r\n",
    ] {
        let sent = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&sent);
        let server = Server::raw(move |mut stream| {
            let counter = Arc::clone(&counter);
            async move {
                hear(&mut stream).await;
                say(&mut stream, head).await;
                let chunk = vec![b' '; 64 << 10];
                for _ in 0..ALL / chunk.len() {
                    if stream.write_all(&chunk).await.is_err() {
                        return;
                    }
                    counter.fetch_add(chunk.len(), Ordering::Relaxed);
                }
            }
        })
        .await;
        for source in SOURCES {
            sent.store(0, Ordering::Relaxed);
            let gap = read(source, server.endpoint(), small()).await;
            assert_eq!(gap.kind, GapKind::Truncated, "{gap:?}");
            // What was sent is what was read, and what lies in the sockets' buffers; changes are
            // told from six lists.
            let reads = if source == Source::Kubernetes { 6 } else { 1 };
            let sent = sent.load(Ordering::Relaxed);
            assert!(sent < reads * (8 << 20), "{source:?}: {sent}");
        }
    }
}

#[tokio::test]
async fn a_compression_bomb_is_given_up_at_the_cap() {
    let bomb = bomb(200 << 20);
    assert!(bomb.len() < 2 << 20);
    let answer = move || {
        let mut answer = reply(200, "application/json", bomb.clone());
        let gzip = "gzip".parse().unwrap();
        answer.headers_mut().insert("content-encoding", gzip);
        answer
    };
    let server = Server::start(move |_| answer()).await;
    for gap in expect(&server, &small(), GapKind::Truncated).await {
        assert!(
            gap.detail.contains("larger than 1048576 bytes"),
            "{}",
            gap.detail
        );
    }
}

#[tokio::test]
async fn a_compressed_body_that_is_none_is_a_bad_answer() {
    let answer = || {
        let mut answer = reply(200, "application/json", "this is not gzip at all");
        let gzip = "gzip".parse().unwrap();
        answer.headers_mut().insert("content-encoding", gzip);
        answer
    };
    expect_answer(answer, GapKind::BadAnswer).await;
}

#[tokio::test]
async fn an_endless_error_is_cut_and_still_the_error() {
    let server = Server::raw(|mut stream| async move {
        hear(&mut stream).await;
        say(
            &mut stream,
            "HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\n\r\n",
        )
        .await;
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    })
    .await;
    for gap in expect(&server, &patient(), GapKind::Forbidden).await {
        assert!(gap.detail.chars().count() < 400, "{}", gap.detail);
    }
}

#[tokio::test]
async fn no_endpoint_is_a_gap_that_says_so() {
    let fleet = Fleet::new([("shop", fleetscope_model::Endpoints::default())]);
    let collector = fleet.collector(patient());
    let events = collector
        .events(&caller(), &Selection::All, hour())
        .await
        .unwrap();
    assert_eq!(events.gaps[0].kind, GapKind::NotConfigured);
    assert!(events.gaps[0].detail.contains("Kubernetes API"));
    let topology = collector
        .topology(&caller(), &Selection::All, hour())
        .await
        .unwrap();
    assert_eq!((topology.items.len(), topology.gaps.len()), (0, 2));
}

fn small() -> OutboundOptions {
    OutboundOptions {
        max_response: 1 << 20,
        ..patient()
    }
}

/// Reads a request's head, and of a body what came with it.
async fn hear(stream: &mut TcpStream) {
    let mut heard = Vec::new();
    let mut buffer = [0; 4096];
    while !heard.windows(4).any(|w| w == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(count) if count > 0 => heard.extend_from_slice(&buffer[..count]),
            _ => return,
        }
    }
}

async fn say(stream: &mut TcpStream, text: &str) {
    let _ = stream.write_all(text.as_bytes()).await;
}

/// A gzip stream of so many zeros: one literal, then repetitions of 258 bytes at distance 1, in
/// fixed Huffman codes (RFC 1951, 3.2.6). Its check sums are missing; nobody gets that far.
fn bomb(length: usize) -> Vec<u8> {
    let mut bits = Bits {
        bytes: vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255],
        free: 0,
    };
    bits.push(0b011, 3); // last block, fixed codes; low bit first
    bits.push(0b0000_1100, 8); // literal 0: code 00110000, high bit first
    for _ in 0..length / 258 {
        bits.push(0b1010_0011, 8); // length 258: code 11000101, high bit first
        bits.push(0, 5); // distance 1
    }
    bits.push(0, 7); // end of block
    bits.bytes
}

struct Bits {
    bytes: Vec<u8>,
    free: u32,
}

impl Bits {
    fn push(&mut self, value: u16, count: u32) {
        for at in 0..count {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            let bit = u8::try_from(value >> at & 1).unwrap();
            *self.bytes.last_mut().unwrap() |= bit << (8 - self.free);
            self.free -= 1;
        }
    }
}
