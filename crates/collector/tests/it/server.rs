//! Servers on loopback that end with the test.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fleetscope_model::Endpoint;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;

/// A request as the server saw it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    /// Query and form fields.
    pub(crate) fields: Vec<(String, String)>,
}

impl Seen {
    /// The value of a query or form field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A server that ends when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    _tasks: JoinSet<()>,
}

type Reply = dyn Fn(&Seen) -> Response + Send + Sync;

#[derive(Clone)]
struct Shared {
    seen: Arc<Mutex<Vec<Seen>>>,
    reply: Arc<Reply>,
}

impl Server {
    /// Answers every request with what `reply` makes of it.
    pub(crate) async fn start(reply: impl Fn(&Seen) -> Response + Send + Sync + 'static) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let shared = Shared {
            seen: Arc::clone(&seen),
            reply: Arc::new(reply),
        };
        let app = Router::new().fallback(serve).with_state(shared);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            address,
            seen,
            _tasks: tasks,
        }
    }

    /// Hands every connection to `speak`, below HTTP.
    pub(crate) async fn raw<F>(speak: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(speak(stream));
            }
        });
        Self {
            address,
            seen: Arc::default(),
            _tasks: tasks,
        }
    }

    /// An address at which nobody listens, and nobody else in this process will: the port stays
    /// taken.
    pub(crate) fn nobody() -> Endpoint {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = socket.local_addr().unwrap();
        std::mem::forget(socket);
        endpoint(&format!("http://{address}"))
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        endpoint(&format!("http://{}", self.address))
    }

    /// The requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

/// An endpoint without a tenant.
pub(crate) fn endpoint(url: &str) -> Endpoint {
    Endpoint::at(url)
}

/// A JSON answer.
pub(crate) fn json(status: u16, body: &serde_json::Value) -> Response {
    reply(status, "application/json", body.to_string())
}

/// Any answer.
pub(crate) fn reply(status: u16, content_type: &str, body: impl Into<Body>) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    let headers = [(header::CONTENT_TYPE, content_type.to_owned())];
    (status, headers, body.into()).into_response()
}

async fn serve(State(shared): State<Shared>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let query = head.uri.query().unwrap_or_default();
    let fields = [query.as_bytes(), &body]
        .into_iter()
        .flat_map(|text| url::form_urlencoded::parse(text).into_owned())
        .collect();
    let seen = Seen {
        path: head.uri.path().to_owned(),
        headers: head.headers,
        fields,
    };
    shared.seen.lock().unwrap().push(seen.clone());
    (shared.reply)(&seen)
}

/// Reads a request's head and answers it with JSON, below any server.
pub(crate) async fn answer_once(mut stream: TcpStream, body: &str) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut head = [0; 8192];
    let _ = stream.read(&mut head).await;
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Answers a request with a part of what it promises, and ends. What the client still writes is
/// read: closing before would reset the connection, and take what it has not read yet.
pub(crate) async fn cut(mut stream: TcpStream, part: &str) {
    let mut heard = [0; 8192];
    let _ = stream.read(&mut heard).await;
    let _ = stream.write_all(part.as_bytes()).await;
    let _ = stream.shutdown().await;
    while matches!(stream.read(&mut heard).await, Ok(count) if count > 0) {}
}
