//! Endpoints with certificates of their own, against real handshakes.

use std::sync::Arc;

use fleetscope_model::{ClusterId, Endpoint, Source};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use uuid::Uuid;

use crate::{Answer, Cause, ClientCertificate, Failure, Outbound, OutboundOptions};

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    der: Vec<u8>,
}

fn authority() -> Authority {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    Authority {
        pem: certificate.pem(),
        der: certificate.der().to_vec(),
        issuer: Issuer::new(params, key),
    }
}

impl Authority {
    /// A certificate for a name until a year, and its key.
    fn sign(&self, name: &str, until: i32) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    fn server(&self, name: &str, until: i32, clients: Option<&Self>) -> TlsAcceptor {
        let (certificate, key) = self.sign(name, until);
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let builder = ServerConfig::builder();
        let builder = match clients {
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.der.clone().into()).unwrap();
                let verifier = WebPkiClientVerifier::builder(Arc::new(roots));
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
            None => builder.with_no_client_auth(),
        };
        let config = builder.with_single_cert(vec![certificate.der().clone()], key);
        TlsAcceptor::from(Arc::new(config.unwrap()))
    }
}

/// Answers each request with its own `Host` header.
async fn serve(acceptor: TlsAcceptor) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut head = vec![0; 4096];
            let length = stream.read(&mut head).await.unwrap_or_default();
            let head = String::from_utf8_lossy(&head[..length]).to_ascii_lowercase();
            let host = head.lines().find_map(|line| line.strip_prefix("host: "));
            let host = host.unwrap_or_default();
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{host}",
                host.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    };
    #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
    tokio::spawn(serve);
    port
}

async fn get(endpoint: &Endpoint, shown: Option<ClientCertificate>) -> Result<Answer, Failure> {
    let _ = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider().install_default();
    let outbound = Outbound::new(OutboundOptions::default()).unwrap();
    let cluster = ClusterId::new(Uuid::from_u128(1));
    let mut upstream = outbound
        .upstream(cluster, Source::Prometheus, endpoint)?
        .probing();
    if let Some(certificate) = shown {
        upstream = upstream.presenting(certificate);
    }
    upstream.get("/", &[]).await
}

fn trusting(port: u16, authority: &Authority) -> Endpoint {
    Endpoint {
        ca_bundle: Some(authority.pem.clone()),
        ..Endpoint::at(format!("https://localhost:{port}"))
    }
}

#[tokio::test]
async fn an_endpoints_own_authority_is_the_only_one_that_it_is_trusted_by() {
    let (ours, other) = (authority(), authority());
    let port = serve(ours.server("localhost", 2999, None)).await;
    let answer = get(&trusting(port, &ours), None).await.unwrap();
    assert_eq!(
        answer.certified_until,
        Some("2999-01-01T00:00:00Z".parse().unwrap())
    );
    for endpoint in [
        trusting(port, &other),
        Endpoint::at(format!("https://localhost:{port}")),
    ] {
        let failure = get(&endpoint, None).await.unwrap_err();
        assert_eq!(failure.cause, Some(Cause::UnknownAuthority), "{failure:?}");
    }
}

#[tokio::test]
async fn faults_of_certificates_are_told_apart() {
    let ours = authority();
    let ended = serve(ours.server("localhost", 2021, None)).await;
    let failure = get(&trusting(ended, &ours), None).await.unwrap_err();
    let end = "2021-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(
        failure.cause,
        Some(Cause::Expired(Some(end))),
        "{failure:?}"
    );
    let named = serve(ours.server("shop.example.com", 2999, None)).await;
    let failure = get(&trusting(named, &ours), None).await.unwrap_err();
    assert_eq!(failure.cause, Some(Cause::OtherName), "{failure:?}");
}

#[tokio::test]
async fn another_name_on_the_certificate_is_accepted_where_it_was_registered() {
    let ours = authority();
    let port = serve(ours.server("shop.example.com", 2999, None)).await;
    for host in ["localhost", "127.0.0.1"] {
        let endpoint = Endpoint {
            url: format!("https://{host}:{port}"),
            server_name: Some("shop.example.com".to_owned()),
            ..trusting(port, &ours)
        };
        let answer = get(&endpoint, None).await.unwrap();
        let host = format!("{host}:{port}");
        assert_eq!(answer.body, host.as_bytes(), "the host that is meant");
    }
    let other = Endpoint {
        server_name: Some("other.example.com".to_owned()),
        ..trusting(port, &ours)
    };
    let failure = get(&other, None).await.unwrap_err();
    assert_eq!(failure.cause, Some(Cause::OtherName), "{failure:?}");
}

#[tokio::test]
async fn a_client_certificate_is_shown_and_needed() {
    let (ours, theirs) = (authority(), authority());
    let port = serve(ours.server("localhost", 2999, Some(&theirs))).await;
    let (certificate, key) = theirs.sign("fleetscope", 2999);
    let pem = format!("{}{}", certificate.pem(), key.serialize_pem());
    let shown = ClientCertificate::pem(&pem.into()).unwrap();
    assert!(get(&trusting(port, &ours), Some(shown)).await.is_ok());
    assert!(get(&trusting(port, &ours), None).await.is_err());
    let (certificate, key) = authority().sign("somebody", 2999);
    let pem = format!("{}{}", certificate.pem(), key.serialize_pem());
    let stranger = ClientCertificate::pem(&pem.into()).unwrap();
    assert!(get(&trusting(port, &ours), Some(stranger)).await.is_err());
}
