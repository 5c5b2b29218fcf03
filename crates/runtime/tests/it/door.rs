//! Who is let in: whole processes in both shapes, before a simulated hub and a simulated issuer.

mod browser;
mod flood;
mod hub_tls;
mod issuer;
mod peers;
mod tokens;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use fleetscope_config::{AuthenticatorKind, Config};
use fleetscope_ports::{Clock as _, ManualClock, SystemIds};
use fleetscope_runtime::{Parts, Running, start};
use fleetscope_sim::hub::{Client as OAuthClient, Hub, Served, Terms, User};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tempfile::TempDir;

use crate::fixture::{behind, bootstrap, gateway, whole};

/// The service account that Fleetscope has on the hub; it is also its OAuth client.
const OURS: &str = "system:serviceaccount:fleetscope:fleetscope";
const VIEWER: &str = "system:serviceaccount:shop:viewer";

/// Whether the gateway is a process of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    One,
    Split,
}

const BOTH: [Shape; 2] = [Shape::One, Shape::Split];

/// An installation before a hub, all of it under one clock.
struct House {
    clock: Arc<ManualClock>,
    hub: Hub,
    at: SocketAddr,
    admin: String,
    running: Vec<Running>,
    served: Served,
    _dir: TempDir,
}

impl House {
    async fn open(shape: Shape) -> Self {
        Self::with(shape, |_, _| {}).await
    }

    async fn with(shape: Shape, change: impl Fn(&mut Config, &Hub)) -> Self {
        let clock = Arc::new(ManualClock::new("2026-03-01T10:00:00Z".parse().unwrap()));
        let now = clock.clone();
        let hub = Hub::new(7, Arc::new(move || now.now()));
        populate(&hub);
        let served = hub.serve().await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let token_file = dir.path().join("token");
        std::fs::write(&token_file, hub.token(OURS, &a_day())).unwrap();
        let change = |mut config: Config| {
            config.hub.url = Some(served.base.clone());
            config.hub.token_file = Some(token_file.clone());
            config.hub.timeout = Duration::from_secs(2);
            config.identity.authenticators = vec![
                AuthenticatorKind::Local,
                AuthenticatorKind::Kubernetes,
                AuthenticatorKind::Openshift,
            ];
            config.access.viewer_groups = vec!["system:authenticated".to_owned()];
            change(&mut config, &hub);
            config
        };
        let parts = || Parts {
            clock: clock.clone(),
            ids: Arc::new(SystemIds),
        };
        let data = dir.path().join("data");
        let mut running = Vec::new();
        if shape == Shape::One {
            running.push(start(change(whole(&data)), parts()).await.unwrap());
        } else {
            let roles = start(change(behind(&data)), parts()).await.unwrap();
            let door = change(gateway(roles.inner.unwrap(), &dir.path().join("door")));
            running.push(start(door, parts()).await.unwrap());
            running.push(roles);
        }
        let admin = bootstrap(running.last().unwrap());
        Self {
            at: running[0].public.unwrap(),
            clock,
            hub,
            admin,
            running,
            served,
            _dir: dir,
        }
    }

    async fn get(&self, path: &str, token: &str) -> Said {
        let bearer = format!("Bearer {token}");
        ask(self.at, "GET", path, &[("authorization", &bearer)], "").await
    }

    async fn post(&self, path: &str, token: &str, body: &str) -> Said {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        ask(self.at, "POST", path, &headers, body).await
    }

    /// The code of the answer to a list of clusters; `ok` where it is one.
    async fn code(&self, token: &str) -> String {
        self.get("/api/v1/clusters", token).await.code()
    }

    fn for_us(&self) -> String {
        self.hub.token(VIEWER, &Terms::audience("fleetscope"))
    }

    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    async fn close(self) {
        for running in self.running {
            running.shutdown().await;
        }
    }
}

fn populate(hub: &Hub) {
    hub.add_user(User {
        reviews_tokens: true,
        ..User::service_account("fleetscope", "fleetscope")
    });
    hub.add_user(User::service_account("shop", "viewer"));
    hub.add_user(User::service_account("fleetscope", "gateway"));
    hub.add_user(User {
        password: Some("secret".to_owned()),
        ..User::person("alice", &["ops"])
    });
    hub.add_client(OAuthClient {
        id: OURS.to_owned(),
        secret: None,
        redirect_uris: vec!["https://fleetscope.example.com/auth/callback".to_owned()],
    });
}

fn a_day() -> Terms {
    Terms {
        life: Duration::from_hours(24),
        ..Terms::default()
    }
}

/// An answer, read whole.
#[derive(Debug)]
struct Said {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Said {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    fn code(&self) -> String {
        if self.status.is_success() {
            return "ok".to_owned();
        }
        self.json()["code"].as_str().unwrap().to_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap().to_str().unwrap()
    }
}

async fn ask(
    at: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Said {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("http://{at}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    let response = client.request(request).await.unwrap();
    let (head, body) = response.into_parts();
    let bytes = to_bytes(Body::new(body), usize::MAX).await.unwrap();
    Said {
        status: head.status,
        headers: head.headers,
        text: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}
