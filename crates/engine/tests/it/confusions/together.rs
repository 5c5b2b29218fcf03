//! Two faults at once: both are named, and neither is taken for the other's.

use fleetscope_engine::{Input, diagnose};
use fleetscope_model::{Blame, Entity, EntityKind};

use super::{both, named, right_or_silent};
use crate::build::cluster;
use crate::failures::why;
use crate::scenarios::told;
use crate::town::Town;
use crate::trouble::{bad_release, decoys, hog, leak, slow};

/// A release that fails, and a database that is slow; the second town is changed before.
fn two_towns(seed: u64, change: impl Fn(&mut Entity)) -> (Input, Vec<Entity>) {
    let (mut first, mut second) = (Town::new(seed), Town::new(seed + 1000));
    decoys(&mut first, "billing");
    let one = bad_release(&mut first, "billing", 20);
    let mut other = slow(&mut second, "records", 14.0, 20);
    change(&mut other);
    let input = both(first.finish(), second.finish(), change);
    (input, vec![one, other])
}

fn in_two_clusters(seed: u64) -> (Input, Vec<Entity>) {
    let (mut input, causes) = two_towns(seed, |entity| entity.cluster = cluster(2));
    input.clusters.insert(cluster(2), "village".to_owned());
    (input, causes)
}

fn in_two_namespaces(seed: u64) -> (Input, Vec<Entity>) {
    two_towns(seed, |entity| match entity.kind {
        EntityKind::Node => entity.name = format!("far-{}", entity.name),
        _ => entity.namespace = Some("village".to_owned()),
    })
}

/// A job on a hot GPU, whose callers nobody traces, beside a release that fails.
fn in_one_namespace(seed: u64) -> (Input, Vec<Entity>) {
    let mut town = Town::new(seed);
    decoys(&mut town, "billing");
    let release = bad_release(&mut town, "billing", 20);
    town.gpus(Some(3), 20);
    (town.finish(), vec![release, Town::gpu(3)])
}

/// A clock that is lost beside memory that leaks.
fn clock_and_leak(seed: u64) -> (Input, Vec<Entity>) {
    let mut town = Town::new(seed);
    decoys(&mut town, "search");
    let leaking = leak(&mut town, "search", 35);
    town.clocks(Some(1), 20);
    (town.finish(), vec![leaking, Town::clock(1)])
}

/// Two releases with the same callers.
fn with_shared_victims(seed: u64) -> (Input, Vec<Entity>) {
    let mut town = Town::new(seed);
    let one = bad_release(&mut town, "billing", 20);
    let other = bad_release(&mut town, "quotes", 20);
    (town.finish(), vec![one, other])
}

/// A busy node beside a release that fails elsewhere.
fn node_and_release(seed: u64) -> (Input, Vec<Entity>) {
    let mut town = Town::new(seed);
    let release = bad_release(&mut town, "search", 20);
    let node = hog(&mut town, 2, 21);
    (town.finish(), vec![release, node])
}

/// How many towns of ten have both causes named.
fn both_named(what: &str, made: fn(u64) -> (Input, Vec<Entity>)) -> usize {
    let one = |seed: u64| {
        let (input, causes) = made(seed);
        right_or_silent(&format!("{what} {seed}"), &diagnose(&input), &causes)
    };
    let found: Vec<usize> = (340..350).map(one).collect();
    found.into_iter().filter(|found| *found == 2).count()
}

#[test]
fn two_faults_in_two_clusters_are_both_named() {
    let (input, causes) = in_two_clusters(73);
    let findings = told("two-clusters", &input);
    assert!(
        causes.iter().any(|c| named(&findings).contains(c)),
        "{}",
        why(&findings)
    );
    assert_eq!(findings.also.len(), 1, "{}", why(&findings));
    let both = both_named("two clusters", in_two_clusters);
    assert!(both >= 8, "{both} of 10");
}

#[test]
fn two_faults_in_two_namespaces_are_both_named() {
    told("two-namespaces", &in_two_namespaces(74).0);
    let both = both_named("two namespaces", in_two_namespaces);
    assert!(both >= 8, "{both} of 10");
}

#[test]
fn two_faults_in_one_namespace_are_both_named() {
    let (input, causes) = in_one_namespace(75);
    let findings = told("one-namespace", &input);
    let blamed = findings.attribution.as_ref().map(|a| a.blame);
    assert_eq!(
        blamed,
        Some(Blame::Change),
        "the GPU is no excuse for the release: {}",
        why(&findings)
    );
    assert_eq!(
        right_or_silent("75", &findings, &causes),
        2,
        "{}",
        why(&findings)
    );
    for (what, made) in [
        (
            "GPU and release",
            in_one_namespace as fn(u64) -> (Input, Vec<Entity>),
        ),
        ("clock and leak", clock_and_leak),
    ] {
        let both = both_named(what, made);
        assert!(both >= 8, "{what}: {both} of 10");
    }
}

#[test]
fn two_faults_that_trouble_the_same_callers_are_both_named() {
    let (input, _) = with_shared_victims(76);
    told("shared-victims", &input);
    let releases = both_named("shared victims", with_shared_victims);
    let node = both_named("node and release", node_and_release);
    assert!(releases >= 8, "{releases} of 10");
    println!("node and release: {node} of 10 with both");
}

#[test]
fn one_fault_is_never_told_as_two() {
    for seed in 360..372 {
        let mut town = Town::new(seed);
        decoys(&mut town, "billing");
        let cause = match seed % 4 {
            0 => slow(&mut town, "records", 14.0, 20),
            1 => bad_release(&mut town, "billing", 20),
            2 => hog(&mut town, 1, 20),
            _ => leak(&mut town, "billing", 35),
        };
        let findings = diagnose(&town.finish());
        right_or_silent(&format!("{seed}"), &findings, &[cause]);
        assert!(
            findings.also.is_empty(),
            "{seed}: {:#?}",
            findings.reasoning
        );
    }
}
