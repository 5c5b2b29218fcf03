//! What lies below: nodes, interfaces, names, quotas; and requests that are too many.

use fleetscope_model::{Blame, EdgeKind, Entity, EntityKind, Resource, SignalRole, Verdict};

use super::why;
use crate::build::cluster;
use crate::scenarios::{assert_cause, told};
use crate::town::{Kind, LENGTH, SERVICES, Town, shifted, smoothed};
use crate::trouble::{decoys, slow};

const DROPS: Kind = Kind::new("dropped frames", SignalRole::Nic, "1/s", 5.0);
const LINK: Kind = Kind::new("receive errors", SignalRole::Nic, "1/s", 5.0);
const LATE: Kind = Kind::new("late slots", SignalRole::Errors, "ratio", 0.02).felt();
const FULL: Kind =
    Kind::new("node memory used", SignalRole::Resource, "ratio", 0.1).of(Resource::Memory);
const STALLS: Kind =
    Kind::new("node memory pressure", SignalRole::Saturation, "ratio", 0.1).of(Resource::Memory);
const THROTTLED: Kind =
    Kind::new("CPU throttled", SignalRole::Saturation, "ratio", 0.1).of(Resource::Cpu);
const LATENCY: Kind = Kind::new("request latency p95", SignalRole::Latency, "seconds", 0.02).felt();
const ERRORS: Kind = Kind::new("request error ratio", SignalRole::Errors, "ratio", 0.02).felt();

#[test]
fn the_interface_that_drops_frames_is_the_cause_and_not_the_cell_that_is_late() {
    let mut town = Town::new(41);
    decoys(&mut town, "");
    for number in 0..3 {
        let bad = number == 1;
        let port = Entity::new(
            cluster(1),
            EntityKind::Interface,
            format!("mast-{number}/ens1f0v2"),
        );
        let cell = Town::workload(&format!("radio-{number}"));
        let mast = Entity::new(cluster(1), EntityKind::Node, format!("mast-{number}"));
        let (drops, errors, late) = if bad {
            (900.0, 300.0, 0.25)
        } else {
            (0.2, 0.1, 0.001)
        };
        town.series(port.clone(), DROPS, &shifted(0.2, drops, 20, 1), 0.2);
        town.series(port.clone(), LINK, &shifted(0.1, errors, 20, 1), 0.2);
        town.series(
            cell.clone(),
            LATE,
            &smoothed(&shifted(0.001, late, 19, 2)),
            0.2,
        );
        town.edge(&cell, &port, EdgeKind::Uses);
        town.edge(&port, &mast, EdgeKind::PartOf);
        town.edge(&cell, &mast, EdgeKind::RunsOn);
    }
    let cause = Entity::new(cluster(1), EntityKind::Interface, "mast-1/ens1f0v2");
    assert_cause(&told("virtual-function", &town.finish()), &cause);
}

#[test]
fn a_node_short_of_memory_is_the_cause_and_not_what_it_slows_down() {
    let mut town = Town::new(42);
    decoys(&mut town, "");
    for name in ["quotes", "orders"] {
        // Both have a pod there.
        town.slow.insert(name, shifted(1.0, 6.0, 19, 3));
    }
    for number in 0..4 {
        let (used, stalls) = if number == 0 {
            (0.98, 0.6)
        } else {
            (0.55, 0.01)
        };
        town.series(Town::node(number), FULL, &shifted(0.55, used, 21, 3), 0.02);
        town.series(
            Town::node(number),
            STALLS,
            &shifted(0.01, stalls, 20, 3),
            0.1,
        );
    }
    town.warn(
        Town::node(0),
        20,
        "MemoryPressure",
        "the node reclaims memory",
    );
    let findings = told("memory-pressure", &town.finish());
    assert_cause(&findings, &Town::node(0));
}

#[test]
fn a_service_at_its_cpu_quota_is_slow_by_its_quota() {
    let mut town = Town::new(43);
    decoys(&mut town, "search");
    slow(&mut town, "search", 10.0, 19);
    let throttled = shifted(0.01, 0.85, 20, 2);
    town.series(Town::workload("search"), THROTTLED, &throttled, 0.1);
    let findings = told("quota", &town.finish());
    assert_cause(&findings, &Town::workload("search"));
    assert!(
        findings.candidates[0].mechanism.contains("throttled"),
        "{}",
        why(&findings)
    );
}

#[test]
fn names_that_are_not_resolved_trouble_everybody_who_asks_for_them() {
    let mut town = Town::new(44);
    let names = Entity::new(cluster(1), EntityKind::Workload, "names").in_namespace("system");
    town.series(
        names.clone(),
        LATENCY,
        &smoothed(&shifted(0.002, 1.9, 20, 1)),
        0.05,
    );
    town.series(
        names.clone(),
        ERRORS,
        &smoothed(&shifted(0.001, 0.4, 20, 1)),
        0.2,
    );
    for service in SERVICES.iter().filter(|s| !s.database) {
        let (slow, fails) = (town.slow.get_mut(service.name), shifted(0.0, 0.05, 20, 1));
        if let Some(slow) = slow {
            *slow = shifted(1.0, 8.0, 20, 1);
        }
        town.fails.insert(service.name, fails);
        town.edge(&Town::workload(service.name), &names, EdgeKind::Calls);
        town.log(service.name, 19, 80, "ERROR lookup failed: no such host");
    }
    let findings = told("names", &town.finish());
    assert_cause(&findings, &names);
}

#[test]
fn too_many_requests_are_blamed_on_no_release() {
    let mut town = Town::new(45);
    town.rollout("orders", 33, 14);
    let mut flood = shifted(1.0, 5.0, 20, 4);
    for service in SERVICES.iter().filter(|s| !s.database) {
        town.slow.insert(service.name, shifted(1.0, 7.0, 19, 4));
    }
    flood.truncate(LENGTH);
    let mut input = town.finish();
    for signal in input
        .signals
        .iter_mut()
        .filter(|s| s.role == SignalRole::Traffic)
    {
        for (sample, times) in signal.series.samples.iter_mut().zip(&flood) {
            sample.value *= times;
        }
    }
    let findings = told("flood", &input);
    let attribution = findings.attribution.as_ref().unwrap();
    assert_eq!(attribution.blame, Blame::NoChange, "{}", why(&findings));
    let blamed = findings.verdict == Verdict::Cause && findings.candidates[0].change.is_some();
    assert!(!blamed, "{}", why(&findings));
}
