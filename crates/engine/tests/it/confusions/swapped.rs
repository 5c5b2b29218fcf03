//! The same two things, once the one breaks the other, once the other way round.

use fleetscope_engine::{Input, diagnose};
use fleetscope_model::{Entity, Verdict};

use super::right_or_silent;
use crate::failures::why;
use crate::scenarios::{assert_cause, told};
use crate::town::{Town, shifted};
use crate::trouble::{decoys, slow};

/// The database is slow by itself, and its clients ask again and again, so many minutes later.
pub(super) fn slow_database(seed: u64, later: i64) -> (Input, Entity) {
    let mut town = Town::new(seed);
    decoys(&mut town, "billing");
    let cause = slow(&mut town, "records", 14.0, 24);
    town.asked
        .insert("records", shifted(1.0, 1.9, 24 - later, 2));
    (town.finish(), cause)
}

/// A client asks for everything many times, and the database is slow by that, so many minutes
/// later.
pub(super) fn storm(seed: u64, later: i64) -> (Input, Entity) {
    let mut town = Town::new(seed);
    decoys(&mut town, "billing");
    town.works.insert("billing", shifted(1.0, 6.0, 24, 2));
    town.asked.insert("records", shifted(1.0, 6.0, 24, 2));
    slow(&mut town, "records", 14.0, 24 - later);
    town.log("billing", 23, 800, "WARN no answer in time, asking again");
    (town.finish(), Town::workload("billing"))
}

/// What is told of what two things did to each other, for many towns.
fn odds(made: fn(u64, i64) -> (Input, Entity), later: i64) -> usize {
    let one = |seed| {
        let (input, cause) = made(seed, later);
        right_or_silent(&format!("{seed} {later}"), &diagnose(&input), &[cause])
    };
    (300..312).map(one).sum()
}

#[test]
fn a_slow_database_whose_clients_ask_again_is_the_cause_and_not_its_clients() {
    let (input, cause) = slow_database(71, 6);
    assert_cause(&told("database-slows-client", &input), &cause);
    let (seen, unseen) = (odds(slow_database, 6), odds(slow_database, 0));
    println!("slow database: {seen} and {unseen} of 12");
    assert!(seen >= 10, "{seen} of 12 with the order visible");
    assert!(unseen >= 8, "{unseen} of 12 by the kinds of signals alone");
}

#[test]
fn a_client_that_floods_its_database_is_the_cause_and_not_the_database() {
    let (input, cause) = storm(72, 6);
    let findings = told("client-floods-database", &input);
    assert_cause(&findings, &cause);
    let (seen, unseen) = (odds(storm, 6), odds(storm, 0));
    println!("storm: {seen} and {unseen} of 12");
    assert!(seen >= 10, "{seen} of 12 with the order visible");
    assert!(unseen >= 8, "{unseen} of 12 by the kinds of signals alone");
}

#[test]
fn a_database_flooded_by_nobody_knows_whom_is_not_called_the_cause() {
    for (seed, later) in (320..332).flat_map(|seed| [(seed, 0), (seed, 6)]) {
        let (mut input, cause) = storm(seed, later);
        // Nothing tells which of its clients it is.
        input.logs.clear();
        let about = |name: &str| name == cause.name;
        input
            .signals
            .retain(|s| !(about(&s.entity.name) && s.name == "CPU usage"));
        let findings = diagnose(&input);
        right_or_silent(&format!("{seed} {later}"), &findings, &[cause]);
        let Verdict::InsufficientEvidence { next_look } = &findings.verdict else {
            panic!("{}", why(&findings));
        };
        assert!(
            next_look.contains("records") && next_look.contains("billing"),
            "{next_look}"
        );
    }
}
