//! One request, drawn step by step.

use super::id::Place;
use super::{Failure, Kind, Span, Trace, TraceId};
use crate::history::{History, Moment, PodMoment};
use crate::world::dice::Roll;
use crate::world::latency::Latency;
use crate::world::pods::PodId;
use crate::world::services::Call;
use crate::world::time::TICK_SECONDS;
use crate::world::topology::Role;

/// What the network and the libraries add to a call, one way.
const WIRE_SECONDS: f64 = 0.0004;
/// How long a refused connection takes to be refused.
const REFUSED_SECONDS: f64 = 0.002;

pub(super) fn trace(history: &History, moment: &Moment, entry: u32, number: u32) -> Trace {
    let place = Place {
        tick: moment.tick.0,
        entry,
        number,
    };
    let id = TraceId::new(history.dice, place);
    let mut roll = history
        .dice
        .part("trace")
        .at2(moment.tick.0, i64::from(entry << 16 | number));
    // The numbers of a tick are those of the half minute before it.
    let start = roll.range(-TICK_SECONDS, 0.0);
    let mut drawing = Drawing {
        history,
        moment,
        roll,
        spans: Vec::new(),
    };
    let operation = history.graph.entries[entry as usize].operation;
    drawing.serve(operation, None, start);
    Trace {
        id,
        spans: drawing.spans,
    }
}

struct Drawing<'a> {
    history: &'a History,
    moment: &'a Moment,
    roll: Roll,
    spans: Vec<Span>,
}

/// How a step came out: when it ended, in seconds from the tick, and whether it failed.
struct Outcome {
    end: f64,
    failed: bool,
}

impl Drawing<'_> {
    /// A request at a service: its own work around what it calls.
    fn serve(&mut self, operation: usize, parent: Option<u64>, start: f64) -> Outcome {
        let item = &self.history.graph.operations[operation];
        let pod = self.pod_of(self.history.graph.services[item.service].workload);
        let own = self.own_seconds(operation, pod);
        let fails = self.roll.chance(self.own_error(operation, pod));
        let position = self.open(
            operation,
            Kind::Server,
            parent,
            pod.map(|pod| pod.id),
            start,
        );
        let id = self.spans[position].id;
        let share = own / (item.calls.len() as f64 + 1.0);
        let mut now = start;
        let mut failure = None;
        for call in &item.calls {
            now += share;
            if !self.call_all(call, operation, pod.map(|pod| pod.id), id, &mut now) {
                failure = Some(Failure::Downstream);
                break;
            }
        }
        now += share;
        if fails && failure.is_none() {
            failure = Some(self.own_failure(operation, pod));
        }
        self.close(position, now, failure);
        Outcome {
            end: now,
            failed: failure.is_some(),
        }
    }

    /// All calls of one kind. Says whether the request can go on.
    fn call_all(
        &mut self,
        call: &Call,
        caller: usize,
        pod: Option<PodId>,
        parent: u64,
        now: &mut f64,
    ) -> bool {
        let whole = call.spec.times.floor();
        let more = self.roll.chance(call.spec.times - whole);
        for _ in 0..whole as u32 + u32::from(more) {
            let mut failed = self.call(call, caller, pod, parent, now);
            if failed && call.spec.retry {
                failed = self.call(call, caller, pod, parent, now);
            }
            if failed && call.spec.critical {
                return false;
            }
        }
        true
    }

    /// One attempt. Says whether it failed.
    fn call(
        &mut self,
        call: &Call,
        caller: usize,
        pod: Option<PodId>,
        parent: u64,
        now: &mut f64,
    ) -> bool {
        let graph = &self.history.graph;
        let server = graph.operations[call.operation].service;
        let database = graph.is_database(server);
        let kind = if database {
            Kind::Statement
        } else {
            Kind::Client
        };
        let position = self.open(call.operation, kind, Some(parent), pod, *now);
        self.spans[position].service = graph.operations[caller].service;
        if self.roll.chance(f64::from(self.moment.unavailable[server])) {
            *now += REFUSED_SECONDS;
            self.close(position, *now, Some(Failure::Refused));
            return true;
        }
        let outcome = if database {
            let seconds = self.own_seconds(call.operation, None);
            let failed = self.roll.chance(self.own_error(call.operation, None));
            Outcome {
                end: *now + seconds + WIRE_SECONDS,
                failed,
            }
        } else {
            let id = self.spans[position].id;
            let answer = self.serve(call.operation, Some(id), *now + WIRE_SECONDS);
            Outcome {
                end: answer.end + WIRE_SECONDS,
                ..answer
            }
        };
        let limit = *now + call.spec.timeout_ms / 1000.0;
        let failure = if outcome.end > limit {
            Some(Failure::Timeout)
        } else {
            outcome.failed.then_some(Failure::Downstream)
        };
        *now = outcome.end.min(limit);
        self.close(position, *now, failure);
        failure.is_some()
    }

    fn pod_of(&mut self, workload: usize) -> Option<PodMoment> {
        let pods: Vec<PodMoment> = self.of(workload).copied().collect();
        self.roll.pick(&pods).copied()
    }

    fn of(&self, workload: usize) -> impl Iterator<Item = &PodMoment> {
        self.moment
            .pods
            .iter()
            .filter(move |pod| pod.ready && pod.workload as usize == workload)
    }

    fn own_seconds(&mut self, operation: usize, pod: Option<PodMoment>) -> f64 {
        let numbers = self.moment.operations[operation];
        let mut latency = Latency {
            mean: f64::from(numbers.own_mean),
            variance: f64::from(numbers.own_variance),
        };
        if let Some(pod) = pod {
            let (sum, count) = self
                .of(pod.workload as usize)
                .fold((0.0, 0.0), |(sum, count), pod| {
                    (sum + f64::from(pod.slow), count + 1.0)
                });
            let mean = latency.mean * f64::from(pod.slow) * count / f64::max(sum, 0.01);
            latency = Latency::new(mean, 0.45);
        }
        let deviate = self.roll.gauss();
        latency.distribution().at(deviate)
    }

    fn own_error(&self, operation: usize, pod: Option<PodMoment>) -> f64 {
        let usual = f64::from(self.moment.operations[operation].own_error);
        let Some(pod) = pod else { return usual };
        let lives = &self.history.lives;
        let of = |id: &PodId| lives.get(id).map_or(0.0, |life| life.error);
        let (sum, count) = self
            .of(pod.workload as usize)
            .fold((0.0, 0.0), |(sum, count), pod| {
                (sum + of(&pod.id), count + 1.0)
            });
        (usual + of(&pod.id) - sum / f64::max(count, 1.0)).clamp(0.0, 1.0)
    }

    /// The central unit fails for a distributed unit that is out, unless its version is bad.
    fn own_failure(&mut self, operation: usize, pod: Option<PodMoment>) -> Failure {
        let service = self.history.graph.operations[operation].service;
        let life = pod.and_then(|pod| self.history.lives.get(&pod.id));
        let defective = life.is_some_and(|life| life.error > 0.0);
        if self.history.graph.services[service].role == Role::CentralUnit && !defective {
            let out: Vec<usize> = self.moment.late.iter().map(|cell| cell.0).collect();
            return self
                .roll
                .pick(&out)
                .map_or(Failure::Own, |&unit| Failure::Unit(unit));
        }
        Failure::Own
    }

    fn open(
        &mut self,
        operation: usize,
        kind: Kind,
        parent: Option<u64>,
        pod: Option<PodId>,
        start: f64,
    ) -> usize {
        let start = self.nanos(start);
        self.spans.push(Span {
            id: self.roll.bits(),
            parent,
            service: self.history.graph.operations[operation].service,
            operation,
            kind,
            pod,
            start,
            end: start,
            failure: None,
        });
        self.spans.len() - 1
    }

    fn close(&mut self, position: usize, end: f64, failure: Option<Failure>) {
        let end = self.nanos(end);
        let span = &mut self.spans[position];
        span.end = end.max(span.start + 1000);
        span.failure = failure;
    }

    fn nanos(&self, seconds: f64) -> i64 {
        self.moment.tick.nanos() + (seconds * 1e9) as i64
    }
}
