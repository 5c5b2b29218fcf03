//! TLS on the public address, and what HTTP/2 clients may not do there.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fleetscope_config::Config;
use fleetscope_model::Fault as _;
use fleetscope_runtime::start;
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::tempdir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::fixture::{bootstrap, parts, run, whole};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

pub(crate) type Certificate = CertificateDer<'static>;

/// Writes a new certificate for `localhost` where the configuration says.
pub(crate) fn issue(dir: &Path) -> Certificate {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    write(dir, &cert.pem(), &signing_key);
    cert.der().clone()
}

fn write(dir: &Path, cert: &str, key: &KeyPair) {
    std::fs::write(dir.join("tls.crt"), cert).unwrap();
    std::fs::write(dir.join("tls.key"), key.serialize_pem()).unwrap();
}

pub(crate) fn config(dir: &Path) -> Config {
    let mut config = whole(&dir.join("data"));
    config.tls.cert_file = Some(dir.join("tls.crt"));
    config.tls.key_file = Some(dir.join("tls.key"));
    config
}

/// A connection whose server must show just this certificate.
pub(crate) async fn connect(
    at: SocketAddr,
    certificate: &Certificate,
    protocol: &str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let stream = TcpStream::connect(at).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_certificate_is_served_and_a_broken_one_is_not() {
    let dir = tempdir().unwrap();
    let first = issue(dir.path());
    let running = run(config(dir.path())).await;
    let api = running.public.unwrap();
    let mut stream = connect(api, &first, "http/1.1").await.unwrap();
    let request =
        "GET /api/v1/openapi.json HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age=63072000"));

    // Half of a rotation: the certificate is there, its key is not yet.
    let old_key = std::fs::read(dir.path().join("tls.key")).unwrap();
    let second = issue(dir.path());
    let new_key = std::fs::read(dir.path().join("tls.key")).unwrap();
    std::fs::write(dir.path().join("tls.key"), old_key).unwrap();
    let task = running.activate("certificates").await.unwrap();
    let error = task.last_error.unwrap();
    assert!(
        error.contains("is not the key of the certificate"),
        "{error}"
    );
    assert!(connect(api, &first, "http/1.1").await.is_ok());

    std::fs::write(dir.path().join("tls.key"), new_key).unwrap();
    let task = running.activate("certificates").await.unwrap();
    assert_eq!(
        task.last_summary.as_deref(),
        Some("another certificate is served now")
    );
    assert!(connect(api, &second, "http/1.1").await.is_ok());
    assert!(connect(api, &first, "http/1.1").await.is_err());
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_cannot_be_used_stops_the_start_and_shows_nothing_of_the_key() {
    let dir = tempdir().unwrap();
    issue(dir.path());
    std::fs::write(dir.path().join("tls.key"), "c2VjcmV0").unwrap();
    let error = start(config(dir.path()), parts()).await.unwrap_err();
    assert_eq!(error.code(), "certificate_unusable");
    assert!(!error.message().contains("c2VjcmV0"), "{}", error.message());
}

/// One HTTP/2 frame.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = length[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

/// `GET /api/v1/openapi.json` at `localhost` over https, by HPACK's static table where it can.
fn get() -> Vec<u8> {
    headers(&[(0x04, "/api/v1/openapi.json"), (0x01, "localhost")])
}

/// A GET over https; each text is the value of the header at this index of the static table.
fn headers(values: &[(u8, &str)]) -> Vec<u8> {
    let mut block = vec![0x82, 0x87];
    for (index, text) in values {
        // Literals without indexing have four bits for the index, and then a byte more.
        if *index < 15 {
            block.push(*index);
        } else {
            block.extend([15, index - 15]);
        }
        block.push(u8::try_from(text.len()).unwrap());
        block.extend(text.as_bytes());
    }
    block
}

/// A frame that has come back.
#[derive(Debug)]
pub(crate) struct Came {
    kind: u8,
    payload: Vec<u8>,
}

impl Came {
    /// The reason of a GOAWAY.
    fn reason(&self) -> Option<u32> {
        let code = self.payload.get(4..8)?.try_into().ok()?;
        (self.kind == GOAWAY).then(|| u32::from_be_bytes(code))
    }
}

/// Sends the frames, and gives what comes back: until a frame of the kind `last`, or until the
/// server has enough.
pub(crate) async fn flood(
    at: SocketAddr,
    certificate: &Certificate,
    frames: Vec<Vec<u8>>,
    last: u8,
) -> Vec<Came> {
    let stream = connect(at, certificate, "h2").await.unwrap();
    let (mut reading, mut writing) = tokio::io::split(stream);
    let sending = async {
        writing.write_all(PREFACE).await?;
        writing.write_all(&frame(SETTINGS, 0, 0, &[])).await?;
        for frame in frames {
            writing.write_all(&frame).await?;
        }
        writing.flush().await
    };
    let receiving = async {
        let mut came = Vec::new();
        let mut head = [0; 9];
        while reading.read_exact(&mut head).await.is_ok() {
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; length as usize];
            let kind = head[3];
            let whole = reading.read_exact(&mut payload).await.is_ok();
            came.push(Came { kind, payload });
            if !whole || [GOAWAY, last].contains(&kind) {
                break;
            }
        }
        came
    };
    let flooding = async {
        let _ = sending.await;
        std::future::pending::<()>().await;
    };
    let whole = async {
        tokio::select! {
            came = receiving => came,
            () = flooding => Vec::new(),
        }
    };
    tokio::time::timeout(LONG, whole).await.unwrap()
}

/// Each request is taken back as soon as it is made, and at the end there is a ping.
pub(crate) fn resets(count: u32) -> Vec<Vec<u8>> {
    let resets = (0..count).map(|n| {
        let mut both = frame(HEADERS, 0x5, 2 * n + 1, &get());
        both.extend(frame(RST_STREAM, 0, 2 * n + 1, &8_u32.to_be_bytes()));
        both
    });
    resets.chain([frame(PING, 0, 0, &[0; 8])]).collect()
}

/// Literal headers without indexing, in a block that never ends.
pub(crate) fn endless() -> Vec<Vec<u8>> {
    let mut junk = Vec::new();
    while junk.len() < 15_000 {
        junk.extend([0x00, 0x01, b'a', 0x7f, 0x00]);
        junk.extend([b'x'; 127]);
    }
    let mut endless = vec![frame(HEADERS, 0x1, 1, &get())];
    endless.extend((0..500).map(|_| frame(CONTINUATION, 0, 1, &junk)));
    endless
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const ENHANCE_YOUR_CALM: u32 = 11;

#[tokio::test(flavor = "multi_thread")]
async fn floods_of_resets_and_of_endless_headers_end_their_connection_and_nobody_elses() {
    let dir = tempdir().unwrap();
    let certificate = issue(dir.path());
    let running = run(config(dir.path())).await;
    let api = running.public.unwrap();
    let mut floods = JoinSet::new();
    for _ in 0..4 {
        for (frames, last) in [(resets(2000), PING), (endless(), GOAWAY)] {
            let certificate = certificate.clone();
            floods.spawn(async move { flood(api, &certificate, frames, last).await });
        }
    }
    // Somebody else, meanwhile.
    for _ in 0..20 {
        let good = vec![frame(HEADERS, 0x5, 1, &get())];
        let answered = flood(api, &certificate, good, HEADERS).await;
        assert!(
            answered.iter().any(|came| came.kind == HEADERS),
            "{answered:?}"
        );
    }
    for came in floods.join_all().await {
        let last = came.last().and_then(Came::reason);
        assert_eq!(last, Some(ENHANCE_YOUR_CALM), "{came:?}");
    }

    // Who takes back a little is served on.
    let came = flood(api, &certificate, resets(10), PING).await;
    assert_eq!(came.last().map(|came| came.kind), Some(PING), "{came:?}");
    running.shutdown().await;
}

/// The next frame of one of these kinds; nothing where the connection has ended.
async fn next(stream: &mut TlsStream<TcpStream>, kinds: &[u8]) -> Option<Came> {
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        stream.read_exact(&mut payload).await.ok()?;
        if kinds.contains(&head[3]) {
            let kind = head[3];
            return Some(Came { kind, payload });
        }
    }
}

/// The slower flood, which h2 does not see: each request has begun when it is taken back.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_back_whatever_was_begun_with_is_told_to_be_calm() {
    let dir = tempdir().unwrap();
    let certificate = issue(dir.path());
    let running = run(config(dir.path())).await;
    let api = running.public.unwrap();
    let bearer = format!("Bearer {}", bootstrap(&running));
    let mut stream = connect(api, &certificate, "h2").await.unwrap();
    let begin = [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
    stream.write_all(&begin).await.unwrap();
    // A stream that goes on until it is taken back; 23 is `authorization`.
    let request = headers(&[
        (0x04, "/api/v1/events/stream"),
        (0x01, "localhost"),
        (0x17, &bearer),
    ]);
    let mut served = 0;
    let last = loop {
        let id = 2 * served + 1;
        let begun = [
            frame(HEADERS, 0x5, id, &request),
            frame(PING, 0, 0, &[0; 8]),
        ]
        .concat();
        if stream.write_all(&begun).await.is_err() {
            break None;
        }
        match next(&mut stream, &[PING, GOAWAY]).await {
            Some(came) if came.kind == PING => {}
            other => break other,
        }
        let back = frame(RST_STREAM, 0, id, &8_u32.to_be_bytes());
        if stream.write_all(&back).await.is_err() {
            break None;
        }
        served += 1;
        assert!(served < 1_000, "all of them were served");
    };
    assert_eq!(last.and_then(|last| last.reason()), Some(ENHANCE_YOUR_CALM));
    assert!((200..=210).contains(&served), "{served}");
    running.shutdown().await;
}

/// Reads until the server closes, while these bytes are sent again and again.
async fn ends(mut stream: TlsStream<TcpStream>, again: &[u8]) {
    let mut often = tokio::time::interval(Duration::from_millis(50));
    let mut into = [0; 1024];
    let ending = async {
        loop {
            tokio::select! {
                read = stream.read(&mut into) => match read {
                    Ok(0) | Err(_) => return,
                    Ok(_) => {}
                },
                _ = often.tick(), if !again.is_empty() => {
                    if stream.write_all(again).await.is_err() || stream.flush().await.is_err() {
                        return;
                    }
                }
            }
        }
    };
    let ended = tokio::time::timeout(LONG, ending).await;
    assert!(
        ended.is_ok(),
        "the connection is held for longer than a head may take"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_without_a_request_end_when_a_head_would_be_late() {
    let dir = tempdir().unwrap();
    let certificate = issue(dir.path());
    let mut config = config(dir.path());
    config.server.head_timeout = Duration::from_secs(1);
    let running = run(config).await;
    let api = running.public.unwrap();
    let open = async |protocol, first: &[u8]| {
        let mut stream = connect(api, &certificate, protocol).await.unwrap();
        stream.write_all(first).await.unwrap();
        stream.flush().await.unwrap();
        stream
    };
    let begun = [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
    // Its answer is short: one that the client does not take in is under way for as long.
    let nothing = headers(&[(0x04, "/nothing"), (0x01, "localhost")]);
    let asked = [&begun[..], &frame(HEADERS, 0x5, 1, &nothing)].concat();
    let half = [&begun[..], &frame(HEADERS, 0x1, 1, &get())].concat();
    let more = frame(CONTINUATION, 0, 1, &[0x00, 0x01, b'a', 0x01, b'b']);
    let ping = frame(PING, 0, 0, &[0; 8]);
    tokio::join!(
        ends(open("http/1.1", b"").await, b""),
        ends(open("http/1.1", b"GET / HTTP/1.1\r\na: ").await, b"x"),
        ends(open("h2", b"").await, b""),
        ends(open("h2", &PREFACE[..10]).await, b""),
        ends(open("h2", &begun).await, &ping),
        ends(open("h2", &asked).await, &ping),
        ends(open("h2", &half).await, &more),
    );
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_end_whose_client_leaves_no_room_for_an_answer() {
    let dir = tempdir().unwrap();
    let certificate = issue(dir.path());
    let mut config = config(dir.path());
    config.server.send_timeout = Duration::from_secs(1);
    let running = run(config).await;
    let api = running.public.unwrap();
    // A window of no byte (SETTINGS_INITIAL_WINDOW_SIZE, RFC 9113, 6.5.2): the head of the answer
    // may go, the problem that it carries may not.
    let shut = frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
    let nothing = headers(&[(0x04, "/nothing"), (0x01, "localhost")]);
    let asked = [PREFACE, &shut[..], &frame(HEADERS, 0x5, 1, &nothing)].concat();
    let mut h2 = connect(api, &certificate, "h2").await.unwrap();
    h2.write_all(&asked).await.unwrap();
    // More answers than the system keeps for a client, which reads none of them.
    let request = "GET /api/v1/openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut h1 = connect(api, &certificate, "http/1.1").await.unwrap();
    h1.write_all(request.repeat(400).as_bytes()).await.unwrap();
    let refused = async {
        while h1.write_all(request.as_bytes()).await.is_ok() && h1.flush().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let ping = frame(PING, 0, 0, &[0; 8]);
    let ((), refused) = tokio::join!(ends(h2, &ping), tokio::time::timeout(LONG, refused));
    assert!(refused.is_ok(), "a client that reads nothing is waited for");
    running.shutdown().await;
}
