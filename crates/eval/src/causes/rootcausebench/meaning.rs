//! What a metric means, by the conventions of metric names: the corpus says nothing else of it.

use fleetscope_model::{Direction, Resource, Sample, SignalRole};

/// A metric's meaning.
pub(super) struct Meaning {
    pub(super) role: SignalRole,
    pub(super) resource: Option<Resource>,
    pub(super) unit: &'static str,
    pub(super) direction: Direction,
    pub(super) symptom: bool,
}

/// The meaning of a metric of that name with those values.
pub(super) fn meaning(name: &str, samples: &[Sample]) -> Meaning {
    let name = name.to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    let role = role(&has);
    let resource = resource(&has);
    Meaning {
        role,
        resource,
        unit: unit(&name, samples),
        direction: match role {
            SignalRole::Traffic => Direction::Both,
            SignalRole::Availability if has(&["ready", "uptime", "available", "replicas"]) => {
                Direction::Down
            }
            _ => Direction::Up,
        },
        symptom: matches!(
            role,
            SignalRole::Latency | SignalRole::Errors | SignalRole::Availability
        ),
    }
}

fn role(has: &impl Fn(&[&str]) -> bool) -> SignalRole {
    if has(&[
        "restart",
        "oom",
        "killed",
        "ready",
        "uptime",
        "available",
        "replicas",
        "crash",
    ]) {
        SignalRole::Availability
    } else if has(&[
        "error",
        "5xx",
        "fail",
        "cancel",
        "reject",
        "exhausted",
        "timeout",
        "drop",
        "throttle_ratio",
    ]) {
        SignalRole::Errors
    } else if has(&["duration", "latency", "_time_ms", "lag_ms", "response_time"]) {
        SignalRole::Latency
    } else if has(&[
        "queue",
        "throttl",
        "pressure",
        "saturation",
        "backlog",
        "lag",
        "buffer",
        "pool",
        "waiting",
        "pending",
    ]) {
        SignalRole::Saturation
    } else if has(&[
        "requests_per",
        "request_rate",
        "rps",
        "qps",
        "requests_total",
    ]) {
        SignalRole::Traffic
    } else {
        SignalRole::Resource
    }
}

fn resource(has: &impl Fn(&[&str]) -> bool) -> Option<Resource> {
    if has(&["memory", "heap", "rss"]) {
        Some(Resource::Memory)
    } else if has(&["cpu"]) {
        Some(Resource::Cpu)
    } else if has(&["disk", "volume", "filesystem"]) {
        Some(Resource::Disk)
    } else {
        None
    }
}

fn unit(name: &str, samples: &[Sample]) -> &'static str {
    let most = samples.iter().map(|s| s.value).fold(0.0, f64::max);
    let is_share = ["ratio", "pct", "percent", "utilization", "rate"]
        .iter()
        .any(|part| name.contains(part));
    match name {
        _ if name.ends_with("_ms") => "milliseconds",
        _ if name.ends_with("_seconds") => "seconds",
        _ if is_share && most <= 1.5 => "ratio",
        _ if is_share && most <= 100.0 => "percent",
        _ if name.contains("per_sec") => "1/s",
        _ => "count",
    }
}
