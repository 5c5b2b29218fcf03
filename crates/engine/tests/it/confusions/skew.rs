//! Clocks that differ between clusters.

use fleetscope_engine::{Input, diagnose};
use fleetscope_model::Entity;

use super::swapped::{slow_database, storm};
use super::{Tally, elsewhere};
use crate::build::cluster;
use crate::failures::{moved, why};
use crate::scenarios::{assert_cause, told};
use crate::town::Town;
use crate::trouble::{bad_release, decoys, slow};

/// A database of another cluster that is slow.
fn database(seed: u64) -> (Input, Entity) {
    let mut town = Town::new(seed);
    decoys(&mut town, "billing");
    let mut cause = slow(&mut town, "records", 14.0, 20);
    let mut input = town.finish();
    elsewhere(&mut input, &["records"]);
    cause.cluster = cluster(2);
    (input, cause)
}

/// A release that fails in front of a database of another cluster.
fn release(seed: u64) -> (Input, Entity) {
    let mut town = Town::new(seed);
    decoys(&mut town, "billing");
    let cause = bad_release(&mut town, "billing", 20);
    let mut input = town.finish();
    elsewhere(&mut input, &["records"]);
    (input, cause)
}

/// A release that fails in another cluster, below its callers in this one.
fn release_elsewhere(seed: u64) -> (Input, Entity) {
    let mut town = Town::new(seed);
    decoys(&mut town, "billing");
    let mut cause = bad_release(&mut town, "billing", 20);
    let mut input = town.finish();
    elsewhere(&mut input, &["billing", "records"]);
    cause.cluster = cluster(2);
    (input, cause)
}

fn swapped(seed: u64, made: fn(u64, i64) -> (Input, Entity)) -> (Input, Entity) {
    let (mut input, mut cause) = made(seed, 0);
    elsewhere(&mut input, &["records"]);
    if cause == Town::workload("records") {
        cause.cluster = cluster(2);
    }
    (input, cause)
}

type Made = fn(u64) -> (Input, Entity);

const FAULTS: [(&str, Made); 5] = [
    ("database", database),
    ("release", release),
    ("release elsewhere", release_elsewhere),
    ("slow database", |seed| swapped(seed, slow_database)),
    ("storm", |seed| swapped(seed, storm)),
];

#[test]
fn clocks_that_differ_between_clusters_never_make_a_wrong_cause_certain() {
    let mut tally = Tally::default();
    for (fault, made) in FAULTS {
        for seconds in [-300, -60, -2, 2, 60, 300] {
            let mut right = 0;
            for seed in 420..430 {
                let (mut input, cause) = made(seed);
                moved(&mut input, |entity| entity.cluster == cluster(2), seconds);
                let findings = diagnose(&input);
                right += tally.right(&format!("{fault} {seconds} s {seed}"), &findings, &[cause]);
            }
            println!("{fault} {seconds} s: {right} of 10");
            let plain = !matches!(fault, "storm" | "slow database");
            assert!(!plain || right >= 8, "{fault} {seconds} s: {right} of 10");
        }
    }
    tally.nothing_wrong();
}

#[test]
fn an_order_that_contradicts_the_calls_is_told_and_not_used() {
    let (mut input, cause) = database(77);
    moved(&mut input, |entity| entity.cluster == cluster(2), 300);
    let findings = told("clock-5-min-ahead", &input);
    assert_cause(&findings, &cause);
    let told = findings
        .reasoning
        .iter()
        .any(|step| step.contains("clocks"));
    assert!(told, "{}", why(&findings));
    let reasons = &findings.candidates[0].reasons;
    assert!(
        reasons.iter().any(|r| r.text.contains("clocks differ")),
        "{reasons:#?}"
    );
    let late = reasons.iter().any(|r| r.text.contains("only"));
    assert!(!late, "its lateness speaks not against it: {reasons:#?}");
    // Where the order fits, it is used and nothing is said of clocks.
    let fits = diagnose(&database(77).0);
    assert!(!fits.reasoning.iter().any(|step| step.contains("clocks")));
}
