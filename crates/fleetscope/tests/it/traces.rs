//! A trace that a client begins is one tree over both processes, the store and what is read
//! outside, in a receiver that speaks OTLP.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use axum::routing::{get, post};
use futures::stream;
use http_body_util::StreamBody;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use tempfile::tempdir;
use tokio::task::JoinSet;

/// What a client would send: its trace, its span, and that it keeps the trace.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";
/// Stands in the query, and may stand in no span.
const CANARY: &str = "canary_in_the_query";
/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(30);

/// What the receiver and the Prometheus have got.
#[derive(Clone, Default)]
struct Got {
    spans: Arc<Mutex<Vec<Span>>>,
    traceparents: Arc<Mutex<Vec<String>>>,
}

impl Got {
    fn take(&self, bytes: &[u8]) {
        let request = ExportTraceServiceRequest::decode(bytes).unwrap();
        let scopes = request
            .resource_spans
            .into_iter()
            .flat_map(|r| r.scope_spans);
        let spans = scopes.flat_map(|scope| scope.spans);
        self.spans.lock().unwrap().extend(spans);
    }

    /// The spans of the client's trace by id.
    fn tree(&self) -> BTreeMap<String, Span> {
        let spans = self.spans.lock().unwrap();
        let ours = spans.iter().filter(|span| hex(&span.trace_id) == TRACE);
        ours.map(|span| (hex(&span.span_id), span.clone()))
            .collect()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// OTLP over HTTP and over gRPC, and a Prometheus that knows nothing.
async fn serve(got: Got, servers: &mut JoinSet<()>) -> String {
    let router = Router::new()
        .route("/v1/traces", post(over_http))
        .route(
            "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            post(over_grpc),
        )
        .route("/api/v1/query", get(prometheus).post(prometheus))
        .with_state(got);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    servers.spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}")
}

async fn over_http(State(got): State<Got>, body: Bytes) {
    got.take(&body);
}

async fn over_grpc(State(got): State<Got>, body: Bytes) -> Response {
    // One byte for compression and four for the length come before the message, in both ways.
    got.take(&body[5..]);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let frames = [
        http_body::Frame::data(Bytes::from_static(&[0; 5])),
        http_body::Frame::trailers(trailers),
    ];
    let frames = stream::iter(frames.map(Ok::<_, std::convert::Infallible>));
    Response::builder()
        .header("content-type", "application/grpc")
        .body(Body::new(StreamBody::new(frames)))
        .unwrap()
}

async fn prometheus(State(got): State<Got>, headers: HeaderMap) -> &'static str {
    let given = headers
        .get("traceparent")
        .map(|value| value.to_str().unwrap().to_owned());
    got.traceparents.lock().unwrap().extend(given);
    r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#
}

/// A process that ends with the test.
struct Process {
    child: Child,
    log: std::path::PathBuf,
}

impl Process {
    fn serve(folder: &Path, name: &str, config: &str) -> Self {
        let path = folder.join(format!("{name}.toml"));
        fs::write(&path, config).unwrap();
        let log = folder.join(format!("{name}.log"));
        let child = Command::new(env!("CARGO_BIN_EXE_fleetscope"))
            .args(["serve", "--config"])
            .arg(path)
            .env("OTEL_BSP_SCHEDULE_DELAY", "100")
            .stderr(fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Self { child, log }
    }

    /// The word of the log that begins so, once it is there.
    async fn says(&self, begin: &str) -> String {
        let found = async {
            loop {
                let text = fs::read_to_string(&self.log).unwrap();
                let word = text
                    .split_whitespace()
                    .find_map(|word| word.strip_prefix(begin));
                if let Some(word) = word.filter(|_| text.ends_with('\n')) {
                    return word.to_owned();
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(LONG, found).await.unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client's trace, which is kept, and one that begins here, of which `percent` in a hundred are.
async fn one_tree(protocol: &str, percent: u32) {
    let got = Got::default();
    let mut servers = JoinSet::new();
    let outside = serve(got.clone(), &mut servers).await;
    let folder = tempdir().unwrap();
    let common = format!(
        "[services]\nkey = \"0123456789abcdef0123456789abcdef\"\n[traces]\nendpoint = \
         \"{outside}\"\nprotocol = \"{protocol}\"\npercent = {percent}\n[watches]\nenabled = false\n[access]\ninside_clusters = \"trusted\"\n"
    );
    let behind = format!(
        "{common}[server]\nroles = [\"registry\", \"collector\", \"streaming\", \
         \"intelligence\"]\ninner_listen = \"127.0.0.1:0\"\nadmin_listen = \
         \"127.0.0.1:0\"\n[storage]\ndata_dir = \"{}\"\n",
        folder.path().join("data").display()
    );
    let behind = Process::serve(folder.path(), "behind", &behind);
    let inner = behind.says("inner=").await;
    let token = format!("fls_{}", behind.says("fls_").await);
    let roles = ["registry", "collector", "streaming", "intelligence"];
    let services = roles
        .map(|role| format!("[services.{role}]\nurl = \"http://{inner}\"\n"))
        .concat();
    let gateway = format!(
        "{common}{services}[server]\nroles = [\"gateway\"]\nlisten = \
         \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n"
    );
    let gateway = Process::serve(folder.path(), "gateway", &gateway);
    let api = format!("http://{}", gateway.says("public=").await);

    let client = reqwest::Client::default();
    let cluster =
        format!(r#"{{"name":"shop","endpoints":{{"prometheus":{{"url":"{outside}"}}}}}}"#);
    let made = client
        .post(format!("{api}/api/v1/clusters"))
        .bearer_auth(&token)
        .header("content-type", "application/json")
        .body(cluster)
        .send()
        .await
        .unwrap();
    assert_eq!(made.status(), 201);
    let traceparent = format!("00-{TRACE}-{PARENT}-01");
    let ask = |path: &str| {
        let request = client.get(format!("{api}{path}")).bearer_auth(&token);
        request.header("traceparent", &traceparent)
    };
    let answer = ask(&format!("/api/v1/metrics/query?query={CANARY}"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let wrong = ask("/api/v1/clusters?limit=0").send().await.unwrap();
    let problem: serde_json::Value = serde_json::from_str(&wrong.text().await.unwrap()).unwrap();
    assert_eq!(problem["trace_id"], TRACE);

    let whole = async {
        loop {
            let tree = got.tree();
            let servers = tree.values().filter(|span| span.name.starts_with("GET "));
            if servers.count() == 4 && tree.values().any(|span| span.name == "read") {
                return tree;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let tree = tokio::time::timeout(LONG, whole).await;
    let tree = tree.unwrap_or_else(|_| {
        let names: Vec<_> = got.tree().into_values().map(|span| span.name).collect();
        panic!("these spans came only: {names:?}");
    });
    assert_is_one_tree(&tree);
    let read = tree.values().find(|span| span.name == "read").unwrap();
    let sent = format!("00-{TRACE}-{}-01", hex(&read.span_id));
    // The cluster is looked at, too, since it was registered: in traces of their own.
    assert!(got.traceparents.lock().unwrap().contains(&sent), "{sent}");

    assert_no_secret(&got, &[CANARY, &token[4..], "limit=0"]);
    assert_logged(&gateway.log, TRACE, 2).await;
    let begun = client
        .get(format!("{api}/api/v1/clusters?limit=0"))
        .bearer_auth(&token);
    let requests = [begun, ask("/api/v1/clusters")];
    assert_begun_here(&got, requests, [&gateway.log, &behind.log], percent).await;
}

/// The first request begins a trace, which is kept or not; the second belongs to the client's.
async fn assert_begun_here(
    got: &Got,
    [begun, later]: [reqwest::RequestBuilder; 2],
    logs: [&Path; 2],
    percent: u32,
) {
    let answer = begun.send().await.unwrap();
    let problem: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let own = problem["trace_id"].as_str().unwrap();
    assert_eq!(own.len(), 32, "{problem}");
    for log in logs {
        assert_logged(log, own, 1).await;
    }
    let servers = |trace: &str| {
        let spans = got.spans.lock().unwrap();
        let of_trace = spans.iter().filter(|span| hex(&span.trace_id) == trace);
        of_trace
            .filter(|span| span.name.starts_with("GET "))
            .count()
    };
    let known = servers(TRACE);
    later.send().await.unwrap();
    let arrived = async {
        while servers(TRACE) < known + 2 || (percent == 100 && servers(own) < 2) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LONG, arrived).await.unwrap();
    if percent == 0 {
        let spans = got.spans.lock().unwrap();
        let other = spans.iter().find(|span| hex(&span.trace_id) != TRACE);
        assert!(other.is_none(), "{other:?}");
    }
}

/// Lines of answers are written a moment later.
async fn assert_logged(log: &Path, trace: &str, wanted: usize) {
    let of_trace = |text: &str| {
        let lines = text.lines();
        lines
            .filter(|line| line.contains("answered") && line.contains(trace))
            .count()
    };
    let written = async {
        while of_trace(&fs::read_to_string(log).unwrap()) < wanted {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let in_time = tokio::time::timeout(LONG, written).await;
    let text = fs::read_to_string(log).unwrap();
    assert!(in_time.is_ok() && of_trace(&text) == wanted, "{text}");
}

fn assert_no_secret(got: &Got, secrets: &[&str]) {
    let everything = format!("{:?}", got.spans.lock().unwrap());
    for secret in secrets {
        assert!(!everything.contains(secret), "{secret} is in a span");
    }
}

/// Every span hangs below the client's, and what is read and kept below role and gateway.
fn assert_is_one_tree(tree: &BTreeMap<String, Span>) {
    let path = |span: &Span| {
        let mut names = vec![span.name.clone()];
        let mut parent = hex(&span.parent_span_id);
        while parent != PARENT {
            let above = tree
                .get(&parent)
                .unwrap_or_else(|| panic!("{names:?} hangs nowhere"));
            names.push(above.name.clone());
            parent = hex(&above.parent_span_id);
        }
        names
    };
    for span in tree.values() {
        path(span);
    }
    let server = "GET /api/v1/metrics/query";
    let paths: Vec<_> = tree.values().map(path).collect();
    let through = |name: &str| {
        paths.iter().any(|path| {
            path[0].starts_with(name) && path[path.len() - 3..] == [server, "forward", server]
        })
    };
    assert!(through("read"), "{paths:?}");
    assert!(through("clusters."), "{paths:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clients_trace_is_one_tree_over_grpc() {
    one_tree("grpc", 100).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clients_trace_is_one_tree_over_http() {
    one_tree("http", 0).await;
}
