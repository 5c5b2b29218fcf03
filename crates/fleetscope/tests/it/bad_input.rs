//! Wrong requests: each a problem that says what to do, and nothing changes.

use fleetscope_client::wire::Problem;
use fleetscope_testkit::TestApp;
use reqwest::{Method, RequestBuilder};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Sends a request and gives its status and problem; anything else than a problem fails the test.
async fn refused(request: RequestBuilder) -> Problem {
    let response = request.send().await.unwrap();
    let kind = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    let (status, text) = (response.status(), response.text().await.unwrap());
    assert_eq!(kind, "application/problem+json", "{status} {text}");
    let problem: Problem = serde_json::from_str(&text).unwrap();
    assert_eq!(problem.status, status.as_u16());
    assert!(problem.kind.ends_with(&problem.code), "{problem:?}");
    assert!(problem.detail.len() > 15, "{problem:?}");
    problem
}

fn post(app: &TestApp, path: &str, body: &str) -> RequestBuilder {
    app.admin
        .raw(Method::POST, path)
        .unwrap()
        .header("content-type", "application/json")
        .body(body.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn urls_that_could_never_be_called_are_refused_where_they_stand() {
    let app = TestApp::one().await;
    for (source, field, endpoint) in [
        ("loki", "url", r#"{"url":"https://169.254.169.254/latest"}"#),
        ("tempo", "url", r#"{"url":"https://[::ffff:a9fe:a9fe]"}"#),
        ("prometheus", "url", r#"{"url":"https://10.1.2.3:9090"}"#),
        (
            "loki",
            "proxy_url",
            r#"{"url":"https://example.com","proxy_url":"http://0xa9fea9fe:3128"}"#,
        ),
    ] {
        let body = format!(r#"{{"name":"a","endpoints":{{"{source}":{endpoint}}}}}"#);
        let problem = refused(post(&app, "/api/v1/clusters", &body)).await;
        assert_eq!(problem.status, 422, "{body}");
        let pointer = format!("/endpoints/{source}/{field}");
        assert!(format!("{problem:?}").contains(&pointer), "{problem:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_bodies_are_refused_at_the_field_that_is_wrong() {
    let app = TestApp::one().await;
    for (path, body, status, pointer) in [
        ("/api/v1/clusters", "{", 400, ""),
        ("/api/v1/clusters", "[]", 422, ""),
        ("/api/v1/clusters", r#"{"name":"a"} x"#, 400, ""),
        (
            "/api/v1/clusters",
            r#"{"name":"a","colour":"red"}"#,
            422,
            "/colour",
        ),
        ("/api/v1/clusters", r#"{"name":7}"#, 422, "/name"),
        (
            "/api/v1/clusters",
            r#"{"name":"Not A Label"}"#,
            422,
            "/name",
        ),
        (
            "/api/v1/clusters",
            r#"{"name":"a","endpoints":{"loki":{"url":"ftp://x"}}}"#,
            422,
            "/endpoints/loki/url",
        ),
        (
            "/api/v1/analysis/rca",
            r#"{"start":"2026-01-02T00:00:00Z","end":"2026-01-01T00:00:00Z"}"#,
            422,
            "/end",
        ),
        (
            "/api/v1/analysis/rca",
            r#"{"clusters":["x"]}"#,
            422,
            "/clusters/0",
        ),
        (
            "/api/v1/analysis/anomaly",
            r#"{"sensitivity":"loud"}"#,
            422,
            "/sensitivity",
        ),
        ("/api/v1/analysis/anomaly", r#"{"step":"0s"}"#, 422, "/step"),
        (
            "/api/v1/reports",
            r#"{"investigation":"00000000-0000-7000-8000-000000000000"}"#,
            404,
            "",
        ),
        (
            "/api/v1/tokens",
            r#"{"name":"x","role":"king"}"#,
            422,
            "/role",
        ),
    ] {
        let problem = refused(post(&app, path, body)).await;
        assert_eq!(problem.status, status, "{body}: {problem:?}");
        let pointers: Vec<_> = problem.errors.iter().map(|e| e.pointer.as_str()).collect();
        if !pointer.is_empty() {
            assert_eq!(pointers, [pointer], "{body}");
        }
    }
    assert!(
        app.admin
            .clusters(&fleetscope_client::Paging::default())
            .await
            .unwrap()
            .items
            .is_empty()
    );
    app.stop().await;
}

/// Sends more than is taken, whether or not it is all read, and gives the answer: a client that
/// looks at its writes only would see a broken pipe.
async fn too_long(app: &TestApp) -> Problem {
    let address = app.base.authority().to_owned();
    let stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let (mut incoming, mut outgoing) = stream.into_split();
    let head = format!(
        "POST /api/v1/clusters HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        app.token,
        2 << 20,
    );
    let writing = async {
        let _ = outgoing.write_all(head.as_bytes()).await;
        let _ = outgoing.write_all(&vec![b'a'; 2 << 20]).await;
    };
    let mut answer = Vec::new();
    let ((), read) = tokio::join!(writing, incoming.read_to_end(&mut answer));
    let text = String::from_utf8_lossy(&answer);
    let (head, body) = text
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("{read:?}: {text}"));
    assert!(head.starts_with("HTTP/1.1 413 "), "{head}");
    serde_json::from_str(body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_too_long_or_no_json_are_refused() {
    let app = TestApp::one().await;
    assert_eq!(too_long(&app).await.status, 413);
    let text = app
        .admin
        .raw(Method::POST, "/api/v1/clusters")
        .unwrap()
        .body("name=a");
    assert_eq!(refused(text).await.status, 415);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_queries_are_refused_with_what_to_write() {
    let app = TestApp::one().await;
    let range = "/api/v1/metrics/query_range?query=up";
    for (path, status, code) in [
        ("/api/v1/metrics/query".to_owned(), 422, "invalid_request"),
        (
            "/api/v1/metrics/query?query=up&colour=red".to_owned(),
            422,
            "invalid_request",
        ),
        (
            "/api/v1/metrics/query?query=up&time=noon".to_owned(),
            422,
            "invalid_request",
        ),
        (
            "/api/v1/metrics/query?query=sum(".to_owned(),
            422,
            "invalid_query",
        ),
        (
            format!("{range}&start=2&end=1&step=1"),
            422,
            "invalid_request",
        ),
        (
            format!("{range}&start=1&end=2&step=-1"),
            422,
            "invalid_request",
        ),
        (
            format!("{range}&start=0&end=100000&step=1"),
            422,
            "too_many_points",
        ),
        (
            format!("{range}&start=1&end=2&step=1&cluster=x"),
            422,
            "invalid_request",
        ),
        (
            format!("{range}&start=1&end=2&step=1&cluster=00000000-0000-7000-8000-000000000000"),
            404,
            "not_found",
        ),
        (
            "/api/v1/clusters?limit=501".to_owned(),
            422,
            "invalid_request",
        ),
        (
            "/api/v1/clusters?cursor=%21".to_owned(),
            422,
            "invalid_request",
        ),
        (
            "/api/v1/events?kind=birthday".to_owned(),
            422,
            "invalid_request",
        ),
        (
            "/api/v1/clusters/not-an-id".to_owned(),
            422,
            "invalid_request",
        ),
        ("/api/v2/clusters".to_owned(), 404, "no_such_path"),
    ] {
        let problem = refused(app.admin.raw(Method::GET, &path).unwrap()).await;
        assert_eq!(
            (problem.status, problem.code.as_str()),
            (status, code),
            "{path}: {problem:?}"
        );
    }
    let method = app.admin.raw(Method::PATCH, "/api/v1/clusters").unwrap();
    assert_eq!(refused(method).await.status, 405);
    app.stop().await;
}
