//! Who is affected by a cause, and who is at risk by it.

use std::collections::BTreeSet;

use fleetscope_engine::{Input, diagnose, narrate};
use fleetscope_model::{BlastRadius, EdgeKind, Entity, EntityKind, Findings, Impact};
use proptest::prelude::*;

use crate::build::cluster;
use crate::properties::town;
use crate::town::Town;
use crate::trouble::{decoys, greedy, leak, slow};

fn blast(findings: &Findings) -> &BlastRadius {
    findings.blast.as_ref().unwrap()
}

fn named(impacts: &[Impact]) -> Vec<&str> {
    impacts.iter().map(|i| i.entity.name.as_str()).collect()
}

/// A slow database, with a kiosk that nothing measures in front of the front.
fn slow_records() -> Input {
    let mut town = Town::new(60);
    decoys(&mut town, "");
    slow(&mut town, "records", 14.0, 20);
    let kiosk = Entity::new(cluster(2), EntityKind::Workload, "kiosk").in_namespace("street");
    let clerk = Entity::new(cluster(2), EntityKind::Workload, "clerk").in_namespace("street");
    town.edge(&kiosk, &Town::workload("front"), EdgeKind::Calls);
    town.edge(&clerk, &kiosk, EdgeKind::Calls);
    town.finish()
}

#[test]
fn clients_are_affected_and_what_depends_on_them_is_at_risk_across_clusters() {
    let findings = diagnose(&slow_records());
    let blast = blast(&findings);
    assert!(named(&blast.affected).contains(&"front"), "{blast:#?}");
    let front = blast.affected.iter().find(|i| i.entity.name == "front");
    let front = front.unwrap();
    assert!(front.goes_on());
    assert_eq!(front.path[0].entity, Town::workload("records"));
    assert!(front.path[0].via.is_empty());
    assert!(front.path[1..].iter().all(|hop| hop.via == "is called by"));
    let at_risk = |name: &str| blast.at_risk.iter().find(|i| i.entity.name == name);
    let (kiosk, clerk) = (at_risk("kiosk").unwrap(), at_risk("clerk").unwrap());
    assert_eq!(kiosk.entity.cluster, cluster(2));
    assert_eq!(kiosk.distance().unwrap(), front.distance().unwrap() + 1);
    assert_eq!(clerk.distance().unwrap(), front.distance().unwrap() + 2);
    assert!(kiosk.signals.is_empty());
    let story = narrate(&findings, &slow_records().clusters).join("\n");
    assert!(
        story.contains("at risk")
            && story.contains("workload street/kiosk (through workload town/front)"),
        "{story}"
    );
}

#[test]
fn what_uses_up_its_own_limit_endangers_nothing_on_its_node_and_what_takes_cores_does() {
    let mut town = Town::new(61);
    let cause = leak(&mut town, "basket", 40);
    let findings = diagnose(&town.finish());
    assert_eq!(findings.candidates[0].entity, cause);
    let nodes = |impacts: &[Impact]| {
        impacts
            .iter()
            .filter(|i| i.entity.kind == EntityKind::Node)
            .count()
    };
    let leaking = blast(&findings);
    assert_eq!((nodes(&leaking.affected), nodes(&leaking.at_risk)), (0, 0));

    let mut town = Town::new(61);
    let cause = greedy(&mut town, 1, 20);
    let findings = diagnose(&town.finish());
    assert_eq!(findings.candidates[0].entity, cause);
    let taking = blast(&findings);
    assert_eq!(nodes(&taking.affected), 1);
    let hosted = taking
        .affected
        .iter()
        .filter(|i| i.path.iter().any(|hop| hop.via == "hosts"));
    assert!(hosted.count() >= 2, "{taking:#?}");
}

#[test]
fn a_radius_is_bounded_and_says_how_many_it_leaves_out() {
    let mut town = Town::new(62);
    decoys(&mut town, "");
    slow(&mut town, "records", 14.0, 20);
    for number in 0..170 {
        let reader = Town::workload(&format!("reader-{number}"));
        town.edge(&reader, &Town::workload("records"), EdgeKind::Calls);
    }
    let findings = diagnose(&town.finish());
    let blast = blast(&findings);
    assert_eq!(blast.at_risk.len(), BlastRadius::MOST);
    assert!(blast.more_at_risk >= 70, "{}", blast.more_at_risk);
    let distances: Vec<_> = blast.at_risk.iter().map(Impact::distance).collect();
    assert!(distances.is_sorted());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_way_leads_from_the_cause_along_what_is_known(kind in 0_u8..7, seed in 0_u64..1000) {
        let input = town(kind, seed);
        let findings = diagnose(&input);
        let Some(blast) = &findings.blast else {
            prop_assert!(findings.candidates.is_empty());
            return Ok(());
        };
        let cause = &findings.candidates[0].entity;
        let reaches: BTreeSet<&Entity> = findings.candidates[0].reaches.iter().collect();
        let affected: BTreeSet<&Entity> = blast.affected.iter().map(|i| &i.entity).collect();
        prop_assert_eq!(&reaches, &affected);
        let unusual: BTreeSet<&Entity> = findings.anomalies.iter().map(|a| &a.entity).collect();
        for impact in &blast.at_risk {
            prop_assert!(!unusual.contains(&impact.entity) && !affected.contains(&impact.entity));
        }
        for impact in blast.affected.iter().chain(&blast.at_risk) {
            prop_assert_eq!(&impact.path[0].entity, cause);
            prop_assert_eq!(&impact.path.last().unwrap().entity, &impact.entity);
            let on_the_way: BTreeSet<_> = impact.path.iter().map(|hop| &hop.entity).collect();
            prop_assert_eq!(on_the_way.len(), impact.path.len(), "nothing comes twice");
            prop_assert!(impact.path[1..].iter().all(|hop| !hop.via.is_empty()));
        }
        for impact in &blast.affected {
            prop_assert!(!impact.signals.is_empty() && impact.signals.len() <= 5);
        }
    }
}
