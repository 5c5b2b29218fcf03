//! What is connected to, where names change their answers.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use fleetscope_model::{ClusterId, Endpoint, Source};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use uuid::Uuid;

use super::resolver::{Names, allowed};
use crate::address::AddressRules;
use crate::{Bearer, Cause, Outbound, OutboundOptions, Upstream};

fn addresses(texts: &[&str]) -> Vec<std::net::SocketAddr> {
    texts.iter().map(|t| t.parse().unwrap()).collect()
}

#[test]
fn a_name_with_a_forbidden_address_is_called_only_at_its_other_addresses() {
    let rules = AddressRules::encrypted(&OutboundOptions::default());
    let found = addresses(&["169.254.169.254:0", "8.8.8.8:0"]);
    let allowed = allowed(&rules, found.into_iter()).unwrap();
    assert_eq!(allowed, addresses(&["8.8.8.8:0"]));
}

#[test]
fn a_name_with_nothing_but_forbidden_addresses_is_refused() {
    let rules = AddressRules::encrypted(&OutboundOptions::default());
    let found = addresses(&["169.254.169.254:0", "[fe80::1]:0"]);
    let refused = allowed(&rules, found.into_iter()).unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("169.254.169.254 is a link-local")
    );
}

/// A server of one answer a connection; how many connections it saw, and what it was asked.
async fn server() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let serve = async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = vec![0; 4096];
            let length = stream.read(&mut head).await.unwrap_or_default();
            let text = String::from_utf8_lossy(&head[..length]).into_owned();
            log.lock().unwrap().push(text);
            let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    };
    #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
    tokio::spawn(serve);
    (port, seen)
}

fn upstream(answers: &[&str], endpoint: &Endpoint) -> Upstream {
    let answers: VecDeque<Vec<IpAddr>> = answers
        .iter()
        .map(|line| line.split(' ').map(|a| a.parse().unwrap()).collect())
        .collect();
    let names = Names::Scripted(Arc::new(Mutex::new(answers)));
    let outbound = Outbound::naming(OutboundOptions::default(), names).unwrap();
    let cluster = ClusterId::new(Uuid::from_u128(1));
    outbound
        .upstream(cluster, Source::Prometheus, endpoint)
        .unwrap()
}

#[tokio::test]
async fn a_name_that_changes_its_answer_leads_nowhere_else() {
    let (port, seen) = server().await;
    let endpoint = Endpoint::at(format!("http://rebind.test:{port}"));
    for forbidden in [
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "100.100.100.200",
        "0.0.0.0",
    ] {
        let upstream = upstream(&["127.0.0.1", forbidden, forbidden], &endpoint);
        let before = seen.lock().unwrap().len();
        assert!(upstream.get("/", &[]).await.unwrap().status.is_success());
        let failure = upstream.get("/", &[]).await.unwrap_err();
        assert_eq!(failure.cause, Some(Cause::Address), "{failure:?}");
        assert!(failure.detail.contains("is never called"), "{failure:?}");
        assert_eq!(seen.lock().unwrap().len(), before + 1, "{forbidden}");
    }
}

#[tokio::test]
async fn of_several_addresses_only_the_checked_ones_are_tried() {
    let (port, seen) = server().await;
    let endpoint = Endpoint::at(format!("http://many.test:{port}"));
    let upstream = upstream(&["169.254.169.254 127.0.0.1"], &endpoint);
    assert!(upstream.get("/", &[]).await.unwrap().status.is_success());
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_proxy_goes_through_the_same_rules_and_is_no_way_round_them() {
    let (port, seen) = server().await;
    let by = |url: &str, proxy: String| Endpoint {
        proxy_url: Some(proxy),
        ..Endpoint::at(url)
    };
    // The proxy's own name.
    let rebinding = by("http://127.0.0.1:1", format!("http://proxy.test:{port}"));
    let failure = upstream(&["169.254.169.254"], &rebinding)
        .get("/", &[])
        .await
        .unwrap_err();
    assert_eq!(failure.cause, Some(Cause::Address), "{failure:?}");
    // The name of the endpoint, which the proxy would resolve.
    let through = by("http://metadata.test", format!("http://127.0.0.1:{port}"));
    let failure = upstream(&["169.254.169.254"], &through)
        .get("/", &[])
        .await
        .unwrap_err();
    assert_eq!(failure.cause, Some(Cause::Address), "{failure:?}");
    assert_eq!(seen.lock().unwrap().len(), 0);
    // And where nothing is wrong, the proxy is asked.
    let good = by("http://shop.test/x", format!("http://127.0.0.1:{port}"));
    let answer = upstream(&["127.0.0.1"], &good).get("/y", &[]).await;
    assert!(answer.unwrap().status.is_success());
    let asked = seen.lock().unwrap().remove(0);
    assert!(
        asked.starts_with("GET http://shop.test/x/y HTTP/1.1"),
        "{asked}"
    );
}

#[tokio::test]
async fn literals_are_refused_before_any_call_for_endpoints_and_proxies() {
    let outbound = Outbound::new(OutboundOptions::default()).unwrap();
    for url in [
        "https://0xa9fea9fe",
        "http://[::ffff:169.254.169.254]:80/x",
        "https://10.0.0.1:6443",
    ] {
        let cluster = ClusterId::new(Uuid::from_u128(1));
        for endpoint in [
            Endpoint::at(url),
            Endpoint {
                proxy_url: Some(url.to_owned()),
                ..Endpoint::at("https://example.com")
            },
        ] {
            assert!(outbound.admits(&endpoint).is_err(), "{url}");
            let made = outbound.upstream(cluster, Source::Loki, &endpoint);
            assert_eq!(made.unwrap_err().cause, Some(Cause::Address), "{url}");
        }
    }
    // A proxy is judged as its endpoint is: what passes through it is encrypted.
    let through = Endpoint {
        proxy_url: Some("http://8.8.8.8:3128".to_owned()),
        ..Endpoint::at("https://example.com")
    };
    assert!(outbound.admits(&through).is_ok());
    let cluster = ClusterId::new(Uuid::from_u128(1));
    let made = outbound.upstream(cluster, Source::Loki, &through);
    assert!(made.is_ok(), "{:?}", made.err());
}

/// A server that keeps its connections; what was asked by each of them.
async fn keeping() -> (u16, Arc<Mutex<Vec<Vec<String>>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen: Arc<Mutex<Vec<Vec<String>>>> = Arc::default();
    let log = Arc::clone(&seen);
    let serve = async move {
        let mut connections = tokio::task::JoinSet::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let place = {
                let mut all = log.lock().unwrap();
                all.push(Vec::new());
                all.len() - 1
            };
            let log = Arc::clone(&log);
            connections.spawn(async move {
                let mut head = vec![0; 4096];
                while let Ok(length @ 1..) = stream.read(&mut head).await {
                    let text = String::from_utf8_lossy(&head[..length]).into_owned();
                    log.lock().unwrap()[place].push(text);
                    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
            });
        }
    };
    #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
    tokio::spawn(serve);
    (port, seen)
}

#[tokio::test]
async fn what_shows_nothing_takes_over_no_connection_by_which_a_credential_went() {
    let (port, seen) = keeping().await;
    let endpoint = Endpoint::at(format!("http://127.0.0.1:{port}"));
    let outbound = Outbound::new(OutboundOptions::default()).unwrap();
    let bare = || {
        let cluster = ClusterId::new(Uuid::from_u128(1));
        let upstream = outbound.upstream(cluster, Source::Prometheus, &endpoint);
        upstream.unwrap()
    };
    let bearer = Bearer::token(&"c4nary".to_owned().into()).unwrap();
    for _ in 0..2 {
        let shown = bare().bearing(bearer.clone()).get("/", &[]).await;
        assert!(shown.unwrap().status.is_success());
        assert!(bare().get("/", &[]).await.unwrap().status.is_success());
    }
    let seen = seen.lock().unwrap();
    let shows = |asked: &String| asked.contains("c4nary");
    assert_eq!(seen.len(), 2, "each kept for the next of its kind");
    for connection in &*seen {
        assert_eq!(connection.len(), 2);
        assert_eq!(
            shows(&connection[0]),
            shows(&connection[1]),
            "{connection:?}"
        );
    }
}
