//! Two doors with a socket between them: what a caller sees is what one process would show.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::routing::get;
use fleetscope_gateway::{Gateway, Limits};
use fleetscope_identity::{Authenticator as _, RemoteTokens};
use fleetscope_model::{ErrorKind, Fault as _, Role};
use futures::stream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use url::Url;

use crate::fixture::{
    Fixture, NoAudit, assert_problem, body_of, echo, get_as, json_of, request, send, signing,
};
use crate::streams::{self, next_of, streaming};

/// A public door that forwards to an inner door with the echoing registry and a stream.
async fn split(fixture: &mut Fixture) -> Router {
    let inner = fixture.inner(echo().merge(streaming()));
    let address = fixture.serve(inner).await;
    fixture.forwarding(address)
}

/// An address where nobody listens, and nobody else in this process will: the port stays taken.
pub(crate) fn nobody() -> SocketAddr {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = socket.local_addr().unwrap();
    std::mem::forget(socket);
    address
}

#[tokio::test]
async fn a_request_crosses_whole_and_its_caller_with_it() {
    let mut fixture = Fixture::new();
    let door = split(&mut fixture).await;
    let headers = [
        ("authorization", "Bearer admin"),
        ("content-type", "text/plain"),
        ("cookie", "a=b"),
        ("fleetscope-caller", "forged"),
        ("if-match", "\"7\""),
        ("x-request-id", "r-1"),
    ];
    let path = "/api/v1/clusters?name=a%20b&name=c";
    let response = send(&door, request("POST", path, &headers, "hello")).await;
    assert_eq!(response.status(), StatusCode::OK);
    let ids: Vec<_> = response.headers().get_all("x-request-id").iter().collect();
    assert_eq!(ids, ["r-1"]);
    let said = json_of(response).await;
    assert_eq!(said["caller"]["name"], "token:admin");
    assert_eq!(said["method"], "POST");
    assert_eq!(said["uri"], path);
    assert_eq!(said["body"], "hello");
    let mut names: Vec<_> = said["headers"].as_object().unwrap().keys().collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "content-length",
            "content-type",
            "host",
            "if-match",
            "x-request-id"
        ]
    );
}

#[tokio::test]
async fn refusals_are_the_same_as_in_one_process() {
    let mut fixture = Fixture::new();
    let split = split(&mut fixture).await;
    let whole = fixture.public(echo().merge(streaming()));
    for (method, path, token) in [
        ("GET", "/api/v1/clusters", ""),
        ("GET", "/api/v1/clusters", "nobody"),
        ("POST", "/api/v1/clusters", "viewer"),
        ("PATCH", "/api/v1/clusters", "admin"),
        ("GET", "/api/v1/nothing", "admin"),
    ] {
        let bearer = format!("Bearer {token}");
        let mut headers = vec![("x-request-id", "same")];
        if !token.is_empty() {
            headers.push(("authorization", &bearer));
        }
        let a = send(&split, request(method, path, &headers, Body::empty())).await;
        let b = send(&whole, request(method, path, &headers, Body::empty())).await;
        assert_eq!(a.status(), b.status(), "{method} {path}");
        assert_eq!(a.headers(), b.headers(), "{method} {path}");
        assert_eq!(body_of(a).await, body_of(b).await, "{method} {path}");
    }
}

#[tokio::test]
async fn a_stream_flows_through_piece_by_piece() {
    let mut fixture = Fixture::new();
    let door = split(&mut fixture).await;
    let response = send(&door, get_as("viewer", streams::PATH)).await;
    assert_eq!(
        response.headers().get("content-type").unwrap(),
        "text/event-stream"
    );
    // The first event arrives although the stream never ends.
    let mut body = response.into_body().into_data_stream();
    assert_eq!(next_of(&mut body).await.unwrap(), "data: first\n\n");
}

#[tokio::test]
async fn a_role_that_is_down_is_503_naming_it_and_the_rest_goes_on() {
    let fixture = Fixture::new();
    let door = Gateway::new(fixture.edge.clone())
        .mount(streaming())
        .forward(fixture.remote(Role::Registry, nobody()))
        .into_router(fixture.people());
    let response = send(&door, get_as("viewer", "/api/v1/clusters")).await;
    assert!(response.headers().contains_key("retry-after"));
    let problem = assert_problem(
        response,
        StatusCode::SERVICE_UNAVAILABLE,
        "role_unavailable",
    )
    .await;
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("the registry role"), "{detail}");
    assert!(detail.contains("services.registry.url"), "{detail}");
    let other = send(&door, get_as("viewer", streams::PATH)).await;
    assert_eq!(other.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_role_that_hangs_up_is_503_too() {
    let mut fixture = Fixture::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    fixture.servers.spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let _ = socket.read(&mut [0; 64]).await;
            let _ = socket.write_all(b"HTTP/1.1 2").await;
        }
    });
    let door = fixture.forwarding(address);
    let response = send(&door, get_as("viewer", "/api/v1/clusters")).await;
    assert_problem(
        response,
        StatusCode::SERVICE_UNAVAILABLE,
        "role_unavailable",
    )
    .await;
}

#[tokio::test]
async fn a_role_that_accepts_and_says_nothing_is_504() {
    let mut fixture = Fixture::with_limits(Limits {
        max_body: 1024,
        request_timeout: Duration::from_millis(50),
        max_streams: 2,
    });
    let hanging = Router::new().route("/api/v1/clusters", get(std::future::pending::<()>));
    let address = fixture.serve(hanging).await;
    let door = fixture.forwarding(address);
    let response = send(&door, get_as("viewer", "/api/v1/clusters")).await;
    assert_problem(response, StatusCode::GATEWAY_TIMEOUT, "request_timeout").await;
}

#[tokio::test]
async fn a_role_with_another_key_is_a_503_and_no_challenge_to_the_caller() {
    let mut fixture = Fixture::new();
    let inner = fleetscope_gateway::inner_router(
        &fixture.edge,
        signing('x'),
        (fixture.people(), Arc::new(NoAudit)),
        vec![echo()],
        fixture.board(Role::Registry, Vec::new()),
    );
    let address = fixture.serve(inner).await;
    let door = fixture.forwarding(address);
    let response = send(&door, get_as("viewer", "/api/v1/clusters")).await;
    assert_eq!(response.headers().get("www-authenticate"), None);
    let problem = assert_problem(
        response,
        StatusCode::SERVICE_UNAVAILABLE,
        "role_refuses_gateway",
    )
    .await;
    assert!(problem["detail"].as_str().unwrap().contains("services.key"));
}

#[tokio::test]
async fn a_body_that_is_too_long_is_413_on_the_way_too() {
    let mut fixture = Fixture::new();
    let door = split(&mut fixture).await;
    let chunks = stream::iter((0..30).map(|_| Ok::<_, std::io::Error>("x".repeat(100))));
    let headers = [("authorization", "Bearer admin")];
    let long = request(
        "POST",
        "/api/v1/clusters",
        &headers,
        Body::from_stream(chunks),
    );
    let response = send(&door, long).await;
    assert_problem(response, StatusCode::PAYLOAD_TOO_LARGE, "body_too_large").await;
}

#[tokio::test]
async fn tokens_are_asked_of_the_registry_role() {
    let mut fixture = Fixture::new();
    let inner = fixture.inner(echo());
    let address = fixture.serve(inner).await;
    let registry = fixture.remote(Role::Registry, address);
    registry.check().await.unwrap();

    // Only what has a token's form is asked, and the people of these tests have short names.
    let asked = fleetscope_identity::AskRegistry::authenticate(&registry, &"viewer".into()).await;
    assert_eq!(asked.unwrap().caller.name, "token:viewer");
    let asked = fleetscope_identity::AskRegistry::authenticate(&registry, &"nobody".into()).await;
    assert_eq!(asked.unwrap_err().code(), "token_invalid");
    fixture.clock.advance(Duration::from_mins(1));
    let asked = fleetscope_identity::AskRegistry::authenticate(&registry, &"brief".into()).await;
    let error = asked.unwrap_err();
    assert_eq!(error.code(), "token_expired");
    assert!(error.message().contains("10:01:00Z"), "{}", error.message());
}

#[tokio::test]
async fn a_registry_that_is_down_or_strange_is_no_verdict_on_a_token() {
    let mut fixture = Fixture::new();
    let strange = fixture.serve(Router::new()).await;
    let well_formed = format!("fls_{}", "A".repeat(43));
    for (address, code) in [(nobody(), "role_unavailable"), (strange, "role_misbehaves")] {
        let registry = fixture.remote(Role::Registry, address);
        assert_eq!(registry.check().await.unwrap_err().code(), code);
        let tokens = RemoteTokens::new(Arc::new(registry));
        let error = tokens
            .authenticate(&well_formed.as_str().into(), None)
            .await
            .unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Unavailable, code));
    }
}

#[tokio::test]
async fn an_address_that_is_not_plain_http_to_a_host_is_refused() {
    let fixture = Fixture::new();
    let peers = fleetscope_gateway::Peers::new(signing('k'), fixture.clock.clone());
    for bad in [
        "https://role:1",
        "http://role:1/prefix",
        "http://role:1/?a=b",
    ] {
        let url = Url::parse(bad).unwrap();
        let error = peers.remote(Role::Registry, &url).unwrap_err();
        assert_eq!(error.code(), "service_url_invalid", "{bad}");
        assert!(error.message().starts_with("services.registry.url "));
    }
}
