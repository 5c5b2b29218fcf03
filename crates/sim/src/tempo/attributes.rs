//! The attributes of a span and of its resource, as OpenTelemetry's conventions name them.

use serde_json::{Value, json};

use crate::history::History;
use crate::traces::{Failure, Kind, Span};

/// The value of an attribute.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Attribute {
    Text(String),
    Number(i64),
}

pub(super) type Named = (&'static str, Attribute);

impl Attribute {
    pub(super) fn value(&self) -> Value {
        match self {
            Self::Text(text) => json!({ "stringValue": text }),
            Self::Number(number) => json!({ "intValue": number.to_string() }),
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }

    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "string",
            Self::Number(_) => "int",
        }
    }
}

fn word(text: impl Into<String>) -> Attribute {
    Attribute::Text(text.into())
}

/// What is known of the process that a span comes from.
pub(super) fn resource(history: &History, span: &Span) -> Vec<Named> {
    let service = &history.graph.services[span.service];
    let namespace = history.workloads[service.workload].namespace;
    let mut named = vec![
        ("service.name", word(service.name)),
        ("service.namespace", word(namespace)),
        ("k8s.namespace.name", word(namespace)),
        ("k8s.cluster.name", word(history.cluster)),
        ("deployment.environment.name", word(history.environment)),
    ];
    if let Some(life) = span.pod.and_then(|id| history.lives.get(&id)) {
        named.push(("k8s.pod.name", word(life.name.as_str())));
        named.push(("k8s.node.name", word(history.nodes[life.node])));
        named.push(("service.version", word(life.version.as_str())));
    }
    named.push(("telemetry.sdk.name", word("opentelemetry")));
    named
}

/// What is known of the span itself.
pub(super) fn of_span(history: &History, span: &Span) -> Vec<Named> {
    let name = history.graph.operations[span.operation].spec.name;
    let called = &history.graph.services[history.graph.operations[span.operation].service];
    let mut named = Vec::new();
    if span.kind == Kind::Statement {
        let statement = name.split(' ').next().unwrap_or(name);
        named.push(("db.system", word(system(history, span))));
        named.push(("db.operation.name", word(statement)));
        named.push(("db.query.text", word(query(name))));
        named.push(("db.name", word("app")));
        named.push(("peer.service", word(called.name)));
        named.push(("server.address", word(called.name)));
        return named;
    }
    if let Some((method, route)) = name
        .split_once(' ')
        .filter(|(_, route)| route.starts_with('/'))
    {
        named.push(("http.request.method", word(method)));
        named.push(("http.route", word(route)));
        named.push((
            "http.response.status_code",
            Attribute::Number(status_code(span)),
        ));
    } else {
        named.push(("rpc.method", word(name)));
        let code = i64::from(span.failure.is_some()) * 13;
        named.push(("rpc.grpc.status_code", Attribute::Number(code)));
    }
    if span.kind == Kind::Client {
        named.push(("server.address", word(called.name)));
    }
    named
}

/// The exception that a span failed with by itself: type and message.
pub(super) fn exception(history: &History, span: &Span) -> Option<(&'static str, String)> {
    let name = history.graph.operations[span.operation].spec.name;
    match (span.failure?, span.kind) {
        (Failure::Own, _) => {
            let life = span.pod.and_then(|id| history.lives.get(&id));
            Some(defect(name, life.is_some_and(|life| life.error > 0.0)))
        }
        (Failure::Unit(unit), _) => Some(unit_out(history.workloads[unit].name)),
        (Failure::Timeout, Kind::Statement) => Some((
            "org.postgresql.util.PSQLException",
            "ERROR: canceling statement due to user request".to_owned(),
        )),
        (Failure::Timeout, _) => Some((
            "TimeoutException",
            format!("deadline exceeded while waiting for {name}"),
        )),
        (Failure::Refused, _) => Some(("ConnectException", format!("connection refused: {name}"))),
        (Failure::Downstream, _) => None,
    }
}

/// What a process throws in good times, and what one with a defective release does.
pub(crate) fn defect(operation: &str, defective: bool) -> (&'static str, String) {
    if defective {
        let message = format!("cannot deserialize field `options` of {operation}: unexpected null");
        ("SerializationException", message)
    } else {
        (
            "IllegalStateException",
            format!("invalid input for {operation}"),
        )
    }
}

/// What the central unit says of a distributed unit without valid time.
pub(crate) fn unit_out(unit: &str) -> (&'static str, String) {
    (
        "F1SetupFailure",
        format!("F1 setup with {unit} failed: no valid system time from DU"),
    )
}

/// The message of a failed span's status.
pub(super) fn status_message(history: &History, span: &Span) -> String {
    let operation = &history.graph.operations[span.operation];
    let called = history.graph.services[operation.service].name;
    match span.failure {
        None => String::new(),
        Some(Failure::Own) => {
            exception(history, span).map_or_else(String::new, |it| it.0.to_owned())
        }
        Some(Failure::Unit(unit)) => unit_out(history.workloads[unit].name).1,
        Some(Failure::Downstream) => match span.kind {
            Kind::Server => "a call it needed failed".to_owned(),
            _ => format!("{called} answered with an error"),
        },
        Some(Failure::Timeout) => "context deadline exceeded".to_owned(),
        Some(Failure::Refused) => format!("dial tcp: {called}: connection refused"),
    }
}

fn system(history: &History, span: &Span) -> &'static str {
    let service = history.graph.operations[span.operation].service;
    match history.graph.services[service].role {
        crate::world::topology::Role::Postgres => "postgresql",
        _ => "redis",
    }
}

fn query(name: &str) -> String {
    match name.split_once(' ') {
        Some(("SELECT", table)) => format!("SELECT * FROM {table} WHERE id = $1"),
        Some(("INSERT", table)) => format!("INSERT INTO {table} VALUES ($1, $2, $3)"),
        Some(("UPDATE", table)) => format!("UPDATE {table} SET state = $2 WHERE id = $1"),
        _ => name.to_owned(),
    }
}

fn status_code(span: &Span) -> i64 {
    match span.failure {
        None => 200,
        Some(Failure::Own | Failure::Unit(_)) => 500,
        Some(Failure::Downstream) if span.kind == Kind::Client => 500,
        Some(Failure::Downstream) => 502,
        Some(Failure::Timeout) => 504,
        Some(Failure::Refused) => 503,
    }
}
