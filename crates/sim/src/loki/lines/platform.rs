//! Lines of databases, model servers, trainers and radios, each in its program's own words.

use super::Said;
use crate::history::{History, Life, Moment, PodMoment};
use crate::world::database::Cause;
use crate::world::dice::Roll;
use crate::world::happening::Level;
use crate::world::latency::{Latency, LogNormal};
use crate::world::time::{TICK_SECONDS, minutes};

/// `log_min_duration_statement`.
const SLOW_SECONDS: f64 = 0.25;
/// Lines of one kind in a tick at most.
const MOST: f64 = 12.0;

pub(super) fn postgres(
    history: &History,
    moment: &Moment,
    life: &Life,
    roll: &mut Roll,
) -> Vec<Said> {
    let graph = &history.graph;
    let mut said = Vec::new();
    if moment.tick.0.rem_euclid(minutes(5)) == 3 {
        said.push(plain(
            roll,
            Level::Info,
            "LOG:  checkpoint starting: time".to_owned(),
        ));
    }
    for (index, operation) in graph.operations.iter().enumerate() {
        if graph.services[operation.service].workload != life.workload {
            continue;
        }
        let numbers = moment.operations[index];
        let latency = Latency {
            mean: f64::from(numbers.mean),
            variance: f64::from(numbers.variance),
        };
        let distribution = latency.distribution();
        let slow = 1.0 - distribution.below(SLOW_SECONDS);
        for _ in 0..some(f64::from(numbers.rps) * slow * 0.4, roll) {
            let seconds = slower_than(distribution, SLOW_SECONDS, roll);
            let line = format!(
                "LOG:  duration: {:.3} ms  execute <unnamed>: {}",
                seconds * 1000.0,
                operation.spec.name
            );
            said.push(plain(roll, Level::Warn, line));
        }
        let (_, timeouts) = latency.given_up_after(1.0);
        for _ in 0..some(f64::from(numbers.rps) * timeouts * 2.0, roll) {
            let line = "ERROR:  canceling statement due to user request".to_owned();
            said.push(plain(roll, Level::Error, line));
        }
    }
    let here = |service: usize| graph.services[service].workload == life.workload;
    if let Some((service, Cause::Locks)) = moment.trouble
        && here(service)
    {
        for _ in 0..some(3.0, roll) {
            let line = format!(
                "LOG:  process {} still waiting for ShareLock on transaction 90125531 after 1000.{:03} ms",
                300 + roll.below(90),
                roll.below(1000)
            );
            said.push(plain(roll, Level::Warn, line));
        }
    }
    said
}

pub(super) fn cache(moment: &Moment, roll: &mut Roll) -> Vec<Said> {
    if moment.tick.0.rem_euclid(minutes(5)) != 1 {
        return Vec::new();
    }
    vec![plain(
        roll,
        Level::Info,
        "* Background saving terminated with success".to_owned(),
    )]
}

pub(super) fn batch(roll: &mut Roll) -> Vec<Said> {
    let line = format!("job: {} rows done", 20_000 + roll.below(9000));
    vec![plain(roll, Level::Info, line)]
}

pub(super) fn vllm(
    history: &History,
    moment: &Moment,
    pod: &PodMoment,
    roll: &mut Roll,
) -> Vec<Said> {
    let service = history.graph.service_of(pod.workload as usize);
    let seconds = history
        .graph
        .operations
        .iter()
        .filter(|operation| Some(operation.service) == service)
        .map(|operation| operation.spec.own_ms / 1000.0)
        .sum::<f64>()
        * f64::from(pod.slow);
    let rps = f64::from(pod.rps);
    let (running, tokens) = (rps * seconds, 220.0 * rps);
    let at = moment
        .tick
        .timestamp()
        .strftime("%m-%d %H:%M:%S")
        .to_string();
    vec![plain(
        roll,
        Level::Info,
        format!(
            "INFO {at} [loggers.py:123] Engine 000: Avg prompt throughput: {:.1} tokens/s, Avg generation throughput: {tokens:.1} tokens/s, Running: {} reqs, Waiting: {} reqs, GPU KV cache usage: {:.1}%, Avg request latency: {seconds:.2}s",
            tokens * 2.6,
            running.min(16.0).round(),
            (running - 16.0).max(0.0).round(),
            (running / 16.0 * 60.0).min(99.0)
        ),
    )]
}

/// Rank 0 reports; it is in the first pod.
pub(super) fn training(moment: &Moment, life: &Life, roll: &mut Roll) -> Vec<Said> {
    let Some(training) = moment.training.filter(|_| life.name.ends_with("-0")) else {
        return Vec::new();
    };
    let norm = 0.4 + 0.1 * roll.unit();
    let mut said = vec![plain(
        roll,
        Level::Info,
        format!(
            "step={:.0} loss={:.4} step_time={:.2}s tokens_per_second={:.0} grad_norm={norm:.3}",
            training.step,
            training.loss,
            training.seconds,
            4_194_304.0 / f64::from(training.seconds)
        ),
    )];
    if training.checkpointing {
        let line = format!(
            "saving checkpoint at step {:.0} to /checkpoints",
            training.step
        );
        said.push(plain(roll, Level::Info, line));
    }
    said
}

/// 2,000 slots a second at a subcarrier spacing of 30 kHz.
pub(super) fn distributed_unit(moment: &Moment, life: &Life, roll: &mut Roll) -> Vec<Said> {
    let late = moment.late.iter().find(|cell| cell.0 == life.workload);
    let share = late.map_or(0.0, |cell| f64::from(cell.1));
    let slots = 2000.0 * TICK_SECONDS;
    let mut said = vec![plain(
        roll,
        Level::Info,
        format!(
            "PHY: cell=1 slots={slots:.0} late={:.0} dl_dropped={:.0} state={}",
            slots * share,
            slots * share * 0.6,
            if share > 0.05 {
                "OUT_OF_SYNC"
            } else {
                "ACTIVE"
            }
        ),
    )];
    if share > 0.05 {
        for _ in 0..some(4.0 * share, roll) {
            let line = format!(
                "PHY: late slot: frame {} slot {} missed its deadline by {} us",
                roll.below(1024),
                roll.below(20),
                40 + roll.below(400)
            );
            said.push(plain(roll, Level::Error, line));
        }
        let line = "F1AP: F1 SETUP FAILURE received, cause=transport: timing not traceable";
        said.push(plain(roll, Level::Error, line.to_owned()));
    }
    said
}

pub(super) fn central_unit(history: &History, moment: &Moment, roll: &mut Roll) -> Vec<Said> {
    let mut said = Vec::new();
    for (workload, share) in &moment.late {
        let unit = history.workloads[*workload].name;
        for _ in 0..some(2.0 * f64::from(*share), roll) {
            let line = format!("F1AP: F1 setup with {unit} failed: no valid system time from DU");
            said.push(plain(roll, Level::Error, line));
        }
        let line = format!(
            "RRC: {} UE contexts released, cause=radio-connection-with-ue-lost du={unit}",
            (40.0 * f64::from(*share)).round()
        );
        said.push(plain(roll, Level::Warn, line));
    }
    said
}

/// A time of this distribution beyond the limit.
fn slower_than(distribution: LogNormal, limit: f64, roll: &mut Roll) -> f64 {
    let drawn = (0..8)
        .map(|_| distribution.at(roll.gauss()))
        .find(|seconds| *seconds > limit);
    drawn.unwrap_or_else(|| limit * roll.range(1.0, 1.3))
}

fn plain(roll: &mut Roll, level: Level, line: String) -> Said {
    Said {
        at: roll.range(-TICK_SECONDS, -0.01),
        level,
        line,
        trace: None,
    }
}

/// So many on average.
fn some(expected: f64, roll: &mut Roll) -> u32 {
    (expected.clamp(0.0, MOST) + roll.unit()).floor() as u32
}
