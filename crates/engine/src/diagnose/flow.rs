//! The ways that trouble takes: directed edges from cause to effect, made from the topology.
//!
//! The topology says what depends on what; trouble flows against it, from the called to the caller,
//! from the node to what runs on it, from the device to its user. Some trouble flows the other way:
//! a workload that takes all CPU troubles its node, a user that waits leaves its other devices idle,
//! a caller in trouble sends less.

use std::collections::BTreeSet;

use fleetscope_model::{EdgeKind, EntityKind, SignalRole};

use super::observe::Observation;
use super::things::{Thing, Things};
use crate::input::Input;

/// How trouble gets from one thing to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    /// From the called to the caller: waiting and failing.
    Call,
    /// From a node to what runs on it or belongs to it.
    Host,
    /// From a workload that takes more than before to its node.
    Load,
    /// From a device or clock to its user.
    Device,
    /// From a user that waits to the other devices it uses.
    Demand,
    /// From a device to its node.
    Part,
    /// From one clock to another of the same cluster: clocks follow one another.
    Kin,
    /// From a caller to the called: more or fewer requests.
    Requests,
    /// From a workload whose calls nobody traces to the workloads of its namespace: any of them may
    /// be talking to it.
    Neighbour,
}

impl Way {
    /// For people: `a → b (…)`.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Call => "is called by",
            Self::Host => "hosts",
            Self::Load => "loads",
            Self::Device => "serves",
            Self::Demand => "uses",
            Self::Part => "is part of",
            Self::Kin => "keeps time with",
            Self::Requests => "calls",
            Self::Neighbour => "may be called by",
        }
    }
}

/// One way between two things.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Flow {
    /// Where trouble would come from.
    pub(crate) from: Thing,
    /// Where it would show.
    pub(crate) to: Thing,
    /// How.
    pub(crate) way: Way,
}

/// Every way that the topology allows, sorted, without repeats.
pub(crate) fn flows(input: &Input, things: &Things) -> Vec<Flow> {
    let mut found: BTreeSet<(Thing, Thing, Way)> = BTreeSet::new();
    let mut add = |from: Thing, to: Thing, way: Way| {
        if from != to {
            found.insert((from, to, way));
        }
    };
    for edge in &input.topology.edges {
        let (Some(from), Some(to)) = (things.find(&edge.from), things.find(&edge.to)) else {
            continue;
        };
        let (dependent_first, cause_first) = ways(edge.kind);
        add(to, from, cause_first);
        if let Some(way) = dependent_first {
            add(from, to, way);
        }
    }
    for (from, to) in neighbours(input, things) {
        add(from, to, Way::Neighbour);
    }
    for (a, b) in clocks(things) {
        add(a, b, Way::Kin);
        add(b, a, Way::Kin);
    }
    found
        .into_iter()
        .map(|(from, to, way)| Flow { from, to, way })
        .collect()
}

/// The way from `from` to `to` of an edge, if there is one, and the way from `to` to `from`.
const fn ways(kind: EdgeKind) -> (Option<Way>, Way) {
    match kind {
        EdgeKind::Calls => (Some(Way::Requests), Way::Call),
        EdgeKind::RunsOn => (Some(Way::Load), Way::Host),
        EdgeKind::Uses => (Some(Way::Demand), Way::Device),
        EdgeKind::PartOf => (Some(Way::Part), Way::Host),
        // Pods are folded into their workloads; what is owned otherwise troubles its owner.
        EdgeKind::Owns => (None, Way::Device),
        // What a Service sends on comes back as it was answered.
        EdgeKind::Selects => (None, Way::Call),
    }
}

/// From each workload that no traced call begins or ends at, to every traced one in its namespace.
fn neighbours(input: &Input, things: &Things) -> Vec<(Thing, Thing)> {
    let mut traced: BTreeSet<Thing> = BTreeSet::new();
    for edge in input
        .topology
        .edges
        .iter()
        .filter(|edge| edge.kind == EdgeKind::Calls)
    {
        traced.extend(things.find(&edge.from));
        traced.extend(things.find(&edge.to));
    }
    let mut found = Vec::new();
    for from in (0..things.len()).filter(|thing| !traced.contains(thing)) {
        let silent = things.entity(from);
        let near = |to: &&Thing| {
            let other = things.entity(**to);
            other.cluster == silent.cluster && other.namespace == silent.namespace
        };
        if silent.kind == EntityKind::Workload && silent.namespace.is_some() {
            found.extend(traced.iter().filter(near).map(|to| (from, *to)));
        }
    }
    found
}

fn clocks(things: &Things) -> Vec<(Thing, Thing)> {
    let all: Vec<Thing> = (0..things.len())
        .filter(|thing| things.entity(*thing).kind == EntityKind::PtpClock)
        .collect();
    let pairs = all
        .iter()
        .enumerate()
        .flat_map(|(i, a)| all[i + 1..].iter().map(|b| (*a, *b)));
    pairs
        .filter(|(a, b)| things.entity(*a).cluster == things.entity(*b).cluster)
        .collect()
}

/// How well this deviation of the cause could trouble others this way, 0 to 1. `hidden`: nobody
/// measures what others feel of the cause.
///
/// Callers feel slowness and failures; a resource or a missing replica as such they do not feel, and
/// where slowness and failures are measured, those carry the trouble. A node troubles by what it
/// lacks; a workload troubles its node only by taking *more*.
pub(crate) const fn carries(way: Way, cause: &Observation, hidden: bool) -> f64 {
    use SignalRole::{Availability, Errors, Latency, Nic, Resource, Saturation, Traffic};
    let role = cause.role();
    let felt = matches!(role, Latency | Errors);
    match way {
        Way::Call if felt => 0.95,
        Way::Call if matches!(role, Traffic) || !hidden => 0.15,
        Way::Call if matches!(role, Availability) => 0.95,
        Way::Call => 0.75,
        Way::Host if matches!(role, Resource | Saturation | Availability | Nic) => 0.95,
        Way::Load if matches!(role, Resource) && cause.is_more() && cause.is_bad() => 0.95,
        Way::Load => 0.0,
        Way::Device => 0.95,
        Way::Demand if felt || matches!(role, Traffic | Availability) => 0.85,
        Way::Demand | Way::Kin => 0.5,
        Way::Requests if matches!(role, Traffic) => 0.8,
        Way::Requests if felt || matches!(role, Availability) => 0.5,
        Way::Requests => 0.1,
        Way::Neighbour if felt || (hidden && matches!(role, Availability)) => 0.6,
        Way::Neighbour => 0.15,
        Way::Host | Way::Part => 0.3,
    }
}

/// How far trouble that comes this way can account for this deviation, 0 to 1: the *sign* matters.
/// Who waits for another is slow, fails, queues and uses less; it does not by that use more.
pub(crate) const fn accounts_for(way: Way, effect: &Observation) -> f64 {
    let (role, more) = (effect.role(), effect.is_more());
    match way {
        Way::Call | Way::Neighbour => by_call(role, more),
        Way::Host => by_host(role, more),
        Way::Load => by_load(role, more),
        Way::Device => by_device(role, more),
        Way::Requests => by_requests(role, more),
        Way::Demand => by_demand(role, more),
        Way::Kin if matches!(role, SignalRole::Clock) => 0.6,
        Way::Part => 0.1,
        Way::Kin => 0.0,
    }
}

const fn by_call(role: SignalRole, more: bool) -> f64 {
    match role {
        SignalRole::Latency | SignalRole::Errors => 0.95,
        SignalRole::Traffic | SignalRole::Resource => {
            if more {
                0.2
            } else {
                0.85
            }
        }
        SignalRole::Saturation => 0.75,
        SignalRole::Availability => 0.3,
        SignalRole::Clock | SignalRole::Nic | SignalRole::Gpu => 0.0,
    }
}

const fn by_host(role: SignalRole, more: bool) -> f64 {
    match role {
        SignalRole::Latency => 0.95,
        SignalRole::Saturation if more => 0.95,
        SignalRole::Errors | SignalRole::Availability => 0.8,
        SignalRole::Traffic => 0.6,
        SignalRole::Resource => {
            if more {
                0.2
            } else {
                0.85
            }
        }
        SignalRole::Clock | SignalRole::Nic | SignalRole::Gpu => 0.4,
        SignalRole::Saturation => 0.0,
    }
}

const fn by_load(role: SignalRole, more: bool) -> f64 {
    match role {
        SignalRole::Resource | SignalRole::Saturation if more => 0.95,
        SignalRole::Nic => 0.6,
        SignalRole::Resource | SignalRole::Availability => 0.3,
        _ => 0.0,
    }
}

const fn by_device(role: SignalRole, more: bool) -> f64 {
    match role {
        SignalRole::Latency | SignalRole::Errors => 0.95,
        SignalRole::Availability | SignalRole::Traffic => 0.8,
        SignalRole::Saturation => 0.75,
        SignalRole::Resource => {
            if more {
                0.3
            } else {
                0.85
            }
        }
        SignalRole::Nic => 0.6,
        SignalRole::Clock | SignalRole::Gpu => 0.0,
    }
}

const fn by_demand(role: SignalRole, more: bool) -> f64 {
    match role {
        SignalRole::Gpu | SignalRole::Nic if !more => 0.85,
        // Who does not fetch its packets loses them where they wait.
        SignalRole::Nic => 0.6,
        _ => 0.1,
    }
}

const fn by_requests(role: SignalRole, more: bool) -> f64 {
    match role {
        SignalRole::Traffic => 0.9,
        SignalRole::Resource | SignalRole::Saturation => 0.6,
        SignalRole::Latency if more => 0.3,
        _ => 0.0,
    }
}

/// How far one deviation of a thing can account for another of the same, 0 to 1: what is wrong with
/// it shows in what is felt of it, less so the other way round.
pub(crate) const fn within(cause: &Observation, effect: &Observation) -> f64 {
    use SignalRole::{Errors, Latency, Traffic};
    match (cause.role(), effect.role()) {
        (Latency | Errors, Latency | Errors) => 0.9,
        (Latency | Errors | Traffic, _) => 0.5,
        (_, Latency | Errors) => 0.95,
        (_, _) => 0.8,
    }
}
