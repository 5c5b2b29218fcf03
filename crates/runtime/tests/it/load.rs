//! Many clients, greedy clients, and a stop in the middle.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use fleetscope_runtime::Ending;
use tempfile::tempdir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::fixture::{bootstrap, get, head, run, whole};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_under_load_breaks_no_request_and_says_so_first() {
    let dir = tempdir().unwrap();
    let running = run(whole(dir.path())).await;
    let (api, admin, token) = (running.public.unwrap(), running.admin, bootstrap(&running));
    let seen = Arc::new(Seen::default());
    let mut clients = JoinSet::new();
    for _ in 0..16 {
        let request = head("GET", "/api/v1/clusters", &token, "");
        clients.spawn(ask_until_gone(api, request, seen.clone()));
    }
    while seen.answered.load(Ordering::SeqCst) < 200 {
        tokio::task::yield_now().await;
    }
    let was_unready = Arc::new(AtomicBool::new(false));
    let watching = was_unready.clone();
    let mut watch = JoinSet::new();
    watch.spawn(async move {
        while !watching.load(Ordering::SeqCst) {
            let Ok(mut stream) = TcpStream::connect(admin).await else {
                return;
            };
            let asked = "GET /readyz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
            let _ = stream.write_all(asked.as_bytes()).await;
            let mut answer = String::new();
            let _ = stream.read_to_string(&mut answer).await;
            if answer.starts_with("HTTP/1.1 503") {
                watching.store(true, Ordering::SeqCst);
            }
        }
    });
    let begun = Instant::now();
    assert_eq!(running.shutdown().await, Ending::Drained);
    assert!(begun.elapsed() < Duration::from_secs(30));
    clients.join_all().await;
    watch.join_all().await;
    assert_eq!(seen.broken.load(Ordering::SeqCst), 0);
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
    for _ in 0..50 {
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
    // Fifty heads of a megabyte would be fifty megabytes.
    assert!(grown < 20e6, "{grown} bytes more");
    running.shutdown().await;
}
