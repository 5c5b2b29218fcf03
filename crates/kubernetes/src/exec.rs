//! Commands inside containers, over a WebSocket.
//!
//! Closing the socket does not end a command: it goes on in the container. So every command runs
//! under `timeout`, which ends it there, a little before we stop to wait here.

use std::time::Duration;

use fleetscope_model::GapKind;
use fleetscope_outbound::Failure;
use fleetscope_outbound::failure::printable;
use futures::{SinkExt as _, StreamExt as _};
use http::StatusCode;
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::Kubernetes;
use crate::listing::refusal;

/// Newest first; the server takes v5 whatever the order, and old ones know v4 only.
const PROTOCOLS: &str = "v5.channel.k8s.io, v4.channel.k8s.io";

/// What the server writes on, as the first byte of each frame.
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const ERROR: u8 = 3;

/// A frame holds up to 32 KiB of output and the channel; four times that is no API server's.
const LARGEST_FRAME: usize = 128 * 1024;

/// How much of a runtime's words is shown.
const CAUSE: usize = 160;

/// How much later than in the container a command is given up here: for the way there and back.
const GRACE: Duration = Duration::from_secs(2);

/// A command in a container.
#[derive(Debug, Clone, Copy)]
pub struct Command<'a> {
    /// The pod's namespace.
    pub namespace: &'a str,
    /// The pod.
    pub pod: &'a str,
    /// The container.
    pub container: &'a str,
    /// The program and its arguments; no shell is put before it.
    pub argv: &'a [&'a str],
    /// How long it may run, in whole seconds, one at least.
    pub limit: Duration,
    /// How many bytes of output are taken, both streams together.
    pub most: usize,
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// What it wrote; a part where it was cut.
    pub stdout: Vec<u8>,
    /// What it complained of.
    pub stderr: Vec<u8>,
    /// Whether there was more than was taken.
    pub cut: bool,
    /// How it ended.
    pub exit: Exit,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this code. `timeout` ends with 124 or, in busybox, 143.
    Code(i32),
    /// It was never begun: no such program, or no `timeout` in the image. In the runtime's words.
    NotBegun(String),
    /// Its output was more than is taken, so that its end was not waited for.
    Unawaited,
}

#[derive(Deserialize)]
struct End {
    #[serde(default)]
    status: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    message: String,
    details: Option<Details>,
}

#[derive(Deserialize)]
struct Details {
    #[serde(default)]
    causes: Vec<Cause>,
}

#[derive(Deserialize)]
struct Cause {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    message: String,
}

impl Kubernetes {
    /// Runs a command in a container and waits for its end. It takes the verbs `get` and `create`
    /// on `pods/exec`.
    pub async fn exec(&self, command: &Command<'_>) -> Result<Output, Failure> {
        let Command { namespace, pod, .. } = command;
        let seconds = command.limit.as_secs().max(1);
        let until = Instant::now() + Duration::from_secs(seconds) + GRACE;
        if !is_name(namespace) || !is_name(pod) {
            return Err(self.odd_exec("no object has such a name"));
        }
        let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}/exec");
        let limit = seconds.to_string();
        let mut query = vec![
            ("container", command.container),
            ("stdout", "1"),
            ("stderr", "1"),
            ("command", "timeout"),
            ("command", &limit),
        ];
        query.extend(command.argv.iter().map(|part| ("command", *part)));
        let opened = timeout_at(until, self.upstream.socket(&path, &query, PROTOCOLS)).await;
        let opened = opened.map_err(|_| self.unended(seconds))??;
        let socket = opened.map_err(|answer| match answer.status {
            // A user with `get` alone is refused without a reason.
            StatusCode::FORBIDDEN => refusal(&answer, "pods/exec (get and create)"),
            _ => refusal(&answer, "pods/exec"),
        })?;
        if socket.protocol.is_none() {
            // Without a protocol there is no channel for errors, and so no exit code.
            return Err(self.odd_exec("it speaks no protocol that tells how commands end"));
        }
        let config = WebSocketConfig::default()
            .read_buffer_size(32 * 1024)
            .max_message_size(Some(LARGEST_FRAME))
            .max_frame_size(Some(LARGEST_FRAME));
        let socket = WebSocketStream::from_raw_socket(socket.stream, Role::Client, Some(config));
        let mut socket = socket.await;
        let read = timeout_at(until, self.read(&mut socket, command.most)).await;
        // Said or not, the connection ends here.
        let _ = timeout_at(Instant::now() + GRACE, socket.close(None)).await;
        read.map_err(|_| self.unended(seconds))?
    }

    async fn read<S>(&self, socket: &mut WebSocketStream<S>, most: usize) -> Result<Output, Failure>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    {
        let mut output = Output {
            stdout: Vec::new(),
            stderr: Vec::new(),
            cut: false,
            exit: Exit::Unawaited,
        };
        while let Some(message) = socket.next().await {
            let message = message.map_err(|_| self.odd_exec("the connection broke off"))?;
            let frame = match message {
                Message::Binary(frame) => frame,
                Message::Ping(bytes) => {
                    let _ = socket.send(Message::Pong(bytes)).await;
                    continue;
                }
                Message::Close(_) => break,
                _ => continue,
            };
            let Some((channel, bytes)) = frame.split_first() else {
                continue;
            };
            let taken = output.stdout.len() + output.stderr.len();
            let room = bytes.len().min(most.saturating_sub(taken));
            match *channel {
                STDOUT => output.stdout.extend_from_slice(&bytes[..room]),
                STDERR => output.stderr.extend_from_slice(&bytes[..room]),
                ERROR => {
                    output.exit =
                        exit(bytes).ok_or_else(|| self.odd_exec("its end is no status"))?;
                    return Ok(output);
                }
                _ => continue,
            }
            if room < bytes.len() {
                output.cut = true;
                return Ok(output);
            }
        }
        Err(self.odd_exec("the connection ended before the command did"))
    }

    fn unended(&self, seconds: u64) -> Failure {
        let place = self.upstream.place();
        let detail =
            format!("a command by {place} did not end within {seconds} s: look at the pod");
        Failure::new(GapKind::Timeout, detail)
    }

    fn odd_exec(&self, what: &str) -> Failure {
        let place = self.upstream.place();
        let detail = format!("a command by {place} has no result ({what}): look at its kubelet");
        Failure::new(GapKind::BadAnswer, detail)
    }
}

/// How a command ended, by the status of channel 3. Its message repeats the whole command line in
/// v4, so that nothing of it is read but the causes.
fn exit(bytes: &[u8]) -> Option<Exit> {
    let status: End = serde_json::from_slice(bytes).ok()?;
    if status.status == "Success" {
        return Some(Exit::Code(0));
    }
    let causes = status
        .details
        .map(|details| details.causes)
        .unwrap_or_default();
    let code = causes.iter().find(|cause| cause.reason == "ExitCode");
    if let Some(code) = code {
        return code.message.parse().ok().map(Exit::Code);
    }
    let said = if status.message.is_empty() {
        status.reason
    } else {
        status.message
    };
    // The cause stands at the end of what each layer put its own words before.
    let skipped = said.chars().count().saturating_sub(CAUSE);
    let cause: String = said.chars().skip(skipped).collect();
    Some(Exit::NotBegun(printable(&cause)))
}

/// Whether an object may have this name, which then stands in a path as it is.
pub(crate) fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    !name.is_empty() && name.chars().all(fits) && !name.starts_with('.')
}
