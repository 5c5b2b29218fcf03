//! Whatever headers an outside request has, a role sees those of the list, ours exactly once, and
//! nobody's identity but the one that the token proved.

use std::cell::Cell;
use std::net::SocketAddr;

use fleetscope_model::AccessRole;
use fleetscope_ports::Clock as _;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

use crate::fixture::{Fixture, echo, signing};
use crate::raw::{Head, Upstream, answer, open, runner};

const PATH: &str = "/api/v1/clusters?limit=5";

/// Headers by which some proxy, somewhere, tells who is calling.
const IDENTITIES: &[&str] = &[
    "impersonate-user",
    "impersonate-group",
    "impersonate-uid",
    "impersonate-extra-scopes",
    "x-remote-user",
    "x-remote-group",
    "x-remote-extra-scopes",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-forwarded-preferred-username",
    "x-forwarded-access-token",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-prefix",
    "x-forwarded-uri",
    "x-forwarded-method",
    "x-original-url",
    "x-rewrite-url",
    "x-http-method-override",
    "x-real-ip",
    "x-scope-orgid",
    "x-auth-request-user",
    "x-auth-request-groups",
    "x-webauth-user",
    "forwarded",
    "remote-user",
    "fleetscope-caller",
    "fleetscope-peer",
    "fleetscope-role",
    "proxy-authorization",
    "cookie",
    "via",
];

/// Headers that the door adds, which nobody may take away or double.
const OURS: &[&str] = &["fleetscope-caller", "x-request-id"];

/// What a role may see, all in all.
const SEEN: &[&str] = &[
    "accept",
    "content-length",
    "fleetscope-caller",
    "host",
    "if-match",
    "traceparent",
    "x-request-id",
];

/// A name with some letters in another case and some hyphens as underscores.
fn spelled(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    let odd = proptest::collection::vec(0..6_u8, 40);
    (select(names), odd).prop_map(|(name, odd)| {
        let letters = name.chars().zip(odd).map(|(letter, odd)| match odd {
            0..=2 => letter.to_ascii_uppercase(),
            3 if letter == '-' => '_',
            _ => letter,
        });
        letters.collect()
    })
}

fn identity() -> impl Strategy<Value = String> {
    let value = select(
        &[
            "system:masters",
            "admin",
            "root, admin",
            "",
            "127.0.0.1",
            "/api/v1/tokens",
            "DELETE",
        ][..],
    );
    (spelled(IDENTITIES), value).prop_map(|(name, value)| format!("{name}: {value}\r\n"))
}

/// `Connection`, naming ours: split, repeated, with empty members, in any case.
fn connection() -> impl Strategy<Value = String> {
    let member = prop_oneof![
        spelled(OURS),
        spelled(IDENTITIES),
        Just(String::new()),
        Just(" close".to_owned()),
        Just("\tkeep-alive ".to_owned()),
        Just("bad name".to_owned()),
    ];
    let members = proptest::collection::vec(member, 0..4);
    (spelled(&["connection"]), members)
        .prop_map(|(name, members)| format!("{name}: {}\r\n", members.join(",")))
}

fn lines() -> impl Strategy<Value = Vec<String>> {
    let honest = select(
        &[
            "Accept: application/json\r\n",
            "X-Request-Id: r-1\r\n",
            "x-request-ID: two words\r\n",
            "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n",
            "If-Match: \"3\"\r\n",
            "User-Agent: kube-probe/1.0\r\n",
            "TE: trailers\r\n",
            "Keep-Alive: timeout=5\r\n",
            "X-Folded: a\r\n Impersonate-User: root\r\n",
        ][..],
    )
    .prop_map(str::to_owned);
    let line = prop_oneof![3 => identity(), 2 => connection(), 1 => honest];
    proptest::collection::vec(line, 0..14)
}

fn request(lines: &[String]) -> String {
    format!(
        "GET {PATH} HTTP/1.1\r\nHost: door\r\nAuthorization: Bearer viewer\r\n{}Connection: close\r\n\r\n",
        lines.concat()
    )
}

/// One request with these lines, and what has reached the role.
async fn forwarded(door: SocketAddr, upstream: &Upstream, lines: &[String]) -> Option<Head> {
    let (said, _) = answer(door, request(lines).as_bytes()).await;
    let mut arrived = upstream.arrived();
    assert!(arrived.len() <= 1, "{arrived:?}");
    let arrived = arrived.pop();
    // obs-fold and names that are none are refused before anything is forwarded.
    assert_eq!(said.status() == 200, arrived.is_some(), "{said:?}");
    if arrived.is_none() {
        assert_eq!(said.status(), 400, "{said:?}");
    }
    arrived
}

#[test]
fn no_header_of_an_outside_request_changes_who_a_role_sees() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (upstream, door, fixture) = runtime.block_on(async {
        let mut fixture = Fixture::new();
        let upstream = Upstream::answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
        let forwarding = fixture.forwarding(upstream.address);
        let door = open(&mut fixture, forwarding).await;
        (upstream, door, fixture)
    });
    let passed = Cell::new(0);
    runner(400)
        .run(&lines(), |lines| {
            let Some(head) = runtime.block_on(forwarded(door, &upstream, &lines)) else {
                return Ok(());
            };
            passed.set(passed.get() + 1);
            for (name, _) in &head.headers {
                prop_assert!(SEEN.contains(&name.as_str()), "{name} in {head:?}");
            }
            prop_assert_eq!(head.all("x-request-id").len(), 1, "{:?}", head);
            let signed = head.all("fleetscope-caller");
            prop_assert_eq!(signed.len(), 1, "{:?}", head);
            let now = fixture.clock.now();
            let caller = signing('k').verify(signed[0], "GET", PATH, now).unwrap();
            prop_assert_eq!(caller.name.as_str(), "token:viewer");
            prop_assert_eq!(caller.role, AccessRole::Viewer);
            Ok(())
        })
        .unwrap();
    let passed = passed.get();
    assert!(passed > 200, "only {passed} requests reached the role");
}

#[test]
fn a_mounted_role_sees_no_more_than_one_behind_a_socket() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (door, _fixture) = runtime.block_on(async {
        let mut fixture = Fixture::new();
        let whole = fixture.public(echo());
        let door = open(&mut fixture, whole).await;
        (door, fixture)
    });
    runner(400)
        .run(&lines(), |lines| {
            let (head, body) = runtime.block_on(answer(door, request(&lines).as_bytes()));
            if head.status() != 200 {
                prop_assert_eq!(head.status(), 400);
                return Ok(());
            }
            let said: Value = serde_json::from_str(&body).unwrap();
            prop_assert_eq!(&said["caller"]["name"], "token:viewer");
            prop_assert_eq!(&said["method"], "GET");
            prop_assert_eq!(&said["uri"], PATH);
            for name in said["headers"].as_object().unwrap().keys() {
                prop_assert!(SEEN.contains(&name.as_str()), "{}", name);
            }
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn what_a_role_says_for_its_connection_or_its_browsers_stays_behind() {
    let mut fixture = Fixture::new();
    let upstream = Upstream::answering(
        "HTTP/1.1 200 OK\r\nSet-Cookie: session=1\r\nconnection: X-Inner, , ETag\r\n\
         X-Inner: 1\r\nETag: \"1\"\r\nServer: inner\r\nFleetscope-Caller: x\r\n\
         Access-Control-Allow-Origin: *\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok",
    )
    .await;
    let forwarding = fixture.forwarding(upstream.address);
    let door = open(&mut fixture, forwarding).await;
    let (head, body) = answer(door, request(&[]).as_bytes()).await;
    assert_eq!((head.status(), body.as_str()), (200, "ok"));
    for gone in [
        "set-cookie",
        "x-inner",
        "etag",
        "server",
        "fleetscope-caller",
        "access-control-allow-origin",
    ] {
        assert!(head.all(gone).is_empty(), "{gone} in {head:?}");
    }
    assert_eq!(head.all("content-type"), ["text/plain"]);
}
