//! Commands in containers, by what a real kubelet was recorded to say.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fleetscope_kubernetes::{Command, Exit, Kubernetes, Output};
use fleetscope_model::{GapKind, Source};
use fleetscope_outbound::{Failure, Outbound};
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::fleet::{id, patient};
use crate::server::Server;

#[derive(Clone, Deserialize)]
struct Recorded {
    name: String,
    status: u16,
    protocol: Option<String>,
    frames: Vec<String>,
    body: String,
}

fn recorded(name: &str) -> Recorded {
    let text = include_str!("recordings/kubernetes-exec.json");
    let all: Vec<Recorded> = serde_json::from_str(text).unwrap();
    let found = all.into_iter().find(|one| one.name.starts_with(name));
    found.unwrap_or_else(|| panic!("no recording '{name}'"))
}

/// Answers an upgrade as recorded, frame by frame; `hold` then keeps the connection open.
async fn replay(mut stream: TcpStream, recorded: Recorded, asked: Arc<Mutex<String>>, hold: bool) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read_exact(&mut byte).await.is_err() {
            return;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let key = head
        .lines()
        .find_map(|line| line.strip_prefix("sec-websocket-key: "));
    let key = key.unwrap().to_owned();
    *asked.lock().unwrap() = head;
    if recorded.status != 101 {
        let (status, body) = (recorded.status, &recorded.body);
        let answer = format!(
            "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
        return;
    }
    let guid = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    let accept = STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, guid.as_bytes()));
    let protocol = recorded.protocol.filter(|protocol| !protocol.is_empty());
    let protocol = protocol.map(|p| format!("sec-websocket-protocol: {p}\r\n"));
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
         sec-websocket-accept: {accept}\r\n{}\r\n",
        protocol.unwrap_or_default()
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
    for frame in &recorded.frames {
        let payload = STANDARD.decode(frame).unwrap();
        let mut bytes = vec![0x82];
        match u16::try_from(payload.len()).unwrap() {
            short @ 0..=125 => bytes.push(short as u8),
            long => {
                bytes.push(126);
                bytes.extend_from_slice(&long.to_be_bytes());
            }
        }
        bytes.extend_from_slice(&payload);
        if stream.write_all(&bytes).await.is_err() {
            return;
        }
    }
    if hold {
        std::future::pending::<()>().await;
    }
    let _ = stream.write_all(&[0x88, 2, 0x03, 0xe8]).await;
    let _ = stream.read(&mut [0; 64]).await;
}

/// What comes of a command, and how it was asked for.
async fn run(recorded: Recorded, most: usize, hold: bool) -> (Result<Output, Failure>, String) {
    let asked = Arc::new(Mutex::new(String::new()));
    let log = Arc::clone(&asked);
    let server =
        Server::raw(move |stream| replay(stream, recorded.clone(), log.clone(), hold)).await;
    let outbound = Outbound::new(patient()).unwrap();
    let upstream = outbound.upstream(id(1), Source::Kubernetes, &server.endpoint());
    let command = Command {
        namespace: "shop",
        pod: "web",
        container: "main",
        argv: &["nvidia-smi", "-L & more"],
        limit: Duration::from_secs(1),
        most,
    };
    let output = Kubernetes::new(upstream.unwrap()).exec(&command).await;
    let asked = asked.lock().unwrap().clone();
    (output, asked)
}

#[tokio::test]
async fn streams_and_exit_codes_are_read_in_both_versions() {
    for (name, exit, stdout, stderr) in [
        ("v5: stdout, stderr, exit 0", 0, "out\n", "err\n"),
        ("v5: exit 3", 3, "out\n", ""),
        ("v5: killed by a signal", 137, "", ""),
        ("v4: stdout, stderr, exit 0", 0, "out\n", "err\n"),
        ("v4: exit 3", 3, "out\n", ""),
        ("v4: killed by a signal", 137, "", ""),
        ("a long command wrapped in timeout", 143, "", ""),
    ] {
        let (output, _) = run(recorded(name), 1000, false).await;
        let output = output.unwrap_or_else(|failure| panic!("{name}: {failure}"));
        assert_eq!(output.exit, Exit::Code(exit), "{name}");
        assert_eq!(output.stdout, stdout.as_bytes(), "{name}");
        assert_eq!(output.stderr, stderr.as_bytes(), "{name}");
    }
}

#[tokio::test]
async fn every_command_is_put_under_timeout_and_no_shell() {
    let (_, asked) = run(recorded("v5: stdout"), 1000, false).await;
    let path = "GET /api/v1/namespaces/shop/pods/web/exec?container=main&stdout=1&stderr=1\
                &command=timeout&command=1&command=nvidia-smi&command=-L+%26+more HTTP/1.1";
    assert!(asked.starts_with(path), "{asked}");
    assert!(asked.contains("sec-websocket-protocol: v5.channel.k8s.io, v4.channel.k8s.io"));
}

#[tokio::test]
async fn a_command_that_can_not_begin_says_so() {
    let (output, _) = run(recorded("v5: a command that does not exist"), 1000, false).await;
    let Exit::NotBegun(said) = output.unwrap().exit else {
        panic!("begun")
    };
    assert!(
        said.contains("no such file or directory") || said.contains("not found"),
        "{said}"
    );
}

#[tokio::test]
async fn a_server_without_a_protocol_tells_no_exit_code_and_is_refused() {
    let (output, _) = run(recorded("client offers no protocol"), 1000, false).await;
    let failure = output.unwrap_err();
    assert!(
        failure.detail.contains("tells how commands end"),
        "{failure}"
    );
}

#[tokio::test]
async fn refusals_at_the_upgrade_are_told_apart() {
    for (name, kind) in [
        ("no permission: 403", GapKind::Forbidden),
        ("bad token: 401", GapKind::Unauthenticated),
        ("pod that does not exist", GapKind::BadAnswer),
        ("container that does not exist", GapKind::Refused),
    ] {
        let (output, _) = run(recorded(name), 1000, false).await;
        assert_eq!(output.unwrap_err().kind, kind, "{name}");
    }
}

#[tokio::test]
async fn output_is_cut_where_enough_was_taken() {
    let (output, _) = run(recorded("v5: exit 3"), 2, false).await;
    let output = output.unwrap();
    assert_eq!((output.stdout.as_slice(), output.cut), (&b"ou"[..], true));
    assert_eq!(output.exit, Exit::Unawaited);
}

#[tokio::test]
async fn a_command_that_does_not_end_is_given_up() {
    let mut silent = recorded("v5: stdout");
    silent.frames.truncate(1);
    let (output, _) = run(silent, 1000, true).await;
    let failure = output.unwrap_err();
    assert_eq!(failure.kind, GapKind::Timeout, "{failure}");
    assert!(failure.detail.contains("within 1 s"), "{failure}");
}
