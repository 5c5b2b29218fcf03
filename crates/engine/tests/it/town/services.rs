//! The services of the town, their nodes and their database.

use std::collections::BTreeMap;

use fleetscope_model::{EdgeKind, Resource, SignalRole};

use super::{Kind, LENGTH, Town, shifted, smoothed};
use crate::build::gauss;

/// A service: its own time in seconds, what it calls, and the nodes of its pods.
pub(crate) struct Service {
    pub(crate) name: &'static str,
    own: f64,
    calls: &'static [&'static str],
    pub(crate) nodes: &'static [usize],
    pub(crate) database: bool,
}

/// Callers after what they call.
pub(crate) const SERVICES: &[Service] = &[
    Service {
        name: "records",
        own: 0.006,
        calls: &[],
        nodes: &[3],
        database: true,
    },
    Service {
        name: "sessions",
        own: 0.002,
        calls: &[],
        nodes: &[2],
        database: true,
    },
    Service {
        name: "quotes",
        own: 0.030,
        calls: &[],
        nodes: &[0, 2],
        database: false,
    },
    Service {
        name: "basket",
        own: 0.015,
        calls: &["sessions"],
        nodes: &[1, 2],
        database: false,
    },
    Service {
        name: "search",
        own: 0.025,
        calls: &["records"],
        nodes: &[0, 1],
        database: false,
    },
    Service {
        name: "billing",
        own: 0.060,
        calls: &["records"],
        nodes: &[1, 3],
        database: false,
    },
    Service {
        name: "orders",
        own: 0.040,
        calls: &["basket", "billing", "quotes", "records"],
        nodes: &[0, 2],
        database: false,
    },
    Service {
        name: "front",
        own: 0.020,
        calls: &["search", "basket", "orders"],
        nodes: &[0, 1, 3],
        database: false,
    },
];

const LATENCY: Kind = Kind::new("request latency p95", SignalRole::Latency, "seconds", 0.02).felt();
const ERRORS: Kind = Kind::new("request error ratio", SignalRole::Errors, "ratio", 0.02).felt();
const RATE: Kind = Kind::new("request rate", SignalRole::Traffic, "1/s", 1.0).both();
const CPU: Kind = Kind::new("CPU usage", SignalRole::Resource, "cores", 0.1).of(Resource::Cpu);
const MEMORY: Kind =
    Kind::new("memory share of limit", SignalRole::Resource, "ratio", 0.08).of(Resource::Memory);
const CONNECTIONS: Kind = Kind::new("active connections", SignalRole::Saturation, "count", 4.0);
const NODE_CPU: Kind =
    Kind::new("node CPU busy", SignalRole::Resource, "ratio", 0.15).of(Resource::Cpu);
const READS: Kind = Kind::new("blocks read", SignalRole::Resource, "1/s", 100.0).of(Resource::Disk);
const LOAD: Kind = Kind::new("node load per CPU", SignalRole::Saturation, "tasks", 0.5);
const PRESSURE: Kind =
    Kind::new("node CPU pressure", SignalRole::Saturation, "ratio", 0.1).of(Resource::Cpu);

/// Cores of a node.
const CORES: f64 = 4.0;

/// What happens in a service minute by minute.
struct Flow {
    rate: Vec<f64>,
    latency: Vec<f64>,
    errors: Vec<f64>,
    cpu: Vec<f64>,
}

impl Town {
    /// Adds every service's and node's series and the edges between them.
    pub(super) fn measure_services(&mut self) {
        let rates = self.rates();
        let cpu: BTreeMap<&str, Vec<f64>> = SERVICES
            .iter()
            .map(|s| {
                (
                    s.name,
                    rates[s.name]
                        .iter()
                        .zip(&self.works[s.name])
                        .map(|(r, works)| (0.05 + r * 0.004) * works)
                        .collect(),
                )
            })
            .collect();
        let busy = self.busy(&cpu);
        let flows = self.flows(&rates, &cpu, &busy);
        for service in SERVICES {
            self.measure(service, &flows[service.name]);
        }
        for (number, busy) in busy.iter().enumerate() {
            let used: Vec<f64> = busy.iter().map(|b| b.min(0.99)).collect();
            let waiting: Vec<f64> = busy.iter().map(|b| 0.02 + (b - 0.7).max(0.0)).collect();
            self.series(Self::node(number), NODE_CPU, &smoothed(&used), 0.05);
            self.series(Self::node(number), PRESSURE, &smoothed(&waiting), 0.1);
        }
    }

    /// A workload on a node whose CPU use explains what the node loses.
    pub(crate) fn batch(&mut self, node: usize, ago: i64) {
        let entity = Self::workload("batch");
        let used = smoothed(&shifted(0.2, 4.2, ago, 1));
        self.series(entity.clone(), CPU, &used, 0.04);
        self.edge(&entity, &Self::node(node), EdgeKind::RunsOn);
    }

    /// What a database reads from its disk: a backup, for so many minutes now.
    pub(crate) fn backup(&mut self, name: &str, ago: i64) {
        let blocks = shifted(5.0, 2500.0, ago, 1);
        self.series(Self::workload(name), READS, &blocks, 0.05);
    }

    /// The tasks that run or wait on a node for each CPU, as far as its hog makes them.
    pub(crate) fn load(&mut self, node: usize) {
        let tasks: Vec<f64> = self.hog[node].iter().map(|h| 0.2 + h / CORES).collect();
        self.series(Self::node(node), LOAD, &tasks, 0.05);
    }

    /// Requests a second: a daily curve at the front, fewer of them further down, fewer still where
    /// the caller fails before it calls.
    fn rates(&mut self) -> BTreeMap<&'static str, Vec<f64>> {
        let mut rates: BTreeMap<&'static str, Vec<f64>> = BTreeMap::new();
        let mut wander = 0.0;
        let front = (0..LENGTH)
            .map(|i| {
                wander = 0.95 * wander + 0.01 * gauss(&mut self.random);
                let hour = i as f64 / 60.0 + 3.0;
                let day = 1.0 - 0.5 * (std::f64::consts::TAU * hour / 24.0).cos();
                80.0 * day * (1.0 + wander)
            })
            .collect();
        rates.insert("front", front);
        for service in SERVICES.iter().rev() {
            let rate = rates
                .get(service.name)
                .cloned()
                .unwrap_or_else(|| vec![0.0; LENGTH]);
            for called in service.calls {
                let share = 1.0 / service.calls.len() as f64;
                let onto = rates.entry(called).or_insert_with(|| vec![0.0; LENGTH]);
                for (i, onto) in onto.iter_mut().enumerate() {
                    *onto += rate[i] * share * (1.0 - self.fails[service.name][i]);
                }
            }
        }
        for (name, rate) in &mut rates {
            for (rate, times) in rate.iter_mut().zip(&self.asked[name]) {
                *rate *= times;
            }
        }
        rates
    }

    /// How busy the nodes are; more than 1 means that work waits.
    fn busy(&self, cpu: &BTreeMap<&str, Vec<f64>>) -> Vec<Vec<f64>> {
        (0..self.hog.len())
            .map(|number| {
                (0..LENGTH)
                    .map(|i| {
                        let here = SERVICES.iter().filter(|s| s.nodes.contains(&number));
                        let used: f64 = here.map(|s| cpu[s.name][i] / s.nodes.len() as f64).sum();
                        (used + 0.4 + self.hog[number][i]) / CORES
                    })
                    .collect()
            })
            .collect()
    }

    fn flows(
        &self,
        rates: &BTreeMap<&'static str, Vec<f64>>,
        cpu: &BTreeMap<&str, Vec<f64>>,
        busy: &[Vec<f64>],
    ) -> BTreeMap<&'static str, Flow> {
        let mut flows: BTreeMap<&'static str, Flow> = BTreeMap::new();
        for service in SERVICES {
            let called = || service.calls.iter().map(|called| &flows[called]);
            let latency: Vec<f64> = (0..LENGTH)
                .map(|i| {
                    let worst = service
                        .nodes
                        .iter()
                        .map(|n| busy[*n][i])
                        .fold(0.0, f64::max);
                    let crowded = 1.0 + 4.0 * (worst - 0.85).max(0.0);
                    let own = 2.0 * service.own * self.slow[service.name][i] * crowded;
                    own + called().map(|c| 0.9 * c.latency[i]).sum::<f64>()
                })
                .collect();
            let errors: Vec<f64> = (0..LENGTH)
                .map(|i| {
                    let below: f64 = called().map(|c| c.errors[i]).sum();
                    (0.001 + self.fails[service.name][i] + below).min(1.0)
                })
                .collect();
            let (rate, cpu) = (rates[service.name].clone(), cpu[service.name].clone());
            flows.insert(
                service.name,
                Flow {
                    rate,
                    latency,
                    errors,
                    cpu,
                },
            );
        }
        flows
    }

    fn measure(&mut self, service: &Service, flow: &Flow) {
        let entity = Self::workload(service.name);
        self.series(entity.clone(), LATENCY, &smoothed(&flow.latency), 0.04);
        self.series(entity.clone(), ERRORS, &smoothed(&flow.errors), 0.2);
        self.series(entity.clone(), RATE, &smoothed(&flow.rate), 0.02);
        self.series(entity.clone(), CPU, &smoothed(&flow.cpu), 0.04);
        let memory: Vec<f64> = self.leaked[service.name]
            .iter()
            .map(|more| (0.45 + more).min(1.0))
            .collect();
        self.series(entity.clone(), MEMORY, &memory, 0.01);
        if service.database {
            let open: Vec<f64> = (0..LENGTH)
                .map(|i| 1.0 + flow.rate[i] * flow.latency[i])
                .collect();
            self.series(entity.clone(), CONNECTIONS, &open, 0.1);
        }
        for called in service.calls {
            self.edge(&entity, &Self::workload(called), EdgeKind::Calls);
        }
        for (number, node) in service.nodes.iter().enumerate() {
            let pod = fleetscope_model::Entity::new(
                entity.cluster,
                fleetscope_model::EntityKind::Pod,
                format!("{}-{number}", service.name),
            )
            .in_namespace("town");
            self.edge(&entity, &pod, EdgeKind::Owns);
            self.edge(&pod, &Self::node(*node), EdgeKind::RunsOn);
        }
    }
}
