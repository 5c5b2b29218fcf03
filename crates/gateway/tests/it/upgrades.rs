//! A request to speak another protocol is answered in this one, and nothing after it is read.

use crate::fixture::Fixture;
use crate::raw::{Upstream, exchange, open};

const ANSWERS: [&str; 4] = [
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
    "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\nno",
    "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1/\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
];

#[tokio::test]
async fn an_upgrade_is_never_forwarded_and_its_connection_ends_with_the_answer() {
    for answer in ANSWERS {
        for protocol in ["websocket", "h2c", "SPDY/3.1", "WebSocket, h2c"] {
            let mut fixture = Fixture::new();
            let upstream = Upstream::answering(answer).await;
            let forwarding = fixture.forwarding(upstream.address);
            let door = open(&mut fixture, forwarding).await;
            // What follows would be authenticated on its own, as it has a token of its own.
            let request = format!(
                "GET /api/v1/clusters HTTP/1.1\r\nHost: door\r\nAuthorization: Bearer viewer\r\n\
                 Connection: Upgrade, HTTP2-Settings\r\nUpgrade: {protocol}\r\n\
                 HTTP2-Settings: AAMAAABkAAQAAP__\r\nSec-WebSocket-Version: 13\r\n\
                 Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\
                 GET /api/v1/clusters/smuggled HTTP/1.1\r\nHost: door\r\n\
                 Authorization: Bearer viewer\r\n\r\n"
            );
            let text = exchange(door, request.as_bytes()).await;
            assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{text}");
            assert!(text.contains("connection: close"), "{text}");
            assert!(!text.starts_with("HTTP/1.1 101"), "{text}");
            let arrived = upstream.arrived();
            assert_eq!(arrived.len(), 1, "{arrived:?}");
            assert_eq!(arrived[0].target(), "/api/v1/clusters");
            for name in [
                "upgrade",
                "connection",
                "http2-settings",
                "sec-websocket-key",
            ] {
                assert!(arrived[0].all(name).is_empty(), "{arrived:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_role_that_switches_protocols_unasked_is_a_role_that_misbehaves() {
    let mut fixture = Fixture::new();
    let upstream = Upstream::answering(ANSWERS[3]).await;
    let forwarding = fixture.forwarding(upstream.address);
    let door = open(&mut fixture, forwarding).await;
    let request = "GET /api/v1/clusters HTTP/1.1\r\nHost: door\r\n\
                   Authorization: Bearer viewer\r\nConnection: close\r\n\r\n";
    let text = exchange(door, request.as_bytes()).await;
    assert!(text.starts_with("HTTP/1.1 503 "), "{text}");
    assert!(text.contains("role_"), "{text}");
}
