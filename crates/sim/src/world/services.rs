//! The service graph: how requests flow down, and how time and failure come back up.

use super::latency::{Latency, Mixture};
use super::load::Load;
use super::topology::{CallSpec, ClusterSpec, OperationSpec, Role};

/// Deviation of the time in the service itself, relative to its mean. Measured request latencies
/// have 0.3 to 1; a middle value keeps the p95 at twice the median.
const OWN_DEVIATION: f64 = 0.45;

#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    pub(crate) services: Vec<Service>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) edges: Vec<Edge>,
    pub(crate) entries: Vec<Entry>,
    /// Operations, callers before the called.
    order: Vec<usize>,
}

/// A workload that serves requests.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) workload: usize,
    pub(crate) name: &'static str,
    pub(crate) role: Role,
    pub(crate) rps: f64,
    /// CPU that its requests ask for, in cores.
    pub(crate) demand: f64,
    /// What its pods make of it in this tick.
    pub(crate) health: Health,
}

/// The state of a service's pods, as its requests feel it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Health {
    /// How many times longer than usual a request takes, on average over the pods.
    pub(crate) slow: f64,
    /// Variance of that between the pods.
    pub(crate) slow_variance: f64,
    /// Share of requests that fail by the service's own doing, beyond the usual.
    pub(crate) error: f64,
    /// Share of requests that meet no listening pod.
    pub(crate) unavailable: f64,
}

#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) service: usize,
    pub(crate) spec: OperationSpec,
    pub(crate) calls: Vec<Call>,
    pub(crate) rps: f64,
    /// Time in the service itself.
    pub(crate) own: Latency,
    /// Time until the answer, with all calls.
    pub(crate) total: Latency,
    pub(crate) own_error: f64,
    /// Share of requests answered with an error, for any reason.
    pub(crate) fail: f64,
}

#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) operation: usize,
    pub(crate) edge: usize,
    pub(crate) spec: CallSpec,
    /// As the caller sees one attempt.
    pub(crate) seen: Latency,
    pub(crate) timeouts: f64,
    /// Share of attempts that fail.
    pub(crate) fail: f64,
}

/// A pair of services that talk; `client` is `None` for the outside.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    pub(crate) client: Option<usize>,
    pub(crate) server: usize,
    pub(crate) database: bool,
    pub(crate) rps: f64,
    pub(crate) failed_rps: f64,
    pub(crate) server_time: Latency,
    pub(crate) client_time: Latency,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) operation: usize,
    pub(crate) edge: usize,
    pub(crate) load: Load,
    pub(crate) rps: f64,
}

impl Health {
    pub(crate) const GOOD: Self = Self {
        slow: 1.0,
        slow_variance: 0.0,
        error: 0.0,
        unavailable: 0.0,
    };
}

impl Graph {
    pub(crate) fn new(spec: &ClusterSpec) -> Self {
        let mut graph = Self::default();
        for (workload, item) in spec.workloads.iter().enumerate() {
            if item.operations.is_empty() {
                continue;
            }
            let service = graph.services.len();
            graph.services.push(Service {
                workload,
                name: item.name,
                role: item.role,
                rps: 0.0,
                demand: 0.0,
                health: Health::GOOD,
            });
            graph
                .operations
                .extend(item.operations.iter().map(|operation| Operation {
                    service,
                    spec: operation.clone(),
                    calls: Vec::new(),
                    rps: 0.0,
                    own: Latency::default(),
                    total: Latency::default(),
                    own_error: 0.0,
                    fail: 0.0,
                }));
        }
        graph.connect();
        for entry in &spec.entries {
            if let Some(operation) = graph.find(entry.service, entry.operation) {
                let edge = graph.edge(None, graph.operations[operation].service);
                let load = Load::new(entry.peak_rps, entry.shape);
                graph.entries.push(Entry {
                    operation,
                    edge,
                    load,
                    rps: 0.0,
                });
            }
        }
        graph.order = graph.callers_first();
        graph
    }

    pub(crate) fn service_of(&self, workload: usize) -> Option<usize> {
        self.services
            .iter()
            .position(|service| service.workload == workload)
    }

    pub(crate) fn is_database(&self, service: usize) -> bool {
        matches!(self.services[service].role, Role::Postgres | Role::Cache)
    }

    /// Sends the requests of the entries down the graph. Retries follow the failures of the tick
    /// before: nobody retries what has not failed yet.
    pub(crate) fn flow(&mut self) {
        for service in &mut self.services {
            (service.rps, service.demand) = (0.0, 0.0);
        }
        for operation in &mut self.operations {
            operation.rps = 0.0;
        }
        for entry in &self.entries {
            self.operations[entry.operation].rps += entry.rps;
        }
        for index in self.order.clone() {
            let rps = self.operations[index].rps;
            let spec = &self.operations[index].spec;
            let service = &mut self.services[self.operations[index].service];
            service.rps += rps;
            service.demand += rps * spec.cpu_ms / 1000.0;
            for call in 0..self.operations[index].calls.len() {
                let call = &self.operations[index].calls[call];
                let (to, attempts) = (call.operation, rps * call.attempts());
                self.operations[to].rps += attempts;
            }
        }
    }

    /// Works out times and failures from the called to the callers.
    pub(crate) fn answer(&mut self) {
        for index in self.order.clone().into_iter().rev() {
            let mut operation = self.operations[index].clone();
            for call in &mut operation.calls {
                let server = &self.operations[call.operation];
                let unavailable = self.services[server.service].health.unavailable;
                call.observe(server, unavailable);
            }
            operation.settle(&self.services[operation.service].health);
            self.operations[index] = operation;
        }
        self.sum_edges();
    }

    fn sum_edges(&mut self) {
        let mut server = vec![Mixture::default(); self.edges.len()];
        let mut client = server.clone();
        for edge in &mut self.edges {
            (edge.rps, edge.failed_rps) = (0.0, 0.0);
        }
        for operation in &self.operations {
            for call in &operation.calls {
                let rps = operation.rps * call.attempts();
                let edge = &mut self.edges[call.edge];
                edge.rps += rps;
                edge.failed_rps += rps * call.fail;
                server[call.edge].add(self.operations[call.operation].total, rps);
                client[call.edge].add(call.seen, rps);
            }
        }
        for entry in &self.entries {
            let operation = &self.operations[entry.operation];
            let edge = &mut self.edges[entry.edge];
            edge.rps += entry.rps;
            edge.failed_rps += entry.rps * operation.fail;
            server[entry.edge].add(operation.total, entry.rps);
            client[entry.edge].add(operation.total, entry.rps);
        }
        for (index, edge) in self.edges.iter_mut().enumerate() {
            edge.server_time = server[index].latency();
            edge.client_time = client[index].latency();
        }
    }

    fn connect(&mut self) {
        for index in 0..self.operations.len() {
            let caller = self.operations[index].service;
            for spec in self.operations[index].spec.calls.clone() {
                if let Some(operation) = self.find(spec.service, spec.operation) {
                    let edge = self.edge(Some(caller), self.operations[operation].service);
                    self.operations[index].calls.push(Call {
                        operation,
                        edge,
                        spec,
                        seen: Latency::default(),
                        timeouts: 0.0,
                        fail: 0.0,
                    });
                }
            }
        }
    }

    fn edge(&mut self, client: Option<usize>, server: usize) -> usize {
        let known = self
            .edges
            .iter()
            .position(|e| e.client == client && e.server == server);
        known.unwrap_or_else(|| {
            self.edges.push(Edge {
                client,
                server,
                database: self.is_database(server),
                rps: 0.0,
                failed_rps: 0.0,
                server_time: Latency::default(),
                client_time: Latency::default(),
            });
            self.edges.len() - 1
        })
    }

    fn find(&self, service: &str, operation: &str) -> Option<usize> {
        self.operations.iter().position(|item| {
            self.services[item.service].name == service && item.spec.name == operation
        })
    }

    /// A topological order (Kahn). Operations in a cycle would be left out; a test sees to it
    /// that there are none.
    fn callers_first(&self) -> Vec<usize> {
        let mut callers = vec![0_usize; self.operations.len()];
        for call in self
            .operations
            .iter()
            .flat_map(|operation| &operation.calls)
        {
            callers[call.operation] += 1;
        }
        let mut order: Vec<usize> = (0..self.operations.len())
            .filter(|&index| callers[index] == 0)
            .collect();
        let mut next = 0;
        while let Some(&index) = order.get(next) {
            next += 1;
            for call in &self.operations[index].calls {
                callers[call.operation] -= 1;
                if callers[call.operation] == 0 {
                    order.push(call.operation);
                }
            }
        }
        order
    }
}

impl Call {
    /// Attempts for each request of the caller.
    pub(crate) fn attempts(&self) -> f64 {
        self.spec.times
            * if self.spec.retry {
                1.0 + self.fail
            } else {
                1.0
            }
    }

    fn observe(&mut self, server: &Operation, unavailable: f64) {
        let (seen, timeouts) = server.total.given_up_after(self.spec.timeout_ms / 1000.0);
        self.seen = seen;
        self.timeouts = timeouts;
        self.fail = 1.0 - (1.0 - unavailable) * (1.0 - timeouts) * (1.0 - server.fail);
    }

    /// The chance that a request is without this call's answer, after the retry.
    pub(crate) fn lost(&self) -> f64 {
        let one = if self.spec.retry {
            self.fail.powi(2)
        } else {
            self.fail
        };
        1.0 - (1.0 - one).powf(self.spec.times)
    }
}

impl Operation {
    fn settle(&mut self, health: &Health) {
        let mean = self.spec.own_ms / 1000.0 * health.slow;
        let between = (self.spec.own_ms / 1000.0).powi(2) * health.slow_variance;
        let within = Latency::new(mean, OWN_DEVIATION);
        self.own = Latency {
            mean,
            variance: within.variance + between,
        };
        self.own_error = 1.0 - (1.0 - self.spec.base_error) * (1.0 - health.error);
        let mut good = 1.0 - self.own_error;
        self.total = self.own;
        for call in &self.calls {
            self.total = self.total.then(call.seen.times(call.attempts()));
            if call.spec.critical {
                good *= 1.0 - call.lost();
            }
        }
        self.fail = 1.0 - good;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::topology;

    fn graph() -> Graph {
        let mut graph = Graph::new(&topology::shop::spec());
        for entry in &mut graph.entries {
            entry.rps = 10.0;
        }
        graph.flow();
        graph.answer();
        graph
    }

    #[test]
    fn no_cluster_has_a_cycle_or_a_call_to_nobody() {
        for spec in [
            topology::shop::spec(),
            topology::train::spec(),
            topology::edge::spec(),
        ] {
            let graph = Graph::new(&spec);
            assert_eq!(graph.order.len(), graph.operations.len(), "{}", spec.name);
            assert_eq!(graph.entries.len(), spec.entries.len());
            for operation in &graph.operations {
                assert_eq!(operation.calls.len(), operation.spec.calls.len());
            }
        }
    }

    #[test]
    fn a_caller_is_slower_than_what_it_calls() {
        let graph = graph();
        for operation in &graph.operations {
            for call in operation.calls.iter().filter(|call| call.spec.times >= 1.0) {
                assert!(operation.total.mean > graph.operations[call.operation].total.mean);
            }
        }
    }

    #[test]
    fn a_broken_payment_breaks_checkout_and_leaves_the_catalogue_alone() {
        let mut graph = graph();
        let payment = graph
            .services
            .iter()
            .position(|s| s.name == "payment")
            .expect("there");
        graph.services[payment].health.error = 0.3;
        graph.answer();
        let checkout = graph.find("frontend", "POST /checkout").expect("there");
        let product = graph.find("frontend", "GET /product/{id}").expect("there");
        assert!(graph.operations[checkout].fail > 0.29);
        assert!(graph.operations[product].fail < 0.01);
    }

    #[test]
    fn an_optional_call_that_fails_is_only_felt_on_its_edge() {
        let mut graph = graph();
        let optional = graph
            .services
            .iter()
            .position(|s| s.name == "recommendation");
        graph.services[optional.expect("there")].health.unavailable = 1.0;
        graph.answer();
        let product = graph.find("frontend", "GET /product/{id}").expect("there");
        assert!(graph.operations[product].fail < 0.01);
        assert!(graph.edges.iter().any(|edge| edge.failed_rps > 9.0));
    }
}
