//! A hub that speaks TLS under an authority of its own, as API servers do.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::http::StatusCode;
use fleetscope_model::{ClusterId, Endpoint, Source};
use fleetscope_outbound::{Cause, Outbound, OutboundOptions};
use fleetscope_sim::hub::Served;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use url::Url;
use uuid::Uuid;

use super::{House, Shape};

/// An authority that nobody knows beforehand.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        Self { issuer, pem }
    }

    /// Takes connections as `localhost`.
    fn acceptor(&self) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Speaks TLS in front of something that does not; it ends with the value, and so do its
/// connections.
struct Terminator {
    at: SocketAddr,
    _serving: JoinSet<()>,
}

impl Terminator {
    fn start(authority: &Authority, behind: SocketAddr, port: u16) -> Self {
        Self::over(authority, behind, bound(port))
    }

    fn over(authority: &Authority, behind: SocketAddr, socket: TcpSocket) -> Self {
        let listener = socket.listen(1024).unwrap();
        let at = listener.local_addr().unwrap();
        let acceptor = authority.acceptor();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                connections.spawn(async move {
                    // Who does not trust us goes away.
                    let Ok(mut stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let mut plain = TcpStream::connect(behind).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut stream, &mut plain).await;
                });
            }
        });
        Self {
            at,
            _serving: serving,
        }
    }

    fn url(&self) -> Url {
        Url::parse(&format!("https://localhost:{}/", self.at.port())).unwrap()
    }
}

/// A port that is ours; nobody listens there yet.
fn bound(port: u16) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket
        .bind(SocketAddr::from(([127, 0, 0, 1], port)))
        .unwrap();
    socket
}

/// A house whose hub is reached over TLS; the terminator is there once the hub is.
async fn house(ca_file: &Path, authority: &Authority) -> (House, Terminator) {
    // The hub's own address is known first when it serves: the port is taken beforehand.
    let socket = bound(0);
    let port = socket.local_addr().unwrap().port();
    let house = House::with(Shape::One, |config, _| {
        let url = format!("https://localhost:{port}/");
        config.hub.url = Some(Url::parse(&url).unwrap());
        config.hub.ca_file = Some(ca_file.to_owned());
    })
    .await;
    let Served { address, .. } = house.served;
    let terminator = Terminator::over(authority, address, socket);
    (house, terminator)
}

/// A token that nobody has seen yet.
async fn new_token(house: &House) -> String {
    house.code(&house.for_us()).await
}

/// Waits until a new token gets this answer. One of before is never a yes meanwhile.
async fn until(house: &House, code: &str) {
    let waiting = async {
        while new_token(house).await != code {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(super::super::fixture::GRACE, waiting).await;
    waited.unwrap_or_else(|_| panic!("it never becomes {code}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hub_is_believed_under_its_own_authority_and_under_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.crt");
    let (right, wrong) = (Authority::new("right"), Authority::new("wrong"));
    std::fs::write(&ca_file, &wrong.pem).unwrap();
    let (house, terminator) = house(&ca_file, &right).await;
    let said = house.get("/api/v1/clusters", &house.for_us()).await;
    assert_eq!(said.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(said.code(), "identity_unavailable");

    // The file is replaced while it is in use: first by half of it, then by the whole.
    std::fs::write(&ca_file, &right.pem[..100]).unwrap();
    assert_eq!(new_token(&house).await, "identity_unavailable");
    std::fs::write(&ca_file, &right.pem).unwrap();
    until(&house, "ok").await;

    // The hub gets a new authority before the file has it.
    let port = terminator.at.port();
    drop(terminator);
    let next = Authority::new("next");
    let _terminator = loop {
        // The old connections end a moment after their terminator.
        if TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            break Terminator::start(&next, house.served.address, port);
        }
    };
    until(&house, "identity_unavailable").await;
    for _ in 0..5 {
        assert_eq!(new_token(&house).await, "identity_unavailable");
    }
    std::fs::write(&ca_file, [right.pem, next.pem].concat()).unwrap();
    until(&house, "ok").await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_an_unknown_authority_is_told_as_that() {
    let (right, wrong) = (Authority::new("right"), Authority::new("wrong"));
    let nobody = bound(0);
    let behind = nobody.local_addr().unwrap();
    let terminator = Terminator::start(&right, behind, 0);
    let outbound = Outbound::new(OutboundOptions {
        roots: Some(wrong.pem.into_bytes()),
        ..OutboundOptions::default()
    });
    let endpoint = Endpoint::at(terminator.url().to_string());
    let cluster = ClusterId::new(Uuid::nil());
    let upstream = outbound
        .unwrap()
        .upstream(cluster, Source::Kubernetes, &endpoint);
    let failure = upstream.unwrap().get("/version", &[]).await.unwrap_err();
    let (detail, place) = (
        failure.detail,
        format!("localhost:{}", terminator.at.port()),
    );
    assert_eq!(failure.cause, Some(Cause::UnknownAuthority));
    assert!(detail.contains(&place), "{detail}");
    assert!(detail.contains("by nobody who is trusted"), "{detail}");
}
