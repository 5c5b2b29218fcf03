//! Answers recorded from real servers (Kubernetes 1.36, Loki 3.8, Tempo 3.1, Prometheus 3.5), with
//! parts left out that nobody reads.

use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

use crate::server::{Server, reply};

#[derive(Deserialize)]
struct Exchange {
    name: String,
    status: u16,
    content_type: String,
    body: Value,
}

/// The body of the exchange whose name begins so.
pub(crate) fn body(file: &str, name: &str) -> Value {
    find(file, name).body
}

/// The answer of the exchange whose name begins so.
pub(crate) fn answer(file: &str, name: &str) -> Response {
    let exchange = find(file, name);
    let body = match exchange.body {
        Value::String(text) => text,
        json => json.to_string(),
    };
    reply(exchange.status, &exchange.content_type, body)
}

/// A server that answers everything with one recorded answer.
pub(crate) async fn server(file: &'static str, name: &'static str) -> Server {
    Server::start(move |_| answer(file, name)).await
}

fn find(file: &str, name: &str) -> Exchange {
    let text = match file {
        "kubernetes" => include_str!("recordings/kubernetes.json"),
        "kubernetes-watch" => include_str!("recordings/kubernetes-watch.json"),
        "loki" => include_str!("recordings/loki.json"),
        "tempo" => include_str!("recordings/tempo.json"),
        "tempo-traces" => include_str!("recordings/tempo-traces.json"),
        "prometheus" => include_str!("recordings/prometheus.json"),
        other => panic!("there is no recording '{other}'"),
    };
    let exchanges: Vec<Exchange> = serde_json::from_str(text).unwrap();
    exchanges
        .into_iter()
        .find(|exchange| exchange.name.starts_with(name))
        .unwrap()
}
