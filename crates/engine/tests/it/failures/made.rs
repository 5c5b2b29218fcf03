//! What somebody did: a release, a setting, a flag, a commit; and what looks like it.

use fleetscope_engine::{ChangeContent, CitedChange, FlagTurn};
use fleetscope_model::{Blame, Change, ChangeKind, Entity, EntityKind};

use super::why;
use crate::build::cluster;
use crate::scenarios::{assert_cause, told};
use crate::town::{Town, at, shifted};
use crate::trouble::{bad_release, decoys, slow};

fn change(town: &mut Town, name: &str, kind: ChangeKind, ago: i64, summary: &str) {
    let evidence = town.cite();
    town.input.changes.push(CitedChange {
        change: Change {
            entity: Town::workload(name),
            kind,
            at: at(ago),
            revision: None,
            summary: summary.to_owned(),
        },
        evidence,
        content: None,
    });
}

fn commit(town: &mut Town, id: &str, ago: i64, message: &str, path: &str, diff: &str) {
    let evidence = town.cite();
    town.input.changes.push(CitedChange {
        change: Change {
            entity: Entity::new(cluster(1), EntityKind::Cluster, "town"),
            kind: ChangeKind::Commit,
            at: at(ago),
            revision: None,
            summary: message.to_owned(),
        },
        evidence,
        content: Some(ChangeContent {
            commit: Some(id.to_owned()),
            message: message.to_owned(),
            paths: vec![path.to_owned()],
            diff: Some(diff.to_owned()),
            flag: None,
        }),
    });
}

#[test]
fn a_setting_that_breaks_a_service_is_told_with_the_service() {
    let mut town = Town::new(31);
    decoys(&mut town, "billing");
    change(
        &mut town,
        "billing",
        ChangeKind::Config,
        21,
        "ConfigMap town/billing changed: 1 key",
    );
    town.fails.insert("billing", shifted(0.0, 0.3, 20, 2));
    town.log("billing", 19, 120, "ERROR unknown currency: key missing");
    let findings = told("config-change", &town.finish());
    assert_cause(&findings, &Town::workload("billing"));
    let made = findings.candidates[0].change.as_ref().unwrap();
    assert_eq!(made.kind, ChangeKind::Config);
    let attribution = findings.attribution.as_ref().unwrap();
    assert_eq!(
        attribution.suspects[0].change.kind,
        ChangeKind::Config,
        "{}",
        why(&findings)
    );
}

#[test]
fn a_flag_that_slows_a_service_down_is_told_with_it() {
    let mut town = Town::new(32);
    decoys(&mut town, "quotes");
    change(
        &mut town,
        "quotes",
        ChangeKind::Flag,
        20,
        "flag live_quotes: off to on",
    );
    let flag = FlagTurn {
        name: "live_quotes".to_owned(),
        from: "off".to_owned(),
        to: "on".to_owned(),
    };
    town.input.changes.last_mut().unwrap().content = Some(ChangeContent {
        flag: Some(flag),
        ..ChangeContent::default()
    });
    slow(&mut town, "quotes", 9.0, 19);
    let findings = told("flag", &town.finish());
    assert_cause(&findings, &Town::workload("quotes"));
    let first = &findings.attribution.as_ref().unwrap().suspects[0];
    assert_eq!(first.change.kind, ChangeKind::Flag, "{}", why(&findings));
}

#[test]
fn of_two_commits_in_one_release_the_one_whose_content_fits_is_blamed() {
    let mut town = Town::new(33);
    decoys(&mut town, "search");
    commit(
        &mut town,
        "1111aaaa",
        40,
        "search: read prices with the results",
        "search/results.go",
        "@@ func results @@\n+\tfor _, hit := range hits {\n+\t\tprice, err := s.records.Query(ctx, \"SELECT price FROM prices WHERE sku = $1\", hit.Sku)\n+\t\thit.Price = price\n+\t}\n",
    );
    commit(
        &mut town,
        "2222bbbb",
        25,
        "search: tidy results handler",
        "search/handler.go",
        "@@ func serve @@\n-\twriteJSON(w, hits)\n+\twriteResults(w, hits)\n",
    );
    town.rollout("search", 20, 9);
    slow(&mut town, "search", 12.0, 19);
    town.log(
        "search",
        18,
        300,
        "WARN slow query: SELECT price FROM prices took 40 times",
    );
    let findings = told("commit", &town.finish());
    assert_cause(&findings, &Town::workload("search"));
    let attribution = findings.attribution.as_ref().unwrap();
    let first = &attribution.suspects[0];
    assert_eq!(
        first.commit.as_deref(),
        Some("1111aaaa"),
        "{}",
        why(&findings)
    );
}

#[test]
fn two_faults_at_once_that_have_nothing_to_do_with_each_other_are_not_made_one() {
    let mut town = Town::new(34);
    let release = bad_release(&mut town, "billing", 20);
    town.gpus(Some(3), 20);
    let mut input = town.finish();
    // The job has a namespace of its own: nothing suggests that it has to do with the town.
    let apart = |entity: &mut Entity| {
        if entity.name == "answers" {
            entity.namespace = Some("training".to_owned());
        }
    };
    input.signals.iter_mut().for_each(|s| apart(&mut s.entity));
    input
        .topology
        .edges
        .iter_mut()
        .for_each(|e| apart(&mut e.from));
    let findings = told("two-faults", &input);
    let top = &findings.candidates[0];
    let gpu = Town::gpu(3);
    assert!(
        [&release, &gpu].contains(&&top.entity),
        "{}",
        why(&findings)
    );
    let other = if top.entity == gpu { &release } else { &gpu };
    assert!(!top.reaches.contains(other), "{}", why(&findings));
    let name = if top.entity == gpu {
        "billing"
    } else {
        "answers"
    };
    let elsewhere = findings.reasoning.iter().any(|step| step.contains(name));
    assert!(
        elsewhere,
        "the other trouble is told of: {:#?}",
        findings.reasoning
    );
}

#[test]
fn an_expired_certificate_is_blamed_on_nobody_though_something_was_just_released() {
    let mut town = Town::new(35);
    town.rollout("basket", 26, 12);
    town.fails.insert("billing", shifted(0.0, 0.9, 20, 1));
    town.log(
        "billing",
        20,
        900,
        "ERROR tls: handshake failed: x509: certificate has expired or is not yet valid",
    );
    let findings = told("certificate", &town.finish());
    let attribution = findings.attribution.as_ref().unwrap();
    assert_eq!(attribution.blame, Blame::NoChange, "{}", why(&findings));
    assert_ne!(findings.candidates[0].entity, Town::workload("basket"));
}
