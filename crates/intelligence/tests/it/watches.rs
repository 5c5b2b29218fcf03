//! Watches: quiet where nothing happens, and one investigation where something does.

use fleetscope_model::{
    Edge, EdgeKind, Entity, EntityKind, EventKind, GapKind, Origin, Status, Verdict,
};

use crate::fakes::telemetry::{bump, jump, steady};
use crate::fakes::{Fixture, cluster_id, minutes, start};
use crate::investigations::{rolled_out, slow_cart, workload};

fn count(told: &[&str], kind: EventKind) -> usize {
    told.iter().filter(|told| **told == kind.as_str()).count()
}

fn in_minutes(count: i64) -> jiff::Timestamp {
    start().checked_add(minutes(count)).unwrap()
}

#[tokio::test]
async fn a_steady_fleet_is_quiet() {
    let fixture = Fixture::new(&["shop", "edge"]);
    slow_cart(&fixture, in_minutes(10_000));
    fixture.rounds(30).await;
    assert!(fixture.told().await.is_empty());
    assert!(fixture.shelf.analyses().is_empty());
}

#[tokio::test]
async fn an_anomaly_is_announced_once_also_after_a_restart() {
    let fixture = Fixture::new(&["shop"]);
    let labels = [("instance", "worker-1")];
    let metric = "node_disk_io_time_seconds_total";
    fixture.telemetry.curve(
        cluster_id(1),
        metric,
        &labels,
        jump(0.1, 0.9, in_minutes(5)),
    );
    fixture.rounds(10).await;
    assert_eq!(fixture.told().await, ["anomaly.detected"]);
    let fixture = fixture.restarted();
    fixture.rounds(10).await;
    assert_eq!(fixture.told().await, ["anomaly.detected"]);
    let analyses = fixture.shelf.analyses();
    assert_eq!(analyses.len(), 1);
    assert_eq!(analyses[0].origin, Origin::Watch);
    assert_eq!(analyses[0].watches[0].0, "node-disk-busy");
    assert_eq!(analyses[0].evidence.len(), 1);
}

#[tokio::test]
async fn what_moves_together_is_told_as_one_and_what_joins_is_told_with_it() {
    let fixture = Fixture::new(&["shop"]);
    slow_cart(&fixture, in_minutes(5));
    let metric = "traces_spanmetrics_latency_bucket";
    let late = jump(0.1, 1.9, in_minutes(6));
    let labels = [("service", "shipping")];
    fixture
        .telemetry
        .curve(cluster_id(1), metric, &labels, late);
    fixture.telemetry.edge(Edge {
        from: workload("cart"),
        to: workload("shipping"),
        kind: EdgeKind::Calls,
    });
    fixture.rounds(16).await;
    let told = fixture.told().await;
    assert_eq!(count(&told, EventKind::AnomalyDetected), 2, "{told:?}");
    let mut analyses = fixture.shelf.analyses();
    analyses.sort_by_key(|analysis| analysis.created_at);
    let [first, second] = analyses.as_slice() else {
        panic!("{}", analyses.len())
    };
    assert_eq!(first.events.len(), 1);
    assert_eq!(first.events[0].entities.len(), 2);
    let joined = &second.events[0];
    assert_eq!(joined.entities.len(), 3, "{joined:?}");
    assert_eq!(joined.members.len(), second.anomalies.len());
    let events = fixture.events().await;
    let summaries: Vec<&str> = events
        .iter()
        .filter(|event| event.event.kind == EventKind::AnomalyDetected)
        .map(|event| event.event.summary.as_str())
        .collect();
    let calls = "workload shop/web calls workload shop/cart";
    assert!(summaries[0].contains(calls), "{summaries:?}");
    assert!(
        summaries[1].contains("workload shop/shipping"),
        "{summaries:?}"
    );
}

#[tokio::test]
async fn what_no_user_feels_opens_no_investigation() {
    let fixture = Fixture::new(&["shop"]);
    let labels = [("instance", "worker-1")];
    let metric = "node_disk_io_time_seconds_total";
    fixture.telemetry.curve(
        cluster_id(1),
        metric,
        &labels,
        jump(0.1, 0.9, in_minutes(5)),
    );
    fixture.rounds(20).await;
    assert!(fixture.shelf.investigations().is_empty());
}

#[tokio::test]
async fn a_symptom_that_holds_opens_one_investigation_that_names_the_cause_and_is_closed() {
    let fixture = Fixture::new(&["shop", "edge"]);
    slow_cart(&fixture, in_minutes(5));
    rolled_out(&fixture, in_minutes(4));
    fixture.rounds(40).await;
    let investigations = fixture.shelf.investigations();
    assert_eq!(investigations.len(), 1);
    let found = &investigations[0];
    assert_eq!(
        (found.origin, found.status, found.open),
        (Origin::Watch, Status::Complete, false)
    );
    assert_eq!(found.clusters.len(), 1);
    assert_eq!(found.alarms.len(), 2);
    let findings = found.findings.as_ref().unwrap();
    assert_eq!(findings.verdict, Verdict::Cause);
    assert_eq!(findings.candidates[0].entity, workload("cart"));
    let told = fixture.told().await;
    assert_eq!(count(&told, EventKind::InvestigationOpened), 1);
    assert_eq!(count(&told, EventKind::InvestigationClosed), 1);
    let updates = count(&told, EventKind::InvestigationUpdated);
    assert!((1..=4).contains(&updates), "{told:?}");
    assert!(found.revision as usize <= updates + 1);
}

#[tokio::test]
async fn a_restart_in_the_middle_opens_no_second_investigation() {
    let fixture = Fixture::new(&["shop"]);
    slow_cart(&fixture, in_minutes(5));
    fixture.rounds(12).await;
    assert_eq!(fixture.shelf.investigations().len(), 1);
    let fixture = fixture.restarted();
    fixture.rounds(12).await;
    let fixture = fixture.restarted();
    fixture.rounds(30).await;
    let investigations = fixture.shelf.investigations();
    assert_eq!(investigations.len(), 1);
    assert!(!investigations[0].open);
}

/// A rate over two minutes shows a pod that was gone for one for three.
#[tokio::test]
async fn a_blip_raises_no_alarm_however_high() {
    let fixture = Fixture::new(&["shop"]);
    let metric = "traces_spanmetrics_latency_bucket";
    let labels = [("service", "cart")];
    let blip = bump(0.1, 20.0, in_minutes(5), in_minutes(9));
    fixture
        .telemetry
        .curve(cluster_id(1), metric, &labels, blip);
    fixture.rounds(20).await;
    assert_eq!(fixture.told().await, ["anomaly.detected"]);
    assert!(fixture.shelf.investigations().is_empty());
}

#[tokio::test]
async fn clusters_that_reach_each_other_share_an_investigation_and_others_do_not() {
    for (joined, expected) in [(true, 1), (false, 2)] {
        let fixture = Fixture::new(&["shop", "edge"]);
        let metric = "traces_spanmetrics_latency_bucket";
        let mut ends = Vec::new();
        for number in [1, 2] {
            let cluster = cluster_id(number);
            let slow = jump(0.1, 3.0, in_minutes(5));
            let labels = [("service", "cart")];
            fixture.telemetry.curve(cluster, metric, &labels, slow);
            let entity = Entity::new(cluster, EntityKind::Workload, "cart");
            ends.push(entity.in_namespace("shop"));
        }
        if joined {
            fixture.telemetry.edge(Edge {
                from: ends.remove(0),
                to: ends.remove(0),
                kind: EdgeKind::Calls,
            });
        }
        fixture.rounds(12).await;
        let investigations = fixture.shelf.investigations();
        assert_eq!(investigations.len(), expected);
        assert_eq!(investigations[0].clusters.len(), 3 - expected);
    }
}

#[tokio::test]
async fn an_investigation_is_closed_when_the_symptoms_have_ended() {
    let fixture = Fixture::new(&["shop"]);
    let metric = "traces_spanmetrics_latency_bucket";
    let labels = [("service", "cart")];
    let trouble = bump(0.1, 2.0, in_minutes(5), in_minutes(11));
    fixture
        .telemetry
        .curve(cluster_id(1), metric, &labels, trouble);
    fixture.rounds(10).await;
    assert!(fixture.shelf.investigations()[0].open);
    fixture.rounds(10).await;
    let closed = &fixture.shelf.investigations()[0];
    assert!(!closed.open);
    assert!(!closed.alarms[0].ongoing);
    // What was found stays found: the calm after it is not the conclusion.
    assert_ne!(
        closed.findings.as_ref().unwrap().verdict,
        Verdict::NothingWrong
    );
    let events = fixture.events().await;
    let last = &events.last().unwrap().event;
    assert_eq!(last.kind, EventKind::InvestigationClosed);
    assert!(last.summary.contains("have ended"), "{}", last.summary);
}

#[tokio::test]
async fn a_cluster_that_falls_silent_has_not_recovered() {
    let fixture = Fixture::new(&["shop"]);
    slow_cart(&fixture, in_minutes(5));
    fixture.rounds(9).await;
    assert!(fixture.shelf.investigations()[0].open);
    fixture
        .telemetry
        .outage(cluster_id(1), GapKind::Unreachable);
    fixture.rounds(6).await;
    assert!(fixture.shelf.investigations()[0].open);
    fixture.telemetry.repair(cluster_id(1));
    fixture.rounds(20).await;
    assert_eq!(fixture.shelf.investigations().len(), 1);
}

#[tokio::test]
async fn one_dead_cluster_hides_nothing_of_the_others() {
    let fixture = Fixture::new(&["shop", "edge"]);
    slow_cart(&fixture, in_minutes(5));
    fixture.telemetry.outage(cluster_id(2), GapKind::Timeout);
    fixture.rounds(12).await;
    assert_eq!(fixture.shelf.investigations().len(), 1);
}

#[tokio::test]
async fn an_investigation_of_a_cluster_that_was_removed_is_closed() {
    let fixture = Fixture::new(&["shop", "edge"]);
    slow_cart(&fixture, in_minutes(5));
    fixture.rounds(9).await;
    assert!(fixture.shelf.investigations()[0].open);
    fixture.clusters.remove(cluster_id(1));
    fixture.rounds(1).await;
    let closed = &fixture.shelf.investigations()[0];
    assert!(!closed.open);
    assert!(closed.failure.is_some());
}

#[tokio::test]
async fn a_store_that_fails_at_any_call_delays_a_round_and_loses_nothing() {
    use crate::fakes::shelf::Failure;
    for failure in [Failure::Before, Failure::After] {
        for call in 1..=6 {
            let fixture = Fixture::new(&["shop"]);
            slow_cart(&fixture, in_minutes(5));
            fixture.rounds(6).await;
            for _ in 0..3 {
                fixture.shelf.fail(call, failure);
                fixture.rounds(1).await;
                fixture.shelf.mend();
                fixture.rounds(1).await;
            }
            fixture.rounds(40).await;
            let investigations = fixture.shelf.investigations();
            assert_eq!(investigations.len(), 1, "{failure:?} at {call}");
            assert!(!investigations[0].open);
        }
    }
}

#[tokio::test]
async fn a_fleet_without_clusters_is_watched_without_trouble() {
    let fixture = Fixture::new(&[]);
    let report = fixture.watches.activate().await;
    assert_eq!(report.did, 0);
    assert!(
        report.summary.starts_with("0 clusters watched"),
        "{}",
        report.summary
    );
    fixture
        .telemetry
        .curve(cluster_id(1), "up", &[], |at| steady(1.0, at));
}
