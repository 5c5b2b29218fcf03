//! A real Prometheus as a child process.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::http::Answer;

/// How often, and 50 ms apart, we ask whether the server is ready: a minute in all, for a machine
/// that compiles beside us.
const ATTEMPTS: u32 = 1200;

/// A running Prometheus; it ends when this is dropped.
pub(super) struct Peer {
    child: Child,
    address: SocketAddr,
    _directory: TempDir,
}

impl Peer {
    /// One that holds these samples, in blocks. `ADDRESS` in `config` becomes its own.
    pub(super) fn with_blocks(openmetrics: &str, config: &str, rules: &str) -> Self {
        let directory = TempDir::new().unwrap();
        let samples = directory.path().join("samples.om");
        std::fs::write(&samples, openmetrics).unwrap();
        std::fs::write(directory.path().join("rules.yml"), rules).unwrap();
        let made = Command::new("promtool")
            .args(["tsdb", "create-blocks-from", "openmetrics", "--quiet"])
            .arg(&samples)
            .arg(directory.path().join("data"))
            .output()
            .unwrap_or_else(|error| panic!("{}", missing("promtool", &error)));
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        Self::start(directory, config)
    }

    /// One that holds nothing and takes remote writes.
    pub(super) fn empty() -> Self {
        Self::start(TempDir::new().unwrap(), "")
    }

    /// The answer to a GET.
    pub(super) fn get(&self, path: &str) -> Answer {
        let request = format!("GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.address);
        exchange(self.address, request.as_bytes()).unwrap()
    }

    /// The answer to a POST with these extra header lines.
    pub(super) fn post(&self, path: &str, headers: &str, body: &[u8]) -> Answer {
        let length = body.len();
        let address = self.address;
        let mut request = format!(
            "POST {path} HTTP/1.0\r\nHost: {address}\r\n{headers}Content-Length: {length}\r\n\r\n"
        )
        .into_bytes();
        request.extend_from_slice(body);
        exchange(address, &request).unwrap()
    }

    fn start(directory: TempDir, config: &str) -> Self {
        let address = free_address();
        let config = config.replace("ADDRESS", &address.to_string());
        std::fs::write(directory.path().join("prometheus.yml"), config).unwrap();
        let child = launch(directory.path(), address);
        let peer = Self {
            child,
            address,
            _directory: directory,
        };
        peer.wait_until_ready()
    }

    fn wait_until_ready(mut self) -> Self {
        for _ in 0..ATTEMPTS {
            let asked = exchange(self.address, b"GET /-/ready HTTP/1.0\r\n\r\n");
            if asked.is_ok_and(|answer| answer.status == 200) {
                return self;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("prometheus ended before it was ready: {status}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("prometheus was not ready within a minute");
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn launch(directory: &Path, address: SocketAddr) -> Child {
    Command::new("prometheus")
        .arg(format!(
            "--config.file={}",
            directory.join("prometheus.yml").display()
        ))
        .arg(format!(
            "--storage.tsdb.path={}",
            directory.join("data").display()
        ))
        .arg(format!("--web.listen-address={address}"))
        .args([
            "--storage.tsdb.retention.time=100y",
            "--web.enable-remote-write-receiver",
        ])
        .args(["--log.level=error"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{}", missing("prometheus", &error)))
}

fn missing(program: &str, error: &std::io::Error) -> String {
    format!(
        "{program} can't be started ({error}). This test compares the simulation with a real \
         Prometheus 2.42, from Debian's package `prometheus`: `./dev test` installs it"
    )
}

/// The port is free now; nobody else on this machine hands out ports from the ephemeral range by
/// asking for a fixed one.
fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .unwrap()
        .local_addr()
        .unwrap()
}

/// HTTP/1.0, so that the answer ends with the connection and is not chunked.
fn exchange(address: SocketAddr, request: &[u8]) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.write_all(request)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let bad = || std::io::Error::other(format!("not HTTP: {answer:?}"));
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(bad)?;
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .ok_or_else(bad)?;
    Ok(Answer {
        status,
        body: body.to_owned(),
    })
}
