//! The path that is authorised is the path that a role gets, or it is 400.

use std::cell::Cell;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use proptest::prelude::*;
use proptest::sample::select;

use crate::fixture::{Fixture, assert_problem, echo, get_as, send};
use crate::raw::{Upstream, answer, open, runner};

const PIECES: &[&str] = &[
    "/",
    "//",
    "/.",
    "/..",
    "/./",
    "/../",
    ".",
    "..",
    "%2e",
    "%2E%2e",
    "%2f",
    "%2F",
    "%5c",
    "\\",
    "%00",
    "%252e",
    "%252f",
    ";",
    ";x=1",
    "#",
    "#x",
    "?",
    "?a=/../",
    "%3f",
    "%23",
    "%3b",
    "%",
    "%4",
    "%zz",
    "/api",
    "/v1",
    "/clusters",
    "/tokens",
    "clusters",
    "tokens",
    "api/v1",
    "%61pi",
    "%20",
    "%C3%A9",
    "\u{e9}",
    "*",
    "|",
    "~",
    "1",
];

fn target() -> impl Strategy<Value = String> {
    let start = select(
        &[
            "/api/v1/clusters",
            "/api/v1/",
            "/api/v1/clusters/",
            "/",
            "",
            "http://evil.example/api/v1/clusters",
            "http://door/api/v1/tokens",
            "//door/api/v1/clusters",
        ][..],
    );
    let pieces = proptest::collection::vec(select(PIECES), 0..7);
    (start, pieces).prop_map(|(start, pieces)| format!("{start}{}", pieces.concat()))
}

/// What the most forgiving of servers could take a target for.
fn forgiving(target: &str) -> String {
    let mut path = target.to_owned();
    for _ in 0..4 {
        path = decode(&path).replace('\\', "/");
        let end = path.find(['?', '#', ';', '\0']).unwrap_or(path.len());
        path.truncate(end);
    }
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let escaped = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        if let Some(byte) = escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            plain.push(byte);
            at += 3;
        } else {
            plain.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[test]
fn no_spelling_of_a_path_is_authorised_as_one_and_served_as_another() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (upstream, door, _fixture) = runtime.block_on(async {
        let mut fixture = Fixture::new();
        let upstream = Upstream::answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
        let forwarding = fixture.forwarding(upstream.address);
        let door = open(&mut fixture, forwarding).await;
        (upstream, door, fixture)
    });
    let passed = Cell::new(0);
    runner(3000)
        .run(&target(), |target| {
            let request = format!(
                "GET {target} HTTP/1.1\r\nHost: door\r\nAuthorization: Bearer viewer\r\n\
                 Connection: close\r\n\r\n"
            );
            let (said, _) = runtime.block_on(answer(door, request.as_bytes()));
            let mut arrived = upstream.arrived();
            if said.status() != 200 {
                prop_assert!(arrived.is_empty(), "{arrived:?}");
                prop_assert!([400, 403, 404, 405].contains(&said.status()), "{said:?}");
                return Ok(());
            }
            passed.set(passed.get() + 1);
            prop_assert_eq!(arrived.len(), 1);
            let arrived = arrived.pop().unwrap();
            // A fragment is not sent by clients and no part of a target: it is cut off.
            let sent = target.split('#').next().unwrap();
            prop_assert_eq!(arrived.target(), sent);
            let path = sent.split('?').next().unwrap();
            prop_assert_eq!(forgiving(path), decode(path));
            // The viewer may read clusters, and nothing that anybody takes for the tokens.
            prop_assert!(path.starts_with("/api/v1/clusters"), "{path}");
            prop_assert!(!forgiving(sent).starts_with("/api/v1/tokens"));
            Ok(())
        })
        .unwrap();
    let passed = passed.get();
    assert!(passed > 50, "only {passed} requests reached the role");
}

#[tokio::test]
async fn an_ambiguous_path_is_400_in_one_process_too_also_where_a_route_would_match() {
    let tokens = Router::new().route("/api/v1/tokens", get(async || "tokens"));
    let door = Fixture::new().public(echo().merge(tokens));
    for path in [
        "/api/v1/clusters/%2e%2e",
        "/api/v1/clusters/..",
        "/api/v1/clusters/%2e%2e%2ftokens",
        "/api/v1/clusters/a%2fb",
        "/api/v1/clusters/;x",
        "//api/v1/clusters",
        "/api/v1//clusters",
        "/api/v1/nothing/%2e",
    ] {
        let response = send(&door, get_as("admin", path)).await;
        let problem = assert_problem(response, StatusCode::BAD_REQUEST, "target_ambiguous").await;
        assert!(problem["detail"].as_str().unwrap().starts_with("the path"));
    }
    let fine = send(&door, get_as("viewer", "/api/v1/clusters/a%20b")).await;
    assert_eq!(fine.status(), StatusCode::OK);
}

#[tokio::test]
async fn no_header_chooses_another_path_method_or_rule() {
    let mut fixture = Fixture::new();
    let tokens = Router::new().route("/api/v1/tokens", get(async || "tokens"));
    let whole = fixture.public(echo().merge(tokens));
    let door = open(&mut fixture, whole).await;
    for header in [
        "X-Original-URL: /api/v1/clusters",
        "X-Rewrite-URL: /api/v1/clusters",
        "X-Forwarded-Uri: /api/v1/clusters",
        "X-Forwarded-For: 127.0.0.1",
        "X-HTTP-Method-Override: OPTIONS",
        "User-Agent: kube-probe/1.30",
        "User-Agent: GoogleHC/1.0",
        "Host: 127.0.0.1:9091",
    ] {
        let (token, expected) = (["", "Authorization: Bearer viewer\r\n"], [401, 403]);
        for (token, expected) in token.iter().zip(expected) {
            let host = if header.starts_with("Host") {
                ""
            } else {
                "Host: door\r\n"
            };
            let request = format!(
                "GET /api/v1/tokens HTTP/1.1\r\n{host}{header}\r\n{token}Connection: close\r\n\r\n"
            );
            let (said, _) = answer(door, request.as_bytes()).await;
            assert_eq!(said.status(), expected, "{header}");
        }
    }
}
