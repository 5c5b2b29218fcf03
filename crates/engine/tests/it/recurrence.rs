//! The same trouble is known again, and other trouble is not taken for it.

use std::collections::BTreeMap;

use fleetscope_engine::{diagnose, fingerprint, recurrence, similarity};
use fleetscope_model::{Findings, Fingerprint, Verdict};
use proptest::prelude::*;

use crate::build::cluster;
use crate::town::Town;
use crate::trouble::{bad_release, decoys, greedy, hog, leak, slow};

/// Troubles with a name, each of which several seeds play. The first word says what it is, the second
/// where.
const TROUBLES: [&str; 11] = [
    "leak search",
    "leak basket",
    "release search",
    "release billing",
    "slow records",
    "slow search",
    "hog node",
    "greedy batch",
    "gpu",
    "clock",
    "slow quotes",
];

fn play(trouble: &str, seed: u64) -> Findings {
    let mut town = Town::new(seed);
    decoys(&mut town, "search");
    let ago = 18 + (seed % 7) as i64;
    let node = (seed % 4) as usize;
    match trouble {
        "leak search" => drop(leak(&mut town, "search", ago + 18)),
        "leak basket" => drop(leak(&mut town, "basket", ago + 18)),
        "release search" => drop(bad_release(&mut town, "search", ago)),
        "release billing" => drop(bad_release(&mut town, "billing", ago)),
        "slow records" => drop(slow(&mut town, "records", 14.0, ago)),
        "slow search" => drop(slow(&mut town, "search", 12.0, ago)),
        "slow quotes" => drop(slow(&mut town, "quotes", 12.0, ago)),
        "hog node" => drop(hog(&mut town, node, ago)),
        "greedy batch" => drop(greedy(&mut town, node, ago)),
        "gpu" => town.gpus(Some(node), ago),
        _ => town.clocks(Some(0), ago),
    }
    diagnose(&town.finish())
}

fn print_of(findings: &Findings) -> Fingerprint {
    fingerprint(findings).unwrap()
}

/// Least, middle and most.
fn spread(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [
        values[0],
        values[values.len() / 2],
        values[values.len() - 1],
    ]
}

/// The table of `docs/engine/recurrence.md`: print it with `--nocapture`.
#[test]
fn the_same_trouble_is_alike_with_other_seeds_and_other_troubles_are_not() {
    let seeds = 700..706;
    let prints: Vec<(&str, Vec<Fingerprint>)> = TROUBLES
        .iter()
        .map(|trouble| {
            let played = seeds.clone().map(|seed| print_of(&play(trouble, seed)));
            (*trouble, played.collect())
        })
        .collect();
    let (mut known, mut pairs, mut taken) = (0, 0, Vec::new());
    for (name, own) in &prints {
        let mut alike = Vec::new();
        for (at, a) in own.iter().enumerate() {
            alike.extend(own[at + 1..].iter().map(|b| similarity(a, b)));
        }
        let others = prints.iter().filter(|(other, _)| other != name);
        let mut nearest = (0.0, "");
        let mut all = Vec::new();
        for (other, theirs) in others {
            for likeness in own
                .iter()
                .flat_map(|a| theirs.iter().map(|b| similarity(a, b)))
            {
                all.push(likeness);
                if likeness > nearest.0 {
                    nearest = (likeness, *other);
                }
                if likeness >= recurrence::SAME {
                    taken.push(format!("{name} for {other}: {likeness:.2}"));
                }
            }
        }
        pairs += alike.len();
        known += alike.iter().filter(|a| **a >= recurrence::SAME).count();
        let [least, middle, most] = spread(alike);
        println!(
            "| {name} | {least:.2} | {middle:.2} | {most:.2} | {:.2} | {:.2} | {} |",
            spread(all)[1],
            nearest.0,
            nearest.1
        );
    }
    println!("{known} of {pairs} pairs of one trouble known again; others: {taken:?}");
    assert!(taken.is_empty(), "{taken:?}");
    assert!(known * 100 >= pairs * 95, "{known} of {pairs}");
}

#[test]
fn the_same_trouble_in_another_cluster_has_the_same_fingerprint() {
    let findings = play("release billing", 710);
    assert_eq!(findings.verdict, Verdict::Cause);
    let text = serde_json::to_string(&findings).unwrap();
    let elsewhere = text.replace(&cluster(1).to_string(), &cluster(9).to_string());
    let elsewhere: Findings = serde_json::from_str(&elsewhere).unwrap();
    assert_ne!(findings, elsewhere);
    assert_eq!(print_of(&findings), print_of(&elsewhere));
}

#[test]
fn what_is_calm_has_no_fingerprint() {
    let calm = diagnose(&Town::new(711).finish());
    assert_eq!(calm.verdict, Verdict::NothingWrong);
    assert_eq!(fingerprint(&calm), None);
}

#[test]
fn fingerprints_of_different_versions_are_not_compared() {
    let one = print_of(&play("release billing", 712));
    let mut other = one.clone();
    other.version += 1;
    assert_eq!(similarity(&one, &other).to_bits(), 0.0_f64.to_bits());
}

#[test]
fn the_order_of_anomalies_does_not_matter() {
    let findings = play("leak search", 713);
    let mut turned = findings.clone();
    turned.anomalies.reverse();
    turned.timeline.reverse();
    turned.ranking.reverse();
    assert_eq!(fingerprint(&findings), fingerprint(&turned));
}

/// A fingerprint is kept for months: what it was made of yesterday must be found again today.
#[test]
fn a_fingerprint_is_the_same_in_every_release_of_its_version() {
    let print = print_of(&play("release billing", 714));
    assert_eq!(print.version, 1);
    let rounded = |weight: &f64| (weight * 1e3).round() / 1e3;
    let features: BTreeMap<&String, f64> = print
        .features
        .iter()
        .map(|(f, w)| (f, rounded(w)))
        .collect();
    insta::assert_json_snapshot!(features);
    let text = serde_json::to_string(&print).unwrap();
    assert_eq!(serde_json::from_str::<Fingerprint>(&text).unwrap(), print);
}

fn wild() -> impl Strategy<Value = Fingerprint> {
    let weight = prop_oneof![
        8 => 0.001..5.0_f64,
        1 => prop_oneof![Just(0.0), Just(-1.0), Just(f64::NAN), Just(f64::INFINITY)],
    ];
    let features = prop::collection::btree_map("[a-e]", weight, 0..6);
    features.prop_map(|features| Fingerprint {
        version: 1,
        features,
    })
}

proptest! {
    #[test]
    fn similarity_is_the_same_both_ways_within_0_and_1_and_1_for_itself(
        one in wild(), other in wild(),
    ) {
        let likeness = similarity(&one, &other);
        prop_assert!((0.0..=1.0).contains(&likeness), "{likeness}");
        prop_assert_eq!(likeness.to_bits(), similarity(&other, &one).to_bits());
        let counts = |weight: &f64| weight.is_finite() && *weight > 0.0;
        let own = similarity(&one, &one);
        let any = one.features.values().any(counts);
        prop_assert_eq!(own.to_bits(), if any { 1.0_f64 } else { 0.0 }.to_bits());
    }

    #[test]
    fn what_one_has_more_of_makes_two_less_alike(mut one in wild(), more in 0.1..9.0_f64) {
        let before = similarity(&one, &one.clone());
        let other = one.clone();
        one.features.insert("more".to_owned(), more);
        let after = similarity(&one, &other);
        prop_assert!(after < before || before == 0.0);
    }
}
