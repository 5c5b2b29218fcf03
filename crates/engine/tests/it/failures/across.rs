//! What comes from another cluster, and clocks that differ between clusters.

use fleetscope_engine::Input;
use fleetscope_model::{Entity, Verdict};

use super::{moved, why};
use crate::build::cluster;
use crate::scenarios::{assert_cause, told};
use crate::town::Town;
use crate::trouble::{decoys, slow};

/// The same town with one workload in another cluster.
fn elsewhere(input: &mut Input, name: &str) -> Entity {
    let (here, mut there) = (Town::workload(name), Town::workload(name));
    there.cluster = cluster(2);
    input.clusters.insert(cluster(2), "cellar".to_owned());
    let swap = |entity: &mut Entity| {
        if *entity == here {
            *entity = there.clone();
        }
    };
    for signal in &mut input.signals {
        swap(&mut signal.entity);
    }
    for edge in &mut input.topology.edges {
        swap(&mut edge.from);
        swap(&mut edge.to);
    }
    there
}

fn shared_database(seed: u64) -> (Input, Entity) {
    let mut town = Town::new(seed);
    decoys(&mut town, "");
    slow(&mut town, "records", 14.0, 20);
    let mut input = town.finish();
    let cause = elsewhere(&mut input, "records");
    (input, cause)
}

#[test]
fn a_database_in_another_cluster_is_the_cause_of_its_clients_trouble() {
    let (input, cause) = shared_database(51);
    let findings = told("database-in-another-cluster", &input);
    assert_cause(&findings, &cause);
    assert!(
        findings.candidates[0].reaches.len() >= 3,
        "{}",
        why(&findings)
    );
}

#[test]
fn clocks_that_differ_by_a_minute_and_a_half_change_no_verdict() {
    for (seconds, folder) in [(90, "clock-behind"), (-90, "clock-ahead")] {
        let (mut input, cause) = shared_database(52);
        moved(&mut input, |entity| entity.cluster == cluster(2), seconds);
        assert_cause(&told(folder, &input), &cause);
    }
}

#[test]
fn a_cause_that_is_seen_late_is_never_taken_for_an_effect_with_confidence() {
    for seconds in [60, 120, 180] {
        let mut town = Town::new(53);
        decoys(&mut town, "");
        let cause = slow(&mut town, "records", 14.0, 20);
        let mut input = town.finish();
        moved(&mut input, |entity| entity.name == "records", seconds);
        let findings = told(&format!("seen-{seconds}-s-late"), &input);
        let right = findings.candidates[0].entity == cause;
        let silent = findings.verdict != Verdict::Cause;
        assert!(right || silent, "{seconds} s: {}", why(&findings));
        assert!(
            seconds > 60 || right,
            "a minute is nothing: {}",
            why(&findings)
        );
    }
}
