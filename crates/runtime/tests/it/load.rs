//! Many clients, greedy clients, and a stop in the middle.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use axum::routing::any;
use fleetscope_runtime::Ending;
use tempfile::tempdir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::fixture::{Wire, accepts, bootstrap, get, head, run, send, whole};

/// What a client of the load has seen.
#[derive(Default)]
struct Seen {
    answered: AtomicU32,
    /// Requests that were taken and got no whole answer.
    broken: AtomicU32,
}

/// Asks again and again, on one connection as long as it is kept, until nobody listens any more.
async fn ask_until_gone(at: SocketAddr, request: String, seen: Arc<Seen>) {
    while let Ok(mut stream) = TcpStream::connect(at).await {
        loop {
            let _ = stream.write_all(request.as_bytes()).await;
            match read_answer(&mut stream).await {
                Some(answer) if answer.starts_with("HTTP/1.1 200 OK\r\n") => {
                    seen.answered.fetch_add(1, Ordering::SeqCst);
                    if answer.contains("connection: close") {
                        break;
                    }
                }
                // A connection may be closed between two requests (RFC 9112, 9.5): whoever gets
                // not one byte may ask again, elsewhere.
                None => break,
                Some(_) => {
                    seen.broken.fetch_add(1, Ordering::SeqCst);
                    break;
                }
            }
        }
    }
}

/// One answer with a length; nothing where the connection ends before its first byte.
async fn read_answer(stream: &mut TcpStream) -> Option<String> {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.unwrap().parse().unwrap() {
                return Some(text);
            }
        }
        let mut piece = [0; 4096];
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) if read.is_empty() => return None,
            Ok(0) | Err(_) => return Some("cut".to_owned()),
            Ok(length) => read.extend_from_slice(&piece[..length]),
        }
    }
}

/// A Prometheus that answers when it is let.
async fn held_prometheus(
    gate: Arc<Semaphore>,
    servers: &mut JoinSet<()>,
) -> (SocketAddr, Arc<AtomicU32>) {
    let asked = Arc::new(AtomicU32::new(0));
    let counted = asked.clone();
    let answer = move || {
        counted.fetch_add(1, Ordering::SeqCst);
        let gate = gate.clone();
        async move {
            let _permit = gate.acquire().await.unwrap();
            r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#
        }
    };
    let router = axum::Router::new().route("/api/v1/query", any(answer));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    servers.spawn(async move { axum::serve(listener, router).await.unwrap() });
    (at, asked)
}

/// Waits for something that others bring about.
async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let holding = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    let held = tokio::time::timeout(Duration::from_mins(1), holding).await;
    held.unwrap_or_else(|_| panic!("{what}"));
}

/// What is under way when a process is told to stop: queries that wait for a slow cluster, uploads
/// of which half is sent, and open streams.
struct UnderWay {
    queries: Vec<Wire>,
    uploads: Vec<Wire>,
    streams: Vec<Wire>,
    /// The other half.
    rest: String,
}

impl UnderWay {
    async fn begin(api: SocketAddr, token: &str) -> Self {
        let body = crate::fixture::cluster("upload").to_string();
        let (first, rest) = body.split_at(body.len() / 2);
        let length = body.len();
        let more = format!("content-type: application/json\r\ncontent-length: {length}\r\n");
        let upload = head("POST", "/api/v1/clusters", token, &more) + first;
        let (mut queries, mut uploads, mut streams) = (Vec::new(), Vec::new(), Vec::new());
        for n in 0..4 {
            let path = format!("/api/v1/metrics/query?query=up%2B{n}");
            queries.push(Wire::open(api, &head("GET", &path, token, "")).await);
            uploads.push(Wire::open(api, &upload).await);
            let stream = head("GET", "/api/v1/events/stream", token, "");
            let mut stream = Wire::open(api, &stream).await;
            stream.read_until("\r\n\r\n").await;
            streams.push(stream);
        }
        Self {
            queries,
            uploads,
            streams,
            rest: rest.to_owned(),
        }
    }

    /// Everything ends as it would have without the stop; `gate` lets the cluster answer.
    async fn end(self, gate: &Semaphore) {
        for mut stream in self.streams {
            let (rest, ended) = stream.read_to_end().await;
            assert!(ended && rest.ends_with("0\r\n\r\n"), "{rest}");
            assert!(rest.contains(": the server stops"), "{rest}");
        }
        gate.add_permits(4);
        for mut query in self.queries {
            let (answer, ended) = query.read_to_end().await;
            let is_whole = ended && answer.starts_with("HTTP/1.1 200 OK\r\n");
            assert!(is_whole && answer.contains("\"gaps\":[]"), "{answer}");
        }
        let mut made = Vec::new();
        for mut upload in self.uploads {
            upload.write(&self.rest).await;
            let (answer, ended) = upload.read_to_end().await;
            assert!(ended, "{answer}");
            made.push(answer[..12].to_owned());
        }
        made.sort();
        // One of them has the name, whichever it is.
        let taken = "HTTP/1.1 409";
        assert_eq!(made, ["HTTP/1.1 201", taken, taken, taken]);
    }
}

/// Under the load of sixteen clients that never stop, the process says that it leaves and goes on
/// serving all of them, new connections too; then it is told to stop, and whatever was under way
/// is finished.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_under_load_says_so_first_and_breaks_nothing() {
    let dir = tempdir().unwrap();
    let mut config = whole(dir.path());
    (config.limits.per_second, config.limits.burst) = (100_000, 100_000);
    let running = run(config).await;
    let (api, admin, token) = (running.public.unwrap(), running.admin, bootstrap(&running));
    let (gate, mut servers) = (Arc::new(Semaphore::new(0)), JoinSet::new());
    let (prometheus, asked) = held_prometheus(gate.clone(), &mut servers).await;
    let cluster = serde_json::json!({
        "name": "slow", "endpoints": { "prometheus": { "url": format!("http://{prometheus}/") } },
    });
    let made = send(api, "POST", "/api/v1/clusters", &token, Some(cluster)).await;
    assert_eq!(made.status, 201, "{made:?}");
    let seen = Arc::new(Seen::default());
    let mut clients = JoinSet::new();
    for _ in 0..16 {
        let request = head("GET", "/api/v1/tasks", &token, "");
        clients.spawn(ask_until_gone(api, request, seen.clone()));
    }
    let under_way = UnderWay::begin(api, &token).await;
    let answered = || seen.answered.load(Ordering::SeqCst);
    let begun = async || answered() >= 100 && asked.load(Ordering::SeqCst) >= 4;
    until("the load begins", begun).await;

    running.leave();
    let unready = get(admin, "/readyz", "").await;
    assert_eq!(unready.status, 503);
    assert_eq!(unready.json()["stopping"], true);
    let before = answered();
    for _ in 0..20 {
        let fresh = get(api, "/api/v1/tasks", &token).await;
        assert_eq!(fresh.status, 200, "a process that leaves still serves");
    }
    until("the load goes on", async || answered() >= before + 100).await;

    let begun = Instant::now();
    let finishing = async {
        until("nothing new is accepted", async || !accepts(api).await).await;
        under_way.end(&gate).await;
    };
    let (ending, ()) = tokio::join!(running.shutdown(), finishing);
    assert_eq!(ending, Ending::Drained);
    assert!(begun.elapsed() < Duration::from_secs(30));
    clients.join_all().await;
    assert_eq!(seen.broken.load(Ordering::SeqCst), 0);
    assert!(!accepts(admin).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_never_ends_is_cut_off_and_nobody_else_notices() {
    let dir = tempdir().unwrap();
    let running = run(whole(dir.path())).await;
    let (api, token) = (running.public.unwrap(), bootstrap(&running));
    let memory = async || {
        let text = get(running.admin, "/metrics", "").await.text;
        let lines = &mut text.lines();
        let value = lines.find_map(|line| line.strip_prefix("process_resident_memory_bytes "));
        value.unwrap().parse::<f64>().unwrap()
    };
    let before = memory().await;
    let mut greedy = JoinSet::new();
    for _ in 0..200 {
        greedy.spawn(async move {
            let mut stream = TcpStream::connect(api).await.unwrap();
            let begin = b"GET / HTTP/1.1\r\nhost: test\r\nx-long: ";
            let _ = stream.write_all(begin).await;
            let mut sent = 0;
            while sent < 1 << 20 && stream.write_all(&[b'x'; 16 << 10]).await.is_ok() {
                sent += 16 << 10;
            }
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            let answer = String::from_utf8_lossy(&answer).into_owned();
            assert!(
                answer.is_empty() || answer.starts_with("HTTP/1.1 431 "),
                "{answer}"
            );
        });
    }
    let good = get(api, "/api/v1/clusters", &token).await;
    assert_eq!(good.status, 200);
    greedy.join_all().await;
    let grown = memory().await - before;
    // Two hundred heads of a megabyte would be two hundred megabytes; other tests run beside.
    assert!(grown < 100e6, "{grown} bytes more");
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_of_a_megabyte_and_one_that_is_too_long_are_431_and_a_shorter_one_is_read() {
    let dir = tempdir().unwrap();
    let running = run(whole(dir.path())).await;
    let api = running.public.unwrap();
    // Nobody knows the path. What was read with one look may be longer by as much again.
    for (length, status) in [(1 << 20, 431), (200_000, 431), (50_000, 404)] {
        let (mut reading, mut writing) = TcpStream::connect(api).await.unwrap().into_split();
        let sending = async {
            let begin = b"GET / HTTP/1.1\r\nhost: test\r\nx-long: ";
            let _ = writing.write_all(begin).await;
            let _ = writing.write_all(&vec![b'x'; length]).await;
            let _ = writing.write_all(b"\r\n\r\n").await;
        };
        let mut answer = vec![0; 12];
        let ((), read) = tokio::join!(sending, reading.read_exact(&mut answer));
        read.unwrap();
        assert_eq!(
            String::from_utf8_lossy(&answer),
            format!("HTTP/1.1 {status}")
        );
    }
    running.shutdown().await;
}

/// Whether the server has answered or closed.
fn has_ended(stream: &std::net::TcpStream) -> bool {
    let peeked = stream.peek(&mut [0]);
    !peeked.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_drip_hold_as_many_connections_as_there_may_be_and_no_longer_than_a_head() {
    const PLACES: usize = 8;
    let dir = tempdir().unwrap();
    let mut config = whole(dir.path());
    config.server.head_timeout = Duration::from_secs(1);
    config.server.max_connections = PLACES as u32;
    (config.limits.per_second, config.limits.burst) = (100_000, 100_000);
    let running = run(config).await;
    let (api, token) = (running.public.unwrap(), bootstrap(&running));
    // Who is connected before is answered throughout.
    let request = head("GET", "/api/v1/tasks", &token, "");
    let mut early = TcpStream::connect(api).await.unwrap();
    let mut ask_again = async || {
        early.write_all(request.as_bytes()).await.unwrap();
        let answer = read_answer(&mut early).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    };
    ask_again().await;
    let mut dripping = Vec::new();
    for _ in 1..PLACES {
        let stream = std::net::TcpStream::connect(api).unwrap();
        (&stream).write_all(b"GET / HTTP/1.1\r\nx-slow: ").unwrap();
        stream.set_nonblocking(true).unwrap();
        dripping.push(stream);
    }
    let mut late = JoinSet::new();
    late.spawn(async move { get(api, "/api/v1/tasks", &token).await.status });
    let mut answered = None;
    let all_ended = async {
        while !dripping.iter().all(has_ended) {
            for stream in &dripping {
                let _ = (&*stream).write(b"x");
            }
            ask_again().await;
            if let Some(status) = late.try_join_next() {
                answered = Some(status.unwrap());
                assert!(
                    dripping.iter().any(has_ended),
                    "more connections than there may be"
                );
            }
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(20), all_ended).await;
    assert!(ended.is_ok(), "a head that drips is not cut off");
    let answered = match answered {
        Some(status) => status,
        None => late.join_next().await.unwrap().unwrap(),
    };
    assert_eq!(answered, 200);
    running.shutdown().await;
}
