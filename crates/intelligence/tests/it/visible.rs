//! What watches derive has no asker: each reader sees of it what its rights allow.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fleetscope_model::{
    AccessRole, AnomalyEvent, Aspect, Caller, ClusterId, ClusterVerb, Entity, EntityKind,
    ErrorKind, Fault, InvestigationId, PageRequest, Sight, Status, Verdict,
};
use fleetscope_ports::{Access, Result, Unasked};
use tokio::time::Instant;
use uuid::Uuid;

use crate::fakes::telemetry::{jump, steady};
use crate::fakes::{Fixture, caller, cluster_id, minutes, start};

/// Callers see these namespaces of every cluster, by their name: `token:shop` sees `shop`, and
/// `token:bank` sees `bank`, `token:shop+bank` both; `token:whole` sees everything, `token:away` knows no cluster.
struct ByName;

#[async_trait]
impl Access for ByName {
    fn sees_all(&self, caller: &Caller) -> bool {
        caller.name.starts_with("system:")
    }

    async fn may(&self, caller: &Caller, _: ClusterId, _: ClusterVerb) -> Result<bool> {
        Ok(caller.name != "token:away")
    }

    async fn sight(
        &self,
        caller: &Caller,
        _: ClusterId,
        _: Aspect,
        _: Option<&BTreeSet<String>>,
    ) -> std::result::Result<Sight, Unasked> {
        let name = caller.name.trim_start_matches("token:");
        Ok(match name {
            "whole" => Sight::Whole,
            names => Sight::Namespaces(names.split('+').map(str::to_owned).collect()),
        })
    }
}

pub(crate) fn reader(name: &str) -> Caller {
    Caller {
        name: format!("token:{name}"),
        ..caller(AccessRole::Operator)
    }
}

fn workload(namespace: &str, name: &str) -> Entity {
    Entity::new(cluster_id(1), EntityKind::Workload, name).in_namespace(namespace)
}

/// A shop whose cart is slow because a ledger of the bank is, and an investigation of it.
pub(crate) async fn trouble() -> Fixture {
    trouble_among(&[]).await
}

/// The same, where these call those.
async fn trouble_among(calls: &[(Entity, Entity)]) -> Fixture {
    let fixture = Fixture::with_access(&["fleet-1"], Arc::new(ByName));
    let telemetry = &fixture.telemetry;
    let from = start().checked_sub(minutes(15)).unwrap();
    let shop = cluster_id(1);
    let metric = "traces_spanmetrics_latency_bucket";
    telemetry.curve(shop, metric, &[("service", "cart")], jump(0.2, 2.1, from));
    telemetry.curve(shop, metric, &[("service", "ledger")], jump(0.1, 2.0, from));
    telemetry.curve(shop, metric, &[("service", "mail")], |at| steady(0.1, at));
    for name in ["cart", "ledger", "mail"] {
        let labels = [("service", name)];
        telemetry.curve(shop, "status_code=\"STATUS_CODE_ERROR\"", &labels, |_| 0.0);
    }
    telemetry.edge(fleetscope_model::Edge {
        from: workload("shop", "cart"),
        to: workload("bank", "ledger"),
        kind: fleetscope_model::EdgeKind::Calls,
    });
    for (from, to) in calls {
        telemetry.edge(fleetscope_model::Edge {
            from: from.clone(),
            to: to.clone(),
            kind: fleetscope_model::EdgeKind::Calls,
        });
    }
    fixture.rounds(4).await;
    fixture
}

pub(crate) async fn only_id(fixture: &Fixture) -> InvestigationId {
    let (reader, page) = (reader("whole"), page(10));
    let listed = fixture
        .intelligence
        .investigations(&reader, &page)
        .await
        .unwrap();
    assert!(!listed.items.is_empty(), "no investigation was opened");
    listed.items[0].id
}

fn page(limit: u32) -> PageRequest {
    PageRequest { after: None, limit }
}

#[tokio::test]
async fn an_incident_is_shown_entity_by_entity_and_names_nothing_else() {
    let fixture = trouble().await;
    let id = only_id(&fixture).await;
    let read = async |name: &str| {
        let reader = reader(name);
        let read = fixture.intelligence.investigation(&reader, id).await;
        format!("{:?}", read.unwrap())
    };
    let whole = read("whole").await;
    assert!(
        whole.contains("ledger") && whole.contains("cart"),
        "{whole}"
    );
    let shop = read("shop").await;
    assert!(shop.contains("cart"), "{shop}");
    assert!(!shop.contains("ledger") && !shop.contains("bank"), "{shop}");
    let bank = read("bank").await;
    assert!(bank.contains("ledger"), "{bank}");
    assert!(!bank.contains("cart"), "{bank}");
}

#[tokio::test]
async fn a_verdict_whose_cause_is_hidden_is_none_for_the_reader() {
    let fixture = trouble().await;
    let id = only_id(&fixture).await;
    let whole = fixture
        .intelligence
        .investigation(&reader("whole"), id)
        .await
        .unwrap();
    let cause = whole.findings.unwrap().candidates[0].entity.clone();
    assert_eq!(cause, workload("bank", "ledger"));
    let shop = fixture
        .intelligence
        .investigation(&reader("shop"), id)
        .await
        .unwrap();
    let findings = shop.findings.unwrap();
    assert!(
        matches!(findings.verdict, Verdict::InsufficientEvidence { .. }),
        "{findings:?}"
    );
    assert!(
        findings
            .candidates
            .iter()
            .all(|c| c.entity.namespace.as_deref() == Some("shop"))
    );
    assert!(!shop.narrative.is_empty());
    let cited: BTreeSet<_> = shop.evidence.iter().map(|piece| piece.id.clone()).collect();
    for anomaly in &findings.anomalies {
        assert!(
            cited.contains(&anomaly.evidence),
            "what is shown keeps its evidence"
        );
    }
}

/// Kiosk, desk and nurse call the cart, which calls the ledger, as the teller does.
async fn trouble_with_dependents() -> (Fixture, InvestigationId) {
    let fixture = trouble_among(&[
        (workload("shop", "kiosk"), workload("shop", "cart")),
        (workload("bank", "desk"), workload("shop", "cart")),
        (workload("clinic", "nurse"), workload("shop", "cart")),
        (workload("bank", "teller"), workload("bank", "ledger")),
    ])
    .await;
    let id = only_id(&fixture).await;
    (fixture, id)
}

#[tokio::test]
async fn whom_a_cause_affects_is_shown_without_those_and_without_ways_that_are_hidden() {
    let (fixture, id) = trouble_with_dependents().await;
    let blast = async |name: &str| {
        let reader = reader(name);
        let read = fixture.intelligence.investigation(&reader, id).await;
        let read = read.unwrap();
        let stated = format!("{:?}{:?}", read.findings, read.narrative);
        (read.findings.unwrap().blast, stated)
    };
    let named = |impacts: &[fleetscope_model::Impact]| -> Vec<(String, Option<usize>)> {
        let told = impacts
            .iter()
            .map(|one| (one.entity.name.clone(), one.distance()));
        told.collect()
    };
    let at = |name: &str, hops| (name.to_owned(), hops);
    let (whole, _) = blast("whole").await;
    let whole = whole.unwrap();
    assert_eq!(named(&whole.affected), [at("cart", Some(1))]);
    assert_eq!(
        named(&whole.at_risk),
        [
            at("teller", Some(1)),
            at("desk", Some(2)),
            at("nurse", Some(2)),
            at("kiosk", Some(2))
        ]
    );
    let (bank, stated) = blast("bank").await;
    let bank = bank.unwrap();
    assert_eq!(named(&bank.affected), []);
    assert_eq!(
        named(&bank.at_risk),
        [at("teller", Some(1)), at("desk", None)]
    );
    assert!(bank.at_risk[1].path.is_empty());
    assert!(
        !stated.contains("cart") && !stated.contains("kiosk"),
        "{stated}"
    );
    let (shop, stated) = blast("shop").await;
    assert_eq!(shop, None, "its cause is hidden");
    assert!(
        !stated.contains("ledger") && !stated.contains("teller"),
        "{stated}"
    );
    // To be at risk makes nobody a reader.
    let clinic = fixture
        .intelligence
        .investigation(&reader("clinic"), id)
        .await;
    assert_eq!(clinic.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_report_that_names_who_is_at_risk_is_for_those_who_may_see_them() {
    let (fixture, id) = trouble_with_dependents().await;
    let intelligence = &fixture.intelligence;
    let write = async |name: &str| {
        let report = intelligence.write_report(&reader(name), id, None).await;
        report.unwrap().id
    };
    let read = async |name: &str, report| {
        let reader = reader(name);
        let read = intelligence.report_text(&reader, report).await;
        read.map(|(_, text)| String::from_utf8(text.to_vec()).unwrap())
    };
    let (more, less) = (write("shop+bank+clinic").await, write("shop+bank").await);
    let text = read("shop+bank+clinic", more).await.unwrap();
    assert!(
        text.contains("Who is affected") && text.contains("nurse"),
        "{text}"
    );
    let part = read("shop+bank", more).await;
    assert_eq!(part.unwrap_err().kind(), ErrorKind::NotFound);
    let text = read("shop+bank", less).await.unwrap();
    assert!(text.contains("teller") && !text.contains("nurse"), "{text}");
    assert_eq!(read("shop+bank+clinic", less).await.unwrap(), text);
}

#[tokio::test]
async fn the_ranking_is_shown_without_what_is_hidden_and_with_its_evidence() {
    let (fixture, id) = trouble_with_dependents().await;
    let ranked = async |name: &str| {
        let reader = reader(name);
        let read = fixture
            .intelligence
            .investigation(&reader, id)
            .await
            .unwrap();
        let evidence: BTreeSet<_> = read.evidence.iter().map(|piece| piece.id.clone()).collect();
        let ranking = read.findings.unwrap().ranking;
        for reason in ranking.iter().flat_map(|suspect| &suspect.reasons) {
            assert!(
                reason.evidence.iter().all(|id| evidence.contains(id)),
                "{reason:?}"
            );
        }
        ranking
    };
    let whole = ranked("whole").await;
    let names: BTreeSet<&str> = whole.iter().map(|s| s.entity.name.as_str()).collect();
    assert!(
        names.contains("cart") && names.contains("ledger"),
        "{names:?}"
    );
    assert!(!whole[0].reasons.is_empty());
    let shop = ranked("shop").await;
    assert!(!shop.is_empty());
    for suspect in &shop {
        assert_eq!(suspect.entity.namespace.as_deref(), Some("shop"));
    }
}

#[tokio::test]
async fn of_a_causal_graph_the_edges_with_a_hidden_end_vanish() {
    let fixture = trouble().await;
    let id = only_id(&fixture).await;
    let graph = async |name: &str| {
        let reader = reader(name);
        let read = fixture.intelligence.investigation(&reader, id).await;
        read.unwrap().findings.unwrap().graph
    };
    let whole = graph("whole").await;
    let (cart, ledger) = (workload("shop", "cart"), workload("bank", "ledger"));
    let edge = |from: &Entity, to: &Entity| {
        let mut edges = whole.edges.iter();
        edges.any(|edge| edge.from == *from && edge.to == *to)
    };
    assert!(edge(&ledger, &cart), "{whole:#?}");
    let shop = graph("shop").await;
    let named: Vec<&Entity> = shop.nodes.iter().map(|node| &node.entity).collect();
    assert_eq!(named, [&cart]);
    assert!(shop.edges.is_empty(), "{shop:#?}");
}

#[tokio::test]
async fn what_is_hidden_is_answered_as_what_is_not_there_and_not_sooner() {
    let fixture = trouble().await;
    let hidden = only_id(&fixture).await;
    let absent = InvestigationId::new(Uuid::from_u128(5));
    let mut told = Vec::new();
    for name in ["mail", "away"] {
        let reader = reader(name);
        for id in [hidden, absent] {
            let begun = Instant::now();
            let error = fixture
                .intelligence
                .investigation(&reader, id)
                .await
                .unwrap_err();
            assert!(begun.elapsed() >= Duration::from_millis(25));
            assert_eq!(error.kind(), ErrorKind::NotFound);
            told.push(error.message().replace(&id.to_string(), "ID"));
        }
        let list = fixture
            .intelligence
            .investigations(&reader, &page(10))
            .await
            .unwrap();
        assert_eq!((list.items.len(), list.next), (0, None));
        let list = fixture
            .intelligence
            .anomaly_analyses(&reader, &page(10))
            .await
            .unwrap();
        assert_eq!((list.items.len(), list.next), (0, None));
        let report = fixture
            .intelligence
            .write_report(&reader, hidden, None)
            .await;
        assert_eq!(report.unwrap_err().kind(), ErrorKind::NotFound);
    }
    assert!(told.iter().all(|text| *text == told[0]), "{told:?}");
}

#[tokio::test]
async fn analyses_are_shown_anomaly_by_anomaly_and_lists_have_no_holes() {
    let fixture = trouble().await;
    let all = fixture
        .intelligence
        .anomaly_analyses(&reader("whole"), &page(100))
        .await
        .unwrap();
    let hers = fixture
        .intelligence
        .anomaly_analyses(&reader("shop"), &page(100))
        .await
        .unwrap();
    assert!(!hers.items.is_empty());
    for analysis in &hers.items {
        assert_eq!(analysis.status, Status::Complete);
        let entities = analysis.anomalies.iter().map(|anomaly| &anomaly.entity);
        assert!(
            entities
                .into_iter()
                .all(|e| e.namespace.as_deref() == Some("shop"))
        );
        assert_eq!(analysis.evidence.len(), analysis.anomalies.len());
    }
    let count = |items: &[fleetscope_model::AnomalyAnalysis]| {
        items
            .iter()
            .map(|analysis| analysis.anomalies.len())
            .sum::<usize>()
    };
    assert!(count(&hers.items) < count(&all.items));
    let mut walked = Vec::new();
    let mut request = page(1);
    loop {
        let part = fixture
            .intelligence
            .anomaly_analyses(&reader("shop"), &request)
            .await
            .unwrap();
        assert_eq!(part.items.len(), 1);
        walked.extend(part.items);
        match part.next {
            Some(next) => request.after = Some(next),
            None => break,
        }
    }
    assert_eq!(walked, hers.items);
}

#[tokio::test]
async fn an_event_is_shown_by_the_members_that_are_seen_and_tells_of_no_others() {
    let fixture = trouble().await;
    let events = async |name: &str| {
        let reader = reader(name);
        let page = page(100);
        let listed = fixture.intelligence.anomaly_analyses(&reader, &page).await;
        let analyses = listed.unwrap().items;
        for analysis in &analyses {
            let members: usize = analysis.events.iter().map(|e| e.members.len()).sum();
            assert_eq!(members, analysis.anomalies.len());
        }
        analyses
            .into_iter()
            .flat_map(|a| a.events)
            .collect::<Vec<_>>()
    };
    let together = |events: &[AnomalyEvent]| events.iter().any(|e| e.entities.len() > 1);
    let whole = events("whole").await;
    assert!(together(&whole), "{whole:?}");
    for (name, hidden) in [("shop", "ledger"), ("bank", "cart")] {
        let hers = events(name).await;
        assert!(!hers.is_empty() && !together(&hers), "{hers:?}");
        let told = format!("{hers:?}");
        assert!(!told.contains(hidden), "{told}");
        assert!(hers.iter().all(|event| event.ties.is_empty()), "{told}");
    }
}

#[tokio::test]
async fn a_report_is_for_those_who_see_all_that_it_tells_of() {
    let fixture = trouble().await;
    let id = only_id(&fixture).await;
    let whole = fixture
        .intelligence
        .write_report(&reader("whole"), id, None)
        .await
        .unwrap();
    let hers = fixture
        .intelligence
        .write_report(&reader("shop"), id, None)
        .await
        .unwrap();
    let read = async |name: &str, report| {
        let reader = reader(name);
        let read = fixture.intelligence.report_text(&reader, report).await;
        read.map(|(_, text)| String::from_utf8(text.to_vec()).unwrap())
    };
    assert!(read("whole", whole.id).await.unwrap().contains("ledger"));
    assert_eq!(
        read("shop", whole.id).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    let text = read("shop", hers.id).await.unwrap();
    assert!(text.contains("cart") && !text.contains("ledger"), "{text}");
    assert_eq!(
        read("bank", hers.id).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    let removed = fixture
        .intelligence
        .delete_report(&reader("bank"), hers.id)
        .await;
    assert_eq!(removed.unwrap_err().kind(), ErrorKind::NotFound);
    let listed = fixture
        .intelligence
        .reports(&reader("shop"), &page(10))
        .await
        .unwrap();
    assert_eq!(
        listed.items.iter().map(|r| r.id).collect::<Vec<_>>(),
        [hers.id]
    );
}
