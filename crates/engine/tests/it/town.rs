//! A small town of services, nodes and devices in which things go wrong: what the engine is given of
//! it, with noise, daily load and innocent changes.
//!
//! Latency and failures come up the call graph by arithmetic, not by script: a service takes its own
//! time, made longer by its own trouble and its nodes', and the time of what it calls.

mod devices;
mod services;

use std::collections::BTreeMap;

use fleetscope_engine::{CitedChange, CitedEvent, Input, LogPattern, Signal, TraceSample};
use fleetscope_model::{
    Change, ChangeKind, ClusterId, Direction, Edge, EdgeKind, Entity, EntityKind, EvidenceId,
    KubernetesEvent, Labels, Resource, Sample, Sensitivity, Series, SignalRole, Topology,
};
use jiff::Timestamp;
use rand::rngs::SmallRng;

use crate::build::{MINUTE, cluster, gauss, last, minutes, now, random};

pub(crate) use self::services::SERVICES;

/// Minutes of samples; the last hour is the window.
pub(crate) const LENGTH: usize = 9 * 60;

/// What a signal is, without its values.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    name: &'static str,
    role: SignalRole,
    resource: Option<Resource>,
    unit: &'static str,
    direction: Direction,
    least: f64,
    symptom: bool,
}

impl Kind {
    pub(crate) const fn new(
        name: &'static str,
        role: SignalRole,
        unit: &'static str,
        least: f64,
    ) -> Self {
        Self {
            name,
            role,
            resource: None,
            unit,
            direction: Direction::Up,
            least,
            symptom: false,
        }
    }

    pub(crate) const fn of(mut self, resource: Resource) -> Self {
        self.resource = Some(resource);
        self
    }

    pub(crate) const fn both(mut self) -> Self {
        self.direction = Direction::Both;
        self
    }

    pub(crate) const fn down(mut self) -> Self {
        self.direction = Direction::Down;
        self
    }

    pub(crate) const fn felt(mut self) -> Self {
        self.symptom = true;
        self
    }
}

/// The town in one run.
pub(crate) struct Town {
    pub(crate) random: SmallRng,
    pub(crate) input: Input,
    /// Per service and minute: how many times longer its own work takes.
    pub(crate) slow: BTreeMap<&'static str, Vec<f64>>,
    /// Share of requests that fail by its own doing.
    pub(crate) fails: BTreeMap<&'static str, Vec<f64>>,
    /// Memory as a share of the limit, beyond the usual.
    pub(crate) leaked: BTreeMap<&'static str, Vec<f64>>,
    /// CPU in cores that a node loses to something that is no measured workload.
    pub(crate) hog: Vec<Vec<f64>>,
    /// How many times as many requests as its callers account for.
    pub(crate) asked: BTreeMap<&'static str, Vec<f64>>,
    /// How many times as much CPU as its requests account for.
    pub(crate) works: BTreeMap<&'static str, Vec<f64>>,
    /// How many times noisier than usual everything is.
    pub(crate) noise: f64,
    evidence: u32,
}

impl Town {
    pub(crate) fn new(seed: u64) -> Self {
        let per_service = |value: f64| {
            SERVICES
                .iter()
                .map(|service| (service.name, vec![value; LENGTH]))
                .collect()
        };
        Self {
            random: random(seed),
            input: empty(),
            slow: per_service(1.0),
            fails: per_service(0.0),
            leaked: per_service(0.0),
            hog: vec![vec![0.0; LENGTH]; 4],
            asked: per_service(1.0),
            works: per_service(1.0),
            noise: 1.0,
            evidence: 0,
        }
    }

    pub(crate) fn workload(name: &str) -> Entity {
        Entity::new(cluster(1), EntityKind::Workload, name).in_namespace("town")
    }

    pub(crate) fn node(number: usize) -> Entity {
        Entity::new(cluster(1), EntityKind::Node, format!("node-{number}"))
    }

    pub(crate) fn cite(&mut self) -> EvidenceId {
        self.evidence += 1;
        EvidenceId(format!("ev-{:016x}", self.evidence))
    }

    /// Adds a series with relative noise.
    pub(crate) fn series(&mut self, entity: Entity, kind: Kind, values: &[f64], noise: f64) {
        let end = now().as_millisecond();
        let count = values.len();
        let samples = values
            .iter()
            .enumerate()
            .map(|(i, value)| Sample {
                at_ms: end - (count - 1 - i) as i64 * MINUTE,
                value: value * (1.0 + noise * self.noise * gauss(&mut self.random)),
            })
            .collect();
        let evidence = self.cite();
        self.input.signals.push(Signal {
            entity,
            name: kind.name.to_owned(),
            role: kind.role,
            resource: kind.resource,
            unit: kind.unit.to_owned(),
            direction: kind.direction,
            least_deviation: kind.least,
            symptom: kind.symptom,
            sensitivity: Sensitivity::Medium,
            series: Series {
                labels: Labels::new(),
                samples,
            },
            evidence,
        });
    }

    pub(crate) fn edge(&mut self, from: &Entity, to: &Entity, kind: EdgeKind) {
        let edge = Edge {
            from: from.clone(),
            to: to.clone(),
            kind,
        };
        self.input.topology.edges.push(edge);
    }

    /// A rollout so many minutes ago.
    pub(crate) fn rollout(&mut self, name: &str, ago: i64, revision: u32) {
        let evidence = self.cite();
        let change = Change {
            entity: Self::workload(name),
            kind: ChangeKind::Rollout,
            at: at(ago),
            revision: Some(revision.to_string()),
            summary: format!("revision {revision}: image town/{name}:1.{revision}"),
        };
        self.input.changes.push(CitedChange {
            change,
            evidence,
            content: None,
        });
    }

    pub(crate) fn warn(&mut self, entity: Entity, ago: i64, reason: &str, message: &str) {
        let evidence = self.cite();
        let event = KubernetesEvent {
            entity,
            severity: "Warning".to_owned(),
            reason: reason.to_owned(),
            message: message.to_owned(),
            count: 1,
            first_at: at(ago),
            last_at: at(ago),
        };
        self.input.events.push(CitedEvent { event, evidence });
    }

    pub(crate) fn log(&mut self, name: &str, ago: i64, count: u32, line: &str) {
        let evidence = self.cite();
        self.input.logs.push(LogPattern {
            entity: Self::workload(name),
            template: line.to_owned(),
            count,
            first_at: at(ago),
            example: line.to_owned(),
            evidence,
        });
    }

    pub(crate) fn trace(&mut self, name: &str, ago: i64, failing: u32) {
        let evidence = self.cite();
        self.input.traces.push(TraceSample {
            entity: Self::workload(name),
            failing,
            example: "4bf92f3577b34da6a3ce929d0e0e4736".to_owned(),
            first_at: at(ago),
            detail: None,
            peer: None,
            evidence,
        });
    }

    /// The input, with everything measured.
    pub(crate) fn finish(mut self) -> Input {
        self.measure_services();
        self.input.topology.edges.sort();
        self.input.topology.edges.dedup();
        self.input.changes.sort_by_key(|cited| cited.change.at);
        self.input
    }
}

/// So many minutes ago.
pub(crate) fn at(ago: i64) -> Timestamp {
    now().checked_sub(minutes(ago)).unwrap()
}

/// The index of the sample so many minutes ago.
pub(crate) fn index(ago: i64) -> usize {
    LENGTH - 1 - ago as usize
}

/// Values that are `before` until so many minutes ago and then move to `after` within `ramp`
/// minutes.
pub(crate) fn shifted(before: f64, after: f64, ago: i64, ramp: i64) -> Vec<f64> {
    (0..LENGTH)
        .map(|i| {
            let since = i as f64 - index(ago) as f64;
            let share = if ramp == 0 {
                f64::from(u8::from(since >= 0.0))
            } else {
                (since / ramp as f64).clamp(0.0, 1.0)
            };
            before + (after - before) * share
        })
        .collect()
}

/// The mean of the last five, as a rate over five minutes shows it.
pub(crate) fn smoothed(values: &[f64]) -> Vec<f64> {
    (0..values.len())
        .map(|i| {
            let window = &values[i.saturating_sub(4)..=i];
            window.iter().sum::<f64>() / window.len() as f64
        })
        .collect()
}

fn empty() -> Input {
    Input {
        reference_time: now(),
        window: last(60),
        clusters: BTreeMap::<ClusterId, String>::from([(cluster(1), "town".to_owned())]),
        alarms: Vec::new(),
        signals: Vec::new(),
        topology: Topology::default(),
        changes: Vec::new(),
        events: Vec::new(),
        logs: Vec::new(),
        traces: Vec::new(),
        alerts: Vec::new(),
        conduct: Vec::new(),
        gaps: Vec::new(),
    }
}
