//! Following where there is no Loki: containers over the Kubernetes API, one by one.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use fleetscope_model::{Source, TailNotice, TailNoticeKind, TailRecord};
use fleetscope_ports::Tail;
use futures::StreamExt as _;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::pods::pod;
use super::query::seeing;
use super::tail::{at_once, lines, next, notice, open};
use crate::fleet::{Fleet, patient};
use crate::server::{self, Seen, Server};

/// An API server whose pods and logs a test holds in its hands.
struct Nodes {
    server: Server,
    pods: Arc<Mutex<Vec<Value>>>,
    opened: mpsc::UnboundedReceiver<Log>,
}

/// A log that is followed.
struct Log {
    asked: Seen,
    writes: mpsc::UnboundedSender<String>,
}

impl Log {
    fn write(&self, text: &str) {
        self.writes.send(text.to_owned()).unwrap();
    }
}

fn running(namespace: &str, name: &str, containers: &[&str]) -> Value {
    let mut pod = pod(namespace, name, containers);
    let statuses: Vec<Value> = containers
        .iter()
        .map(|name| {
            json!({ "name": name, "image": "i", "imageID": "", "ready": true,
            "restartCount": 0, "state": { "running": {} } })
        })
        .collect();
    pod["status"] = json!({ "containerStatuses": statuses });
    pod
}

impl Nodes {
    async fn start(pods: Vec<Value>) -> Self {
        let (opens, opened) = mpsc::unbounded_channel();
        let pods = Arc::new(Mutex::new(pods));
        let held = Arc::clone(&pods);
        let server = Server::start(move |seen| {
            if seen.path == "/api/v1/pods" {
                let items = held.lock().unwrap().clone();
                return server::json(
                    200,
                    &json!({ "kind": "PodList", "apiVersion": "v1",
                        "metadata": { "resourceVersion": "1" }, "items": items }),
                );
            }
            let (writes, written) = mpsc::unbounded_channel::<String>();
            let asked = seen.clone();
            if opens.send(Log { asked, writes }).is_err() {
                return server::reply(503, "text/plain", "the test has ended");
            }
            let parts = futures::stream::unfold(written, |mut written| async {
                let part = written.recv().await?;
                Some((Ok::<_, Infallible>(Bytes::from(part)), written))
            });
            Response::new(Body::from_stream(parts))
        })
        .await;
        Self {
            server,
            pods,
            opened,
        }
    }

    async fn log(&mut self) -> Log {
        let log = tokio::time::timeout(Duration::from_secs(30), self.opened.recv()).await;
        log.unwrap().unwrap()
    }

    fn fleet(&self) -> Fleet {
        Fleet::of_one(Source::Kubernetes, self.server.endpoint())
    }

    async fn follow(&self, query: &str) -> Tail {
        let collector = self.fleet().collector(patient());
        open(&collector, &at_once(query)).await
    }
}

/// Does something while the test goes on.
fn aside<T: Send + 'static>(what: impl Future<Output = T> + Send + 'static) -> JoinSet<T> {
    let mut tasks = JoinSet::new();
    tasks.spawn(what);
    tasks
}

/// What is said first: where the lines come from.
async fn substitute(tail: &mut Tail) -> TailNotice {
    let said = notice(tail).await;
    assert_eq!(
        (said.kind, said.source),
        (TailNoticeKind::Substitute, Source::Kubernetes)
    );
    said
}

#[tokio::test]
async fn lines_of_containers_come_as_they_are_written_and_it_is_said_where_from() {
    let pods = vec![
        running("shop", "cart-1", &["cart", "proxy"]),
        running("bank", "vault-1", &["vault"]),
    ];
    let mut nodes = Nodes::start(pods).await;
    let mut tail = nodes
        .follow("{namespace=\"shop\", container=\"cart\"} |= \"x\"")
        .await;
    assert!(substitute(&mut tail).await.detail.contains("no Loki"));
    let mut told = aside(async move { next(&mut tail).await });
    let log = nodes.log().await;
    assert_eq!(log.asked.path, "/api/v1/namespaces/shop/pods/cart-1/log");
    for (name, value) in [
        ("container", "cart"),
        ("follow", "true"),
        ("timestamps", "true"),
        ("sinceTime", "1970-01-01T00:16:40Z"),
        ("tailLines", "10"),
    ] {
        assert_eq!(log.asked.field(name), Some(value), "{name}");
    }
    // Before the time that was asked for; not what is looked for; and in two parts.
    log.write("1970-01-01T00:16:39.9Z x early\n1970-01-01T00:16:41Z other\n1970-01-01T00:1");
    log.write("6:42.000000007Z level=error x failed\n");
    let TailRecord::Line(line) = told.join_next().await.unwrap().unwrap() else {
        panic!("no line")
    };
    assert_eq!(line.line, "level=error x failed");
    assert_eq!(line.at.as_nanosecond(), 1_002_000_000_007);
    for (name, value) in [
        ("pod", "cart-1"),
        ("container", "cart"),
        ("detected_level", "error"),
    ] {
        assert_eq!(line.labels[name], value, "{name}");
    }
    assert!(nodes.opened.try_recv().is_err(), "nothing else is followed");
}

#[tokio::test]
async fn pods_of_other_namespaces_are_not_followed() {
    let pods = vec![
        running("shop", "cart-1", &["cart"]),
        running("bank", "vault-1", &["vault"]),
    ];
    let mut nodes = Nodes::start(pods).await;
    let collector = seeing(nodes.fleet(), &["bank"]);
    let mut tail = open(&collector, &at_once("{pod=~\".+\"}")).await;
    substitute(&mut tail).await;
    let mut asked = aside(async move {
        let line = lines(&mut tail, 1).await;
        drop(tail);
        line
    });
    let log = nodes.log().await;
    assert_eq!(log.asked.path, "/api/v1/namespaces/bank/pods/vault-1/log");
    log.write("1970-01-01T00:16:41Z opened\n");
    assert_eq!(asked.join_next().await.unwrap().unwrap(), ["shop opened"]);
    assert!(nodes.opened.try_recv().is_err());
}

#[tokio::test]
async fn a_connection_that_ends_is_opened_again_after_its_last_line_and_new_pods_are_followed() {
    let mut nodes = Nodes::start(vec![running("shop", "cart-1", &["cart"])]).await;
    let mut tail = nodes.follow("{namespace=\"shop\"}").await;
    substitute(&mut tail).await;
    let mut told = aside(async move { lines(&mut tail, 4).await });
    let first = nodes.log().await;
    first.write("1970-01-01T00:16:41Z one\n1970-01-01T00:16:41Z one\n");
    nodes
        .pods
        .lock()
        .unwrap()
        .push(running("shop", "cart-2", &["cart"]));
    drop(first);
    // The pods are listed again after ten seconds.
    let mut logs = [nodes.log().await, nodes.log().await];
    logs.sort_by(|a, b| a.asked.path.cmp(&b.asked.path));
    let [again, new] = logs;
    assert_eq!(again.asked.path, "/api/v1/namespaces/shop/pods/cart-1/log");
    assert_eq!(again.asked.field("sinceTime"), Some("1970-01-01T00:16:41Z"));
    // What was told comes again, by the second.
    again.write("1970-01-01T00:16:41Z one\n1970-01-01T00:16:41Z one\n1970-01-01T00:16:41.5Z two\n");
    assert_eq!(new.asked.path, "/api/v1/namespaces/shop/pods/cart-2/log");
    new.write("1970-01-01T00:16:43Z three\n");
    let mut told = told.join_next().await.unwrap().unwrap();
    told.sort();
    assert_eq!(told, ["shop one", "shop one", "shop three", "shop two"]);
}

#[tokio::test]
async fn a_line_without_end_is_cut_and_the_next_is_read() {
    let mut nodes = Nodes::start(vec![running("shop", "cart-1", &["cart"])]).await;
    let mut tail = nodes.follow("{namespace=\"shop\"}").await;
    substitute(&mut tail).await;
    let mut told = aside(async move { lines(&mut tail, 2).await });
    let log = nodes.log().await;
    log.write("1970-01-01T00:16:41Z ");
    for _ in 0..40 {
        log.write(&"x".repeat(64 * 1024));
    }
    log.write("\n1970-01-01T00:16:42Z short\n");
    let told = told.join_next().await.unwrap().unwrap();
    assert!(told[0].ends_with("xx (cut here: the line is longer than 1 MiB)"));
    assert!(told[0].len() < 1024 * 1024 + 100, "{}", told[0].len());
    assert_eq!(told[1], "shop short");
}

#[tokio::test]
async fn what_needs_a_loki_ends_with_a_word_and_a_refusal_is_tried_again() {
    let nodes = Nodes::start(Vec::new()).await;
    let mut tail = nodes.follow("{a=\"b\"} | json").await;
    let said = notice(&mut tail).await;
    assert_eq!(said.kind, TailNoticeKind::Ended);
    assert!(said.detail.contains("register a Loki"), "{said:?}");
    assert!(tail.next().await.is_none());

    let refuses = Server::start(|_| {
        server::json(
            403,
            &json!({ "kind": "Status", "code": 403, "reason": "Forbidden",
            "message": "pods is forbidden" }),
        )
    })
    .await;
    let fleet = Fleet::of_one(Source::Kubernetes, refuses.endpoint());
    let mut tail = open(&fleet.collector(patient()), &at_once("{a=\"b\"}")).await;
    let said = notice(&mut tail).await;
    assert_eq!(
        (said.kind, said.source),
        (TailNoticeKind::Lost, Source::Kubernetes)
    );
}

#[tokio::test]
async fn more_containers_than_are_followed_at_once_are_told() {
    let pods = (0..30).map(|n| running("shop", &format!("cart-{n}"), &["cart"]));
    let mut nodes = Nodes::start(pods.collect()).await;
    let mut tail = nodes.follow("{namespace=\"shop\"}").await;
    substitute(&mut tail).await;
    let said = notice(&mut tail).await;
    assert_eq!(said.kind, TailNoticeKind::Hole);
    assert!(
        said.detail
            .starts_with("30 containers are selected and only 20"),
        "{said:?}"
    );
    let mut told = aside(async move { lines(&mut tail, 20).await });
    for _ in 0..20 {
        nodes.log().await.write("1970-01-01T00:16:41Z x\n");
    }
    assert_eq!(told.join_next().await.unwrap().unwrap().len(), 20);
    assert!(nodes.opened.try_recv().is_err());
}
