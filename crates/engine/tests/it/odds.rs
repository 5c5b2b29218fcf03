//! Many towns of each kind: how often the engine is right, abstains, or is wrong.

use fleetscope_engine::diagnose;
use fleetscope_model::{Entity, Verdict};
use rand::Rng;

use crate::town::Town;
use crate::trouble::{APPS, bad_release, bustle, decoys, greedy, hog, leak, one, slow};

type Fault = fn(&mut Town, i64) -> Entity;

const FAULTS: [(&str, Fault); 7] = [
    ("memory leak", |town, ago| {
        let name = one(town, &APPS);
        decoys(town, name);
        leak(town, name, ago + 10)
    }),
    ("bad release", |town, ago| {
        let name = one(town, &APPS);
        decoys(town, name);
        bad_release(town, name, ago)
    }),
    ("slow database", |town, ago| {
        decoys(town, "");
        slow(town, "records", 14.0, ago)
    }),
    ("busy node", |town, ago| {
        let node = town.random.random_range(0..4);
        decoys(town, "");
        hog(town, node, ago)
    }),
    ("greedy workload", |town, ago| {
        let node = town.random.random_range(0..4);
        decoys(town, "");
        greedy(town, node, ago)
    }),
    ("hot GPU", |town, ago| {
        let number = town.random.random_range(0..8);
        decoys(town, "");
        town.gpus(Some(number), ago);
        Town::gpu(number)
    }),
    ("lost clock", |town, ago| {
        let number = town.random.random_range(0..3);
        decoys(town, "");
        town.clocks(Some(number), ago);
        Town::clock(number)
    }),
];

#[test]
fn nine_of_ten_faults_are_found_and_no_confident_answer_is_wrong() {
    for (name, fault) in FAULTS {
        let mut right = 0;
        for seed in 100..110 {
            for (ago, noise) in [(12, 1.0), (25, 1.0), (25, 2.0)] {
                let mut town = Town::new(seed);
                town.noise = noise;
                let cause = fault(&mut town, ago);
                let findings = diagnose(&town.finish());
                if findings.verdict == Verdict::Cause {
                    let found = &findings.candidates[0].entity;
                    assert_eq!(
                        found, &cause,
                        "{name} {seed} {ago}: {:#?}",
                        findings.reasoning
                    );
                    right += 1;
                }
            }
        }
        assert!(right >= 27, "{name}: {right} of 30");
    }
}

#[test]
fn no_healthy_town_is_called_ill() {
    for seed in 200..240 {
        let mut town = Town::new(seed);
        town.noise = 1.0 + (seed % 3) as f64;
        decoys(&mut town, "");
        bustle(&mut town);
        let findings = diagnose(&town.finish());
        assert_eq!(
            findings.verdict,
            Verdict::NothingWrong,
            "{seed}: {:#?}",
            findings.reasoning
        );
    }
}
