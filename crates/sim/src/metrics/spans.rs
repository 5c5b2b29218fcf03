//! Tempo's metrics generator: span metrics and service graphs.
//!
//! Span metrics are kept for server spans, and for client spans to databases, which have no server
//! span (a filter policy of the generator drops the other client spans).

use super::histogram::{EDGE_BOUNDS, Histogram, SPAN_BOUNDS};
use super::{Counter, Sink, series};
use crate::tsdb::Tsdb;
use crate::world::latency::{Latency, Mixture};
use crate::world::services::{Edge, Graph};
use crate::world::time::TICK_SECONDS;

const CALLS: &str = "traces_spanmetrics_calls_total";
const LATENCY: &str = "traces_spanmetrics_latency";

pub(super) struct Spans {
    servers: Vec<(usize, SpanSeries)>,
    statements: Vec<Statement>,
    edges: Vec<EdgeSeries>,
}

/// Client spans of one service with one statement, over all operations that call it.
struct Statement {
    service: usize,
    operation: usize,
    series: SpanSeries,
}

/// The spans of one name, service and kind; the series of errors begins with the first error.
struct SpanSeries {
    service: String,
    name: String,
    kind: &'static str,
    good: (Counter, Histogram),
    bad: Option<(Counter, Histogram)>,
    pending_errors: f64,
}

struct EdgeSeries {
    labels: Vec<(&'static str, String)>,
    total: Counter,
    failed: Option<Counter>,
    pending_failures: f64,
    server: Histogram,
    client: Histogram,
}

impl Spans {
    pub(super) fn new(db: &mut Tsdb, graph: &Graph) -> Self {
        let mut statements: Vec<Statement> = Vec::new();
        let mut servers = Vec::new();
        for (index, operation) in graph.operations.iter().enumerate() {
            if !graph.is_database(operation.service) {
                let service = graph.services[operation.service].name;
                let name = operation.spec.name;
                servers.push((
                    index,
                    SpanSeries::new(db, service, name, "SPAN_KIND_SERVER"),
                ));
            }
            for call in &operation.calls {
                let to = &graph.operations[call.operation];
                let known = statements.iter().any(|statement| {
                    (statement.service, statement.operation) == (operation.service, call.operation)
                });
                if graph.is_database(to.service) && !known {
                    let service = graph.services[operation.service].name;
                    statements.push(Statement {
                        service: operation.service,
                        operation: call.operation,
                        series: SpanSeries::new(db, service, to.spec.name, "SPAN_KIND_CLIENT"),
                    });
                }
            }
        }
        let edges = graph
            .edges
            .iter()
            .map(|edge| EdgeSeries::new(db, graph, edge))
            .collect();
        Self {
            servers,
            statements,
            edges,
        }
    }

    pub(super) fn write(&mut self, sink: &mut Sink<'_>, graph: &Graph) {
        for (index, series) in &mut self.servers {
            let operation = &graph.operations[*index];
            let heard = 1.0 - graph.services[operation.service].health.unavailable;
            let count = operation.rps * heard * TICK_SECONDS;
            series.write(sink, count, operation.fail, operation.total);
        }
        for statement in &mut self.statements {
            let (mut count, mut failed, mut times) = (0.0, 0.0, Mixture::default());
            let callers = graph
                .operations
                .iter()
                .filter(|item| item.service == statement.service);
            for operation in callers {
                for call in operation
                    .calls
                    .iter()
                    .filter(|c| c.operation == statement.operation)
                {
                    let calls = operation.rps * call.attempts() * TICK_SECONDS;
                    count += calls;
                    failed += calls * call.fail;
                    times.add(call.seen, calls);
                }
            }
            let share = if count > 0.0 { failed / count } else { 0.0 };
            statement.series.write(sink, count, share, times.latency());
        }
        for (series, edge) in self.edges.iter_mut().zip(&graph.edges) {
            series.write(sink, edge);
        }
    }
}

impl SpanSeries {
    fn new(db: &mut Tsdb, service: &str, name: &str, kind: &'static str) -> Self {
        let good = Self::pair(db, service, name, kind, "STATUS_CODE_UNSET");
        let (service, name) = (service.to_owned(), name.to_owned());
        Self {
            service,
            name,
            kind,
            good,
            bad: None,
            pending_errors: 0.0,
        }
    }

    fn pair(
        db: &mut Tsdb,
        service: &str,
        name: &str,
        kind: &str,
        status: &str,
    ) -> (Counter, Histogram) {
        let labels = [
            ("service", service),
            ("span_name", name),
            ("span_kind", kind),
            ("status_code", status),
            ("source", "tempo"),
        ];
        let histogram = Histogram::new(db, LATENCY, &labels, SPAN_BOUNDS);
        (Counter::of(series(db, CALLS, &labels, &[])), histogram)
    }

    fn write(&mut self, sink: &mut Sink<'_>, count: f64, fail: f64, latency: Latency) {
        self.good.0.add(sink, count * (1.0 - fail));
        self.good.1.observe(sink, count * (1.0 - fail), latency);
        self.pending_errors += count * fail;
        if self.bad.is_none() && self.pending_errors >= 1.0 {
            let (service, name) = (self.service.clone(), self.name.clone());
            self.bad = Some(Self::pair(
                sink.db,
                &service,
                &name,
                self.kind,
                "STATUS_CODE_ERROR",
            ));
        }
        if let Some((calls, histogram)) = &mut self.bad {
            calls.add(sink, self.pending_errors);
            histogram.observe(sink, self.pending_errors, latency);
            self.pending_errors = 0.0;
        }
    }
}

impl EdgeSeries {
    fn new(db: &mut Tsdb, graph: &Graph, edge: &Edge) -> Self {
        let client = edge
            .client
            .map_or("user", |index| graph.services[index].name);
        let mut labels = vec![
            ("client", client.to_owned()),
            ("server", graph.services[edge.server].name.to_owned()),
            ("source", "tempo".to_owned()),
        ];
        if edge.client.is_none() {
            labels.push(("connection_type", "virtual_node".to_owned()));
        } else if edge.database {
            labels.push(("connection_type", "database".to_owned()));
        }
        let borrowed: Vec<(&str, &str)> = labels.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let client_name = "traces_service_graph_request_client_seconds";
        let server_name = "traces_service_graph_request_server_seconds";
        // Where the server has no span of its own, the client's is all there is; elsewhere its
        // sum and count are enough, and the number of series stays small.
        let client = if edge.database {
            Histogram::new(db, client_name, &borrowed, EDGE_BOUNDS)
        } else {
            Histogram::without_buckets(db, client_name, &borrowed, EDGE_BOUNDS)
        };
        let total = series(db, "traces_service_graph_request_total", &borrowed, &[]);
        let server = Histogram::new(db, server_name, &borrowed, EDGE_BOUNDS);
        Self {
            total: Counter::of(total),
            failed: None,
            pending_failures: 0.0,
            server,
            client,
            labels,
        }
    }

    fn write(&mut self, sink: &mut Sink<'_>, edge: &Edge) {
        let count = edge.rps * TICK_SECONDS;
        self.total.add(sink, count);
        let server = if edge.database {
            edge.client_time
        } else {
            edge.server_time
        };
        self.server.observe(sink, count, server);
        self.client.observe(sink, count, edge.client_time);
        self.pending_failures += edge.failed_rps * TICK_SECONDS;
        if self.failed.is_none() && self.pending_failures >= 1.0 {
            let labels: Vec<(&str, &str)> = self
                .labels
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            let name = "traces_service_graph_request_failed_total";
            self.failed = Some(Counter::of(series(sink.db, name, &labels, &[])));
        }
        if let Some(failed) = &mut self.failed {
            failed.add(sink, self.pending_failures);
            self.pending_failures = 0.0;
        }
    }
}
