//! How long a good client waits while others attack: standards R3 and S16, measured. Attackers and
//! victims share the machine, so that what is measured includes what attacking costs.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tempfile::tempdir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::fixture::{bootstrap, get, head, run};
use crate::tls::{GOAWAY, PING, config, connect, endless, flood, issue, resets};

/// Rounds of each kind, in turn.
const ROUNDS: usize = 5;
/// Requests in a round.
const REQUESTS: usize = 500;

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// A good client: one request after the other on one connection.
pub(crate) struct Load {
    stream: Box<dyn Stream>,
    request: String,
}

impl Load {
    pub(crate) async fn plain(at: SocketAddr, token: &str) -> Self {
        Self::over(TcpStream::connect(at).await.unwrap(), token)
    }

    fn over(stream: impl Stream + 'static, token: &str) -> Self {
        Self {
            stream: Box::new(stream),
            request: head("GET", "/auth/me", token, ""),
        }
    }

    async fn once(&mut self) -> Duration {
        let begun = Instant::now();
        self.stream
            .write_all(self.request.as_bytes())
            .await
            .unwrap();
        self.stream.flush().await.unwrap();
        let mut read = Vec::new();
        loop {
            let mut piece = [0; 4096];
            let length = self.stream.read(&mut piece).await.unwrap();
            assert!(length > 0, "the connection of a good client was closed");
            read.extend_from_slice(&piece[..length]);
            let text = String::from_utf8_lossy(&read);
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let mut lines = head.lines();
            assert_eq!(lines.next(), Some("HTTP/1.1 200 OK"));
            let length = lines.find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.unwrap().parse().unwrap() {
                return begun.elapsed();
            }
        }
    }

    async fn times(&mut self, into: &mut Vec<Duration>) {
        for _ in 0..REQUESTS {
            into.push(self.once().await);
            // A client that thinks: the processor is not its alone.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

fn quantile(times: &mut [Duration], of: f64) -> f64 {
    times.sort();
    times[(times.len() as f64 * of) as usize].as_secs_f64() * 1e6
}

#[expect(clippy::print_stdout, reason = "a soak shows its figures")]
fn print(line: &str) {
    println!("{line}");
}

/// The p99 while the flood is on, by the p99 while it is not: the best of some rounds, which are
/// printed.
pub(crate) async fn compare<F>(what: &str, mut good: Load, flood: impl Fn() -> F) -> f64
where
    F: Future<Output = ()> + Send + 'static,
{
    good.times(&mut Vec::new()).await;
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let (mut quiet, mut loud) = (Vec::new(), Vec::new());
        good.times(&mut quiet).await;
        let mut attack = JoinSet::new();
        attack.spawn(flood());
        good.times(&mut loud).await;
        attack.shutdown().await;
        let [[quiet_p50, quiet], [loud_p50, loud]] =
            [&mut quiet, &mut loud].map(|times| [quantile(times, 0.5), quantile(times, 0.99)]);
        let ratio = loud / quiet;
        print(&format!(
            "{what}: p50 {quiet_p50:.0} -> {loud_p50:.0} us, p99 {quiet:.0} -> {loud:.0} us, \
             ratio {ratio:.2}"
        ));
        best = best.min(ratio);
    }
    best
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a soak that measures: ./dev soak floods"]
async fn attacks_on_the_protocol_slow_a_good_client_down_by_twice_at_most() {
    let dir = tempdir().unwrap();
    let certificate = issue(dir.path());
    let mut config = config(dir.path());
    (config.limits.per_second, config.limits.burst) = (1_000_000, 1_000_000);
    let running = run(config).await;
    let (api, token) = (running.public.unwrap(), bootstrap(&running));
    let memory = async || {
        let text = get(running.admin, "/metrics", "").await.text;
        let lines = &mut text.lines();
        let value = lines.find_map(|line| line.strip_prefix("process_resident_memory_bytes "));
        value.unwrap().parse::<f64>().unwrap() / 1e6
    };
    let good = async || {
        Load::over(
            connect(api, &certificate, "http/1.1").await.unwrap(),
            &token,
        )
    };
    let before = memory().await;
    let mut ratios = Vec::new();

    for (what, frames, last) in [
        ("ten floods of 2,000 resets a second", resets(2_000), PING),
        ("ten floods of CONTINUATION a second", endless(), GOAWAY),
    ] {
        let certificate = certificate.clone();
        let attack = || {
            let (certificate, frames) = (certificate.clone(), frames.clone());
            async move {
                let mut often = tokio::time::interval(Duration::from_millis(100));
                loop {
                    often.tick().await;
                    flood(api, &certificate, frames.clone(), last).await;
                }
            }
        };
        ratios.push(compare(what, good().await, attack).await);
    }
    let drip = || async move {
        let mut slow = Vec::new();
        for _ in 0..500 {
            let mut stream = TcpStream::connect(api).await.unwrap();
            // No handshake, byte by byte.
            let _ = stream.write_all(&[0x16]).await;
            slow.push(stream);
        }
        let mut often = tokio::time::interval(Duration::from_millis(100));
        loop {
            often.tick().await;
            for stream in &mut slow {
                let _ = stream.write_all(&[0x03]).await;
            }
        }
    };
    ratios.push(compare("500 connections that drip", good().await, drip).await);
    let after = memory().await;
    print(&format!(
        "resident memory, attackers included: {before:.0} -> {after:.0} MB"
    ));
    assert!(ratios.iter().all(|ratio| *ratio <= 2.0), "{ratios:?}");
    running.shutdown().await;
}
