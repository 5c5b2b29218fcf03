//! An edge under a hand-moved clock, a role that says what reached it, and servers on port 0 that
//! end with the test.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Json, Router};
use fleetscope_gateway::{
    Edge, EdgeMetrics, Gateway, HealthBoard, Limits, Origins, Peers, Probe, Rate, RateLimits,
    Remote, inner_router,
};
use fleetscope_identity::{Authenticator, CallerTokens, Error, Known, Result};
use fleetscope_model::{AccessRole, AuditEntry, Caller, Role};
use fleetscope_ports::{AuditSink, Clock as _, ManualClock, SeededIds};
use jiff::Timestamp;
use prometheus_client::registry::Registry;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt as _;
use url::Url;

/// Everything that both doors of one test share.
pub(crate) struct Fixture {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) metrics: Registry,
    pub(crate) edge: Edge,
    /// Servers; they end when the test does.
    pub(crate) servers: JoinSet<()>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::with_limits(Limits {
            max_body: 1024,
            request_timeout: Duration::from_secs(20),
            max_streams: 2,
        })
    }

    pub(crate) fn with_limits(limits: Limits) -> Self {
        let start: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        let clock = Arc::new(ManualClock::new(start));
        let stop = watch::Sender::new(false);
        let mut metrics = Registry::default();
        let edge = Edge {
            clock: clock.clone(),
            ids: Arc::new(SeededIds::new(1)),
            limits,
            rates: RateLimits {
                per_caller: often(1_000_000),
                routes: [("DELETE /api/v1/clusters/{id}".to_owned(), often(2))].into(),
            },
            origins: Origins::new(["https://console.example.com".to_owned()]),
            tls: false,
            traces: None,
            request_spans: false,
            metrics: EdgeMetrics::register(&mut metrics),
            stopping: stop.subscribe(),
        };
        Self {
            clock,
            stop,
            metrics,
            edge,
            servers: JoinSet::new(),
        }
    }

    /// The public door with this role mounted.
    pub(crate) fn public(&self, role: Router) -> Router {
        Gateway::new(self.edge.clone())
            .mount(role)
            .into_router(self.people())
    }

    /// The public door with the registry and streaming roles forwarded to `address`.
    pub(crate) fn forwarding(&self, address: SocketAddr) -> Router {
        Gateway::new(self.edge.clone())
            .forward(self.remote(Role::Registry, address))
            .forward(self.remote(Role::Streaming, address))
            .into_router(self.people())
    }

    /// The inner door with this role behind it.
    pub(crate) fn inner(&self, role: Router) -> Router {
        inner_router(
            &self.edge,
            signing('k'),
            (self.people(), Arc::new(NoAudit)),
            vec![role],
            self.board(Role::Registry, Vec::new()),
        )
    }

    /// What one role of a process needs.
    pub(crate) fn board(&self, role: Role, probes: Vec<Probe>) -> HealthBoard {
        HealthBoard::new(&[role], probes, self.clock.clone())
    }

    pub(crate) fn remote(&self, role: Role, address: SocketAddr) -> Remote {
        let url = Url::parse(&format!("http://{address}")).unwrap();
        Peers::new(signing('k'), self.clock.clone())
            .remote(role, &url)
            .unwrap()
    }

    pub(crate) fn people(&self) -> Arc<dyn Authenticator> {
        Arc::new(People(self.clock.clone()))
    }

    /// Serves the router on a free port of loopback.
    pub(crate) async fn serve(&mut self, router: Router) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        self.servers.spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        address
    }
}

pub(crate) fn often(count: u32) -> Rate {
    let count = count.try_into().unwrap();
    Rate {
        per_second: count,
        burst: count,
    }
}

pub(crate) fn signing(letter: char) -> CallerTokens {
    CallerTokens::new(&letter.to_string().repeat(32).into()).unwrap()
}

/// Nothing is written down here: what is, the whole application's tests show.
pub(crate) struct NoAudit;

#[async_trait]
impl AuditSink for NoAudit {
    async fn append(&self, _: &[AuditEntry]) -> fleetscope_ports::Result<()> {
        Ok(())
    }
}

/// Knows four tokens: `viewer`, `operator`, `admin`, and `brief`, an admin's that expires a
/// minute after the start.
struct People(Arc<ManualClock>);

#[async_trait]
impl Authenticator for People {
    async fn authenticate(&self, bearer: &SecretString, _: Option<IpAddr>) -> Result<Known> {
        let end: Timestamp = "2026-03-01T10:01:00Z".parse().unwrap();
        let role = match bearer.expose_secret() {
            "viewer" => AccessRole::Viewer,
            "operator" => AccessRole::Operator,
            "admin" => AccessRole::Admin,
            "brief" if self.0.now() < end => AccessRole::Admin,
            "brief" => return Err(Error::ExpiredToken(end)),
            _ => return Err(Error::UnknownToken),
        };
        let name = format!("token:{}", bearer.expose_secret());
        Ok(Caller::local(name, role).into())
    }
}

/// A registry role that answers with what reached it.
pub(crate) fn echo() -> Router {
    Router::new()
        .route("/api/v1/clusters", get(said).post(said))
        .route("/api/v1/clusters/{id}", get(said).delete(said))
}

async fn said(Extension(caller): Extension<Caller>, request: Request) -> Json<Value> {
    let (parts, body) = request.into_parts();
    let headers: serde_json::Map<_, _> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap_or("?"))))
        .collect();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    Json(json!({
        "caller": caller,
        "method": parts.method.as_str(),
        "uri": parts.uri.path_and_query().unwrap().as_str(),
        "headers": headers,
        "body": String::from_utf8_lossy(&body),
    }))
}

/// A request with the headers given as pairs.
pub(crate) fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Request {
    let mut builder = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(body.into()).unwrap()
}

/// A GET with a bearer token.
pub(crate) fn get_as(token: &str, path: &str) -> Request {
    let bearer = format!("Bearer {token}");
    request("GET", path, &[("authorization", &bearer)], Body::empty())
}

pub(crate) async fn send(router: &Router, request: Request) -> Response {
    router.clone().oneshot(request).await.unwrap()
}

pub(crate) async fn body_of(response: Response) -> String {
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub(crate) async fn json_of(response: Response) -> Value {
    serde_json::from_str(&body_of(response).await).unwrap()
}

/// Asserts that the answer is a problem with this status and code, complete in form, and gives it.
#[track_caller]
pub(crate) fn assert_problem(
    response: Response,
    status: StatusCode,
    code: &'static str,
) -> impl Future<Output = Value> {
    assert_eq!(response.status(), status, "{response:?}");
    let kind = response.headers().get("content-type").unwrap();
    assert_eq!(kind, "application/problem+json");
    let id = response.headers().get("x-request-id").unwrap().clone();
    async move {
        let problem = json_of(response).await;
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status.as_u16());
        assert_eq!(problem["request_id"], id.to_str().unwrap());
        problem
    }
}
