//! Configurations on free ports, and a client as plain as they come.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use fleetscope_config::{Config, Secret, Service};
use fleetscope_model::Role;
use fleetscope_ports::{SystemClock, SystemIds};
use fleetscope_runtime::{Parts, Running, start};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

/// Long enough that no test waits for it unless it means to.
pub(crate) const GRACE: Duration = Duration::from_secs(20);

/// All roles on free ports; watches only when asked.
pub(crate) fn whole(dir: &Path) -> Config {
    let mut config = Config::default();
    config.server.listen = ([127, 0, 0, 1], 0).into();
    config.server.admin_listen = ([127, 0, 0, 1], 0).into();
    config.server.shutdown_grace = GRACE;
    config.storage.data_dir = dir.into();
    config.watches.enabled = false;
    config.checks.enabled = false;
    config
}

/// Every role but the gateway, with an inner door.
pub(crate) fn behind(dir: &Path) -> Config {
    let mut config = whole(dir);
    config.server.roles.retain(|role| *role != Role::Gateway);
    config.server.inner_listen = Some(([127, 0, 0, 1], 0).into());
    config.services.key = Some(key('k'));
    config
}

/// The gateway alone, with every other role at `inner`.
pub(crate) fn gateway(inner: SocketAddr, dir: &Path) -> Config {
    let mut config = whole(dir);
    config.server.roles = vec![Role::Gateway];
    config.services.key = Some(key('k'));
    let url = Some(Url::parse(&format!("http://{inner}")).unwrap());
    for service in [
        &mut config.services.registry,
        &mut config.services.collector,
        &mut config.services.streaming,
        &mut config.services.intelligence,
    ] {
        *service = Service { url: url.clone() };
    }
    config
}

pub(crate) fn key(letter: char) -> Secret {
    Secret::new(letter.to_string().repeat(32))
}

pub(crate) async fn run(config: Config) -> Running {
    start(config, parts()).await.unwrap()
}

pub(crate) fn parts() -> Parts {
    Parts {
        clock: Arc::new(SystemClock),
        ids: Arc::new(SystemIds),
    }
}

pub(crate) fn bootstrap(running: &Running) -> String {
    let token = running.bootstrap_token.as_ref().unwrap();
    token.expose_secret().to_owned()
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

pub(crate) async fn get(at: SocketAddr, path: &str, token: &str) -> Answer {
    send(at, "GET", path, token, None).await
}

pub(crate) async fn send(
    at: SocketAddr,
    method: &str,
    path: &str,
    token: &str,
    body: Option<Value>,
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("http://{at}{path}"))
        .header("content-type", "application/json");
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let body = body.map_or_else(Body::empty, |json| Body::from(json.to_string()));
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    let response = client.request(request.body(body).unwrap()).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(Body::new(response.into_body()), usize::MAX).await;
    Answer {
        status,
        text: String::from_utf8(bytes.unwrap().to_vec()).unwrap(),
    }
}

/// A connection that is written and read by hand.
pub(crate) struct Wire(TcpStream);

impl Wire {
    pub(crate) async fn open(at: SocketAddr, head: &str) -> Self {
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        Self(stream)
    }

    pub(crate) async fn write(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads until the text has come.
    pub(crate) async fn read_until(&mut self, text: &str) -> String {
        let mut read = Vec::new();
        while !String::from_utf8_lossy(&read).contains(text) {
            let mut piece = [0; 1024];
            let length = self.0.read(&mut piece).await.unwrap();
            assert!(
                length > 0,
                "closed after {:?}",
                String::from_utf8_lossy(&read)
            );
            read.extend_from_slice(&piece[..length]);
        }
        String::from_utf8(read).unwrap()
    }

    /// Reads until the other side closes, and whether it did so without a reset.
    pub(crate) async fn read_to_end(&mut self) -> (String, bool) {
        let mut read = Vec::new();
        let ended = self.0.read_to_end(&mut read).await.is_ok();
        (String::from_utf8(read).unwrap(), ended)
    }
}

/// Whether a connection is accepted.
pub(crate) async fn accepts(at: SocketAddr) -> bool {
    TcpStream::connect(at).await.is_ok()
}

/// The head of a request with a token.
pub(crate) fn head(method: &str, path: &str, token: &str, more: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {token}\r\n{more}\r\n")
}

/// A cluster that can be registered, as the API takes it.
pub(crate) fn cluster(name: &str) -> Value {
    serde_json::json!({
        "name": name,
        "endpoints": { "prometheus": { "url": "http://127.0.0.1:9/" } },
    })
}
