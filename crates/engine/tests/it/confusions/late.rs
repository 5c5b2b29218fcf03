//! What is wrong with the cause is seen later than what it does to others.

use fleetscope_engine::diagnose;
use fleetscope_model::Entity;

use super::Tally;
use crate::failures::moved;
use crate::town::Town;
use crate::trouble::{bad_release, decoys, hog, leak, slow};

type Made = fn(&mut Town) -> Entity;

const FAULTS: [(&str, Made); 5] = [
    ("slow database", |town| slow(town, "records", 14.0, 20)),
    ("bad release", |town| bad_release(town, "billing", 20)),
    ("leak", |town| leak(town, "billing", 35)),
    ("busy node", |town| hog(town, 2, 20)),
    ("lost clock", |town| {
        town.clocks(Some(2), 20);
        Town::clock(2)
    }),
];

#[test]
fn a_cause_that_is_seen_late_is_found_or_nothing_is_named() {
    let mut tally = Tally::default();
    for (fault, made) in FAULTS {
        for seconds in [60, 120, 180, 300, 600] {
            let mut right = 0;
            for seed in 400..410 {
                let mut town = Town::new(seed);
                decoys(&mut town, "billing");
                let cause = made(&mut town);
                let mut input = town.finish();
                moved(&mut input, |entity| *entity == cause, seconds);
                let findings = diagnose(&input);
                let what = format!("{fault} {seconds} s late, {seed}");
                right += tally.right(&what, &findings, &[cause]);
            }
            println!("{fault} {seconds} s late: {right} of 10");
            assert!(
                seconds > 60 || right >= 8,
                "{fault}: {right} of 10, a minute late"
            );
        }
    }
    tally.nothing_wrong();
}
