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
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::fixture::{parts, run, whole};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

type Certificate = CertificateDer<'static>;

/// Writes a new certificate for `localhost` where the configuration says.
fn issue(dir: &Path) -> Certificate {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    write(dir, &cert.pem(), &signing_key);
    cert.der().clone()
}

fn write(dir: &Path, cert: &str, key: &KeyPair) {
    std::fs::write(dir.join("tls.crt"), cert).unwrap();
    std::fs::write(dir.join("tls.key"), key.serialize_pem()).unwrap();
}

fn config(dir: &Path) -> Config {
    let mut config = whole(&dir.join("data"));
    config.tls.cert_file = Some(dir.join("tls.crt"));
    config.tls.key_file = Some(dir.join("tls.key"));
    config
}

/// A connection whose server must show just this certificate.
async fn connect(
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
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

/// `GET /api/v1/openapi.json` at `localhost` over https, by HPACK's static table where it can.
fn get() -> Vec<u8> {
    let mut block = vec![0x82, 0x87];
    for (index, text) in [(0x04, "/api/v1/openapi.json"), (0x01, "localhost")] {
        block.push(index);
        block.push(u8::try_from(text.len()).unwrap());
        block.extend(text.as_bytes());
    }
    block
}

/// Sends the frames, and gives the kinds of frames that come back: until one of the kind `last`,
/// or until the server has enough.
async fn flood(
    at: SocketAddr,
    certificate: &Certificate,
    frames: Vec<Vec<u8>>,
    last: u8,
) -> Vec<u8> {
    let stream = connect(at, certificate, "h2").await.unwrap();
    let (mut reading, mut writing) = tokio::io::split(stream);
    let sending = async {
        writing
            .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            .await?;
        writing.write_all(&frame(SETTINGS, 0, 0, &[])).await?;
        for frame in frames {
            writing.write_all(&frame).await?;
        }
        writing.flush().await
    };
    let receiving = async {
        let mut kinds = Vec::new();
        let mut head = [0; 9];
        while reading.read_exact(&mut head).await.is_ok() {
            kinds.push(head[3]);
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; length as usize];
            if reading.read_exact(&mut payload).await.is_err() || [GOAWAY, last].contains(&head[3])
            {
                break;
            }
        }
        kinds
    };
    let flooding = async {
        let _ = sending.await;
        std::future::pending::<()>().await;
    };
    let whole = async {
        tokio::select! {
            kinds = receiving => kinds,
            () = flooding => Vec::new(),
        }
    };
    tokio::time::timeout(LONG, whole).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn floods_of_resets_and_of_endless_headers_end_their_connection_and_nobody_elses() {
    let dir = tempdir().unwrap();
    let certificate = issue(dir.path());
    let running = run(config(dir.path())).await;
    let api = running.public.unwrap();

    // Each request is taken back as soon as it is made. The server may have enough of it; if it has
    // not, it still answers a ping after that.
    let resets = (0..2000_u32).map(|n| {
        let mut both = frame(HEADERS, 0x5, 2 * n + 1, &get());
        both.extend(frame(RST_STREAM, 0, 2 * n + 1, &8_u32.to_be_bytes()));
        both
    });
    let ping = frame(PING, 0, 0, &[0; 8]);
    let kinds = flood(api, &certificate, resets.chain([ping]).collect(), PING).await;
    assert!(
        kinds
            .last()
            .is_some_and(|last| [PING, GOAWAY].contains(last)),
        "{kinds:?}"
    );

    // Literal headers without indexing, in a block that never ends.
    let mut junk = Vec::new();
    while junk.len() < 15_000 {
        junk.extend([0x00, 0x01, b'a', 0x7f, 0x00]);
        junk.extend([b'x'; 127]);
    }
    let mut endless = vec![frame(HEADERS, 0x1, 1, &get())];
    endless.extend((0..500).map(|_| frame(CONTINUATION, 0, 1, &junk)));
    let kinds = flood(api, &certificate, endless, GOAWAY).await;
    assert_eq!(kinds.last(), Some(&GOAWAY), "{kinds:?}");

    let good = vec![frame(HEADERS, 0x5, 1, &get())];
    let answered = flood(api, &certificate, good, HEADERS).await;
    assert!(answered.contains(&HEADERS), "{answered:?}");
    running.shutdown().await;
}
