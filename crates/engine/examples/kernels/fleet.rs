//! A fleet of any size in which one workload has become slow: callers wait for it, and theirs for them.

use std::collections::BTreeMap;

use fleetscope_engine::{Input, Signal};
use fleetscope_model::{
    ClusterId, Direction, Edge, EdgeKind, Entity, EntityKind, EvidenceId, Resource, Sample,
    Sensitivity, Series, SignalRole, TimeRange, Topology,
};
use jiff::{SignedDuration, Timestamp};

const MINUTE: i64 = 60_000;
/// One in so many things is a node.
const PER_NODE: usize = 10;
/// Minutes that are judged, and minutes since it began.
const WINDOW: i64 = 60;
const SINCE: usize = 30;

/// What is measured: name, role, resource, unit, whether users feel it, usual value, and how many
/// times that it becomes where all of the trouble arrives.
type Kind = (
    &'static str,
    SignalRole,
    Option<Resource>,
    &'static str,
    bool,
    f64,
    f64,
);

const OF_WORKLOADS: [Kind; 7] = [
    (
        "request latency p95",
        SignalRole::Latency,
        None,
        "s",
        true,
        0.08,
        4.0,
    ),
    (
        "error ratio",
        SignalRole::Errors,
        None,
        "ratio",
        true,
        0.002,
        30.0,
    ),
    (
        "requests",
        SignalRole::Traffic,
        None,
        "1/s",
        false,
        120.0,
        0.6,
    ),
    (
        "CPU",
        SignalRole::Resource,
        Some(Resource::Cpu),
        "cores",
        false,
        0.7,
        1.0,
    ),
    (
        "memory",
        SignalRole::Resource,
        Some(Resource::Memory),
        "ratio",
        false,
        0.4,
        1.0,
    ),
    ("queue", SignalRole::Saturation, None, "", false, 3.0, 5.0),
    (
        "connections",
        SignalRole::Saturation,
        None,
        "",
        false,
        40.0,
        2.0,
    ),
];

const OF_NODES: [Kind; 4] = [
    (
        "CPU utilisation",
        SignalRole::Resource,
        Some(Resource::Cpu),
        "ratio",
        false,
        0.35,
        1.0,
    ),
    (
        "memory utilisation",
        SignalRole::Resource,
        Some(Resource::Memory),
        "ratio",
        false,
        0.5,
        1.0,
    ),
    ("load", SignalRole::Saturation, None, "", false, 2.0, 1.0),
    (
        "disk time",
        SignalRole::Saturation,
        None,
        "s",
        false,
        0.01,
        1.0,
    ),
];

/// So many series of so many points, a minute apart, about so many things; always the same.
pub(crate) fn fleet(cluster: ClusterId, [series, points, things]: [usize; 3]) -> Input {
    let end = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(490_000);
    let window = TimeRange {
        start: end - SignedDuration::from_mins(WINDOW),
        end,
    };
    let trouble = troubles(things);
    let signals = (0..series).map(|number| {
        let thing = number % things;
        let kinds: &[Kind] = if is_node(thing) {
            &OF_NODES
        } else {
            &OF_WORKLOADS
        };
        let kind = kinds[number / things % kinds.len()];
        let share = if is_node(thing) { 0.0 } else { trouble[thing] };
        let values = (0..points).map(|minute| {
            let ill = if minute + SINCE >= points { share } else { 0.0 };
            value(kind, number, minute, ill)
        });
        signal(
            kind,
            number,
            entity(cluster, thing),
            samples(values, end, points),
        )
    });
    Input {
        reference_time: end,
        window,
        clusters: BTreeMap::from([(cluster, "one".to_owned())]),
        alarms: Vec::new(),
        signals: signals.collect(),
        topology: Topology {
            edges: edges(cluster, things),
        },
        changes: Vec::new(),
        events: Vec::new(),
        logs: Vec::new(),
        traces: Vec::new(),
        conduct: Vec::new(),
        alerts: Vec::new(),
        gaps: Vec::new(),
    }
}

/// The values of all its signals, one signal after the other.
pub(crate) fn values(input: &Input) -> Vec<f64> {
    let samples = input
        .signals
        .iter()
        .flat_map(|signal| &signal.series.samples);
    samples.map(|sample| sample.value).collect()
}

const fn is_node(thing: usize) -> bool {
    thing % PER_NODE == PER_NODE - 1
}

fn entity(cluster: ClusterId, thing: usize) -> Entity {
    if is_node(thing) {
        Entity::new(cluster, EntityKind::Node, format!("node-{thing}"))
    } else {
        Entity::new(cluster, EntityKind::Workload, format!("workload-{thing}"))
            .in_namespace(format!("team-{}", thing % 12))
    }
}

/// A workload calls two others further on, as in a heap, and one anywhere further on.
fn called(thing: usize, things: usize) -> impl Iterator<Item = usize> {
    let further = thing + 1 + hash(thing, 0) as usize % (things - thing);
    [2 * thing + 1, 2 * thing + 2, further]
        .into_iter()
        .filter(move |other| *other < things && !is_node(*other))
}

/// How much of the trouble arrives at each thing, 0 to 1: the last workload but some is slow, and its
/// callers wait for it.
fn troubles(things: usize) -> Vec<f64> {
    let mut trouble = vec![0.0_f64; things];
    let sick = (things * 3 / 5..things).find(|thing| !is_node(*thing));
    if let Some(sick) = sick {
        trouble[sick] = 1.0;
    }
    for thing in (0..things).rev().filter(|thing| !is_node(*thing)) {
        let worst = called(thing, things).map(|other| trouble[other]);
        trouble[thing] = trouble[thing].max(0.85 * worst.fold(0.0, f64::max));
    }
    trouble
}

fn edges(cluster: ClusterId, things: usize) -> Vec<Edge> {
    let edge = |from, to, kind| Edge {
        from: entity(cluster, from),
        to: entity(cluster, to),
        kind,
    };
    let mut edges = Vec::new();
    for thing in (0..things).filter(|thing| !is_node(*thing)) {
        edges.extend(called(thing, things).map(|other| edge(thing, other, EdgeKind::Calls)));
        let node = hash(thing, 1) as usize % things / PER_NODE * PER_NODE + PER_NODE - 1;
        if node < things {
            edges.push(edge(thing, node, EdgeKind::RunsOn));
        }
    }
    edges.sort();
    edges.dedup();
    edges
}

/// Daily load, noise of three per cent, and the trouble.
fn value(kind: Kind, number: usize, minute: usize, ill: f64) -> f64 {
    let (.., usual, worst) = kind;
    let day = 0.1 * (minute as f64 / 1440.0 * std::f64::consts::TAU).sin();
    let noise: f64 = (0..4)
        .map(|k| unit(hash(number * 4 + k, minute + 2)) - 0.5)
        .sum();
    usual * (1.0 + day + 0.05 * noise) * (1.0 + ill * (worst - 1.0))
}

fn samples(values: impl Iterator<Item = f64>, end: Timestamp, points: usize) -> Vec<Sample> {
    let first = end.as_millisecond() - (points as i64 - 1) * MINUTE;
    let times = (0..).map(|minute| first + minute * MINUTE);
    let sample = |(at_ms, value)| Sample { at_ms, value };
    times.zip(values).map(sample).collect()
}

fn signal(kind: Kind, number: usize, entity: Entity, samples: Vec<Sample>) -> Signal {
    let (name, role, resource, unit, symptom, usual, _) = kind;
    Signal {
        entity,
        name: name.to_owned(),
        role,
        resource,
        unit: unit.to_owned(),
        direction: if role == SignalRole::Traffic {
            Direction::Both
        } else {
            Direction::Up
        },
        least_deviation: usual / 10.0,
        symptom,
        sensitivity: Sensitivity::Medium,
        series: Series {
            labels: [("part".to_owned(), number.to_string())]
                .into_iter()
                .collect(),
            samples,
        },
        evidence: EvidenceId(format!("ev-{number:016x}")),
    }
}

/// `SplitMix64` (Steele, Lea and Flood 2014) of two numbers.
fn hash(a: usize, b: usize) -> u64 {
    let mut z = (a as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (b as u64) << 32;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn unit(hash: u64) -> f64 {
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}
