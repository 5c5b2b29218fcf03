//! What is measured by many series says no more than what is measured by one.

use fleetscope_engine::{Input, diagnose};
use fleetscope_model::{Findings, SignalRole};

use crate::failures::why;
use crate::scenarios::assert_cause;
use crate::town::{Kind, Town, shifted};
use crate::trouble::{decoys, slow};

const FAILS: Kind = Kind::new("route error ratio", SignalRole::Errors, "ratio", 0.02).felt();

/// A slow database, and a service above it some routes of which have failed for long, for reasons of
/// their own: each route is a series.
fn failing_routes(seed: u64, routes: usize) -> (Input, Findings) {
    let mut town = Town::new(seed);
    decoys(&mut town, "front");
    slow(&mut town, "records", 14.0, 20);
    for route in 0..routes {
        let values = shifted(0.002, 0.3, 50, 1);
        town.series(Town::workload("front"), FAILS, &values, 0.2);
        let labels = &mut town.input.signals.last_mut().unwrap().series.labels;
        labels.insert("route".to_owned(), format!("/{route}"));
    }
    let input = town.finish();
    let findings = diagnose(&input);
    (input, findings)
}

#[test]
fn a_thing_whose_trouble_is_measured_many_times_counts_once() {
    for seed in 600..610 {
        let (_, few) = failing_routes(seed, 1);
        let (_, many) = failing_routes(seed, 12);
        let explained = |findings: &Findings| {
            let all = findings.candidates.iter();
            all.clone()
                .find(|c| c.entity.name == "records")
                .map(|c| c.explained)
        };
        assert_cause(&few, &Town::workload("records"));
        assert_cause(&many, &Town::workload("records"));
        let (few_share, many_share) = (explained(&few).unwrap(), explained(&many).unwrap());
        assert!(
            few_share - many_share < 0.2,
            "{few_share} {many_share}: {}",
            why(&many)
        );
        let ranked = many
            .candidates
            .iter()
            .position(|c| c.entity.name == "front");
        assert!(ranked.is_none_or(|place| place > 0), "{}", why(&many));
    }
}
