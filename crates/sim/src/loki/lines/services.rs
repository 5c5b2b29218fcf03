//! Lines of services: a few of the good requests, and more of the bad ones the more there are.

use super::Said;
use super::format::{self, Field};
use crate::history::{History, Life, Moment, PodMoment};
use crate::tempo::{defect, unit_out};
use crate::traces::{Failure, Kind, Span, Trace, TraceId};
use crate::world::dice::Roll;
use crate::world::happening::Level;
use crate::world::latency::Latency;
use crate::world::services::Call;
use crate::world::time::TICK_SECONDS;
use crate::world::topology::Role;

/// A busy pod logs a sample of its requests: some 60 lines a tick if all of them failed.
const LINES: f64 = 60.0;
/// Lines of one kind in a tick at most.
const MOST: u32 = 40;

/// A pod of a service in a tick.
pub(super) struct Place<'a> {
    pub(super) history: &'a History,
    pub(super) moment: &'a Moment,
    pub(super) life: &'a Life,
    pub(super) pod: &'a PodMoment,
}

/// What went wrong with a call.
#[derive(Clone, Copy)]
enum Trouble {
    Timeout,
    Refused,
    Answer,
}

impl Place<'_> {
    pub(super) fn lines(&self, traces: &[Trace], roll: &mut Roll) -> Vec<Said> {
        if !self.pod.ready {
            return Vec::new();
        }
        let mut said = Vec::new();
        for trace in traces {
            for span in trace
                .spans
                .iter()
                .filter(|span| span.pod == Some(self.pod.id))
            {
                said.extend(self.of_span(trace.id, span));
            }
        }
        let graph = &self.history.graph;
        let operations = (0..graph.operations.len()).filter(|&index| {
            graph.services[graph.operations[index].service].workload == self.life.workload
        });
        for operation in operations {
            self.good(operation, roll, &mut said);
            self.own_errors(operation, roll, &mut said);
            self.lost_calls(operation, roll, &mut said);
        }
        said
    }

    /// A failed span of a kept trace is logged with its ids.
    fn of_span(&self, trace: TraceId, span: &Span) -> Option<Said> {
        let failure = span.failure?;
        let at = (span.end - self.moment.tick.nanos()) as f64 / 1e9;
        let at = at.min(-0.001);
        let mut said = match (failure, span.kind) {
            (Failure::Own | Failure::Unit(_), Kind::Server) => self.own_error(span.operation, at),
            (_, Kind::Server) => return None,
            (Failure::Timeout, _) => self.lost_call(span.operation, Trouble::Timeout, at),
            (Failure::Refused, _) => self.lost_call(span.operation, Trouble::Refused, at),
            (_, _) => self.lost_call(span.operation, Trouble::Answer, at),
        };
        said.trace = Some((trace, span.id));
        Some(said)
    }

    fn good(&self, operation: usize, roll: &mut Roll, said: &mut Vec<Said>) {
        let numbers = self.moment.operations[operation];
        let latency = Latency {
            mean: f64::from(numbers.mean),
            variance: f64::from(numbers.variance),
        };
        let name = self.history.graph.operations[operation].spec.name;
        for _ in 0..2 {
            let at = roll.range(-TICK_SECONDS, 0.0);
            let seconds = latency.distribution().at(roll.gauss());
            let fields = [
                ("route", Field::Text(name.to_owned())),
                ("status", Field::Number(200)),
                (
                    "duration_ms",
                    Field::Number((seconds * 1000.0).round() as i64),
                ),
            ];
            said.push(self.say(at, Level::Info, "request served", &fields));
        }
    }

    fn own_errors(&self, operation: usize, roll: &mut Roll, said: &mut Vec<Said>) {
        let numbers = self.moment.operations[operation];
        let share = f64::from(numbers.own_error) + self.life.error - self.mean_error();
        let count = self.count(operation, share.clamp(0.0, 1.0), roll);
        for _ in 0..count {
            said.push(self.own_error(operation, roll.range(-TICK_SECONDS, 0.0)));
        }
    }

    fn lost_calls(&self, operation: usize, roll: &mut Roll, said: &mut Vec<Said>) {
        for call in &self.history.graph.operations[operation].calls {
            let (timeouts, refused, answer) = self.failures(call);
            let kinds = [
                (Trouble::Timeout, timeouts),
                (Trouble::Refused, refused),
                (Trouble::Answer, answer),
            ];
            for (trouble, share) in kinds {
                let count = self.count(operation, share * call.spec.times, roll);
                for _ in 0..count {
                    let at = roll.range(-TICK_SECONDS, 0.0);
                    said.push(self.lost_call(call.operation, trouble, at));
                }
            }
        }
    }

    fn own_error(&self, operation: usize, at: f64) -> Said {
        let name = self.history.graph.operations[operation].spec.name;
        let (exception, message) = match self.moment.late.first().filter(|_| self.fails_for_units())
        {
            Some(cell) => unit_out(self.history.workloads[cell.0].name),
            None => defect(name, self.life.error > 0.0),
        };
        let fields = [
            ("route", Field::Text(name.to_owned())),
            ("status", Field::Number(500)),
            ("exception", Field::Text(exception.to_owned())),
            ("error", Field::Text(message)),
            ("version", Field::Text(self.life.version.clone())),
        ];
        self.say(at, Level::Error, "request failed", &fields)
    }

    fn fails_for_units(&self) -> bool {
        let role = self.history.workloads[self.life.workload].role;
        role == Role::CentralUnit && self.life.error <= 0.0
    }

    fn lost_call(&self, operation: usize, trouble: Trouble, at: f64) -> Said {
        let graph = &self.history.graph;
        let peer = graph.services[graph.operations[operation].service].name;
        let error = match trouble {
            Trouble::Timeout => "context deadline exceeded".to_owned(),
            Trouble::Refused => format!("dial tcp: {peer}: connect: connection refused"),
            Trouble::Answer => format!("{peer} answered with an error"),
        };
        let fields = [
            ("peer", Field::Text(peer.to_owned())),
            (
                "call",
                Field::Text(graph.operations[operation].spec.name.to_owned()),
            ),
            ("error", Field::Text(error)),
        ];
        self.say(at, Level::Error, "upstream call failed", &fields)
    }

    fn say(&self, at: f64, level: Level, message: &str, fields: &[(&str, Field)]) -> Said {
        let time = (self.moment.tick, at);
        let line = format::line(self.history.cluster, time, level, message, fields);
        Said {
            at,
            level,
            line,
            trace: None,
        }
    }

    /// How many lines such a share of this pod's requests makes.
    fn count(&self, operation: usize, share: f64, roll: &mut Roll) -> u32 {
        let all: f32 = self.of_service(operation);
        let rps = f64::from(self.pod.rps);
        let part = f64::from(self.moment.operations[operation].rps) / f64::from(all).max(0.01);
        let sampled = (LINES / (rps * TICK_SECONDS).max(1.0)).min(1.0);
        let expected = rps * part * TICK_SECONDS * share * sampled;
        ((expected + roll.unit()).floor() as u32).min(MOST)
    }

    /// Requests a second of the service that this operation belongs to.
    fn of_service(&self, operation: usize) -> f32 {
        let operations = &self.history.graph.operations;
        let service = operations[operation].service;
        let same = (0..operations.len()).filter(|&index| operations[index].service == service);
        same.map(|index| self.moment.operations[index].rps).sum()
    }

    /// What the versions of all pods of this workload fail, on average.
    fn mean_error(&self) -> f64 {
        let peers = self
            .moment
            .pods
            .iter()
            .filter(|pod| pod.ready && pod.workload == self.pod.workload);
        let errors: Vec<f64> = peers
            .map(|pod| {
                self.history
                    .lives
                    .get(&pod.id)
                    .map_or(0.0, |life| life.error)
            })
            .collect();
        errors.iter().sum::<f64>() / errors.len().max(1) as f64
    }

    /// Shares of a call's attempts that time out, are refused, or are answered with an error.
    fn failures(&self, call: &Call) -> (f64, f64, f64) {
        let server = self.moment.operations[call.operation];
        let service = self.history.graph.operations[call.operation].service;
        let latency = Latency {
            mean: f64::from(server.mean),
            variance: f64::from(server.variance),
        };
        let (_, timeouts) = latency.given_up_after(call.spec.timeout_ms / 1000.0);
        (
            timeouts,
            f64::from(self.moment.unavailable[service]),
            f64::from(server.fail),
        )
    }
}
