//! Anomaly analyses: asked for, carried out, read.

use fleetscope_intelligence::{AnomalyRequest, Error};
use fleetscope_model::{
    AccessRole, AnomalyAnalysis, AnomalyEvent, ErrorKind, Fault, GapKind, PageRequest, Selection,
    Sensitivity, Status, TimeRange,
};

use fleetscope_ports::AnalysisStore as _;

use crate::fakes::telemetry::{jump, steady};
use crate::fakes::{Fixture, caller, cluster_id, minutes, start};
use crate::investigations::{slow_cart, workload};

fn hour() -> TimeRange {
    TimeRange::ending(start(), minutes(60))
}

fn request(query: Option<&str>) -> AnomalyRequest {
    AnomalyRequest {
        clusters: Selection::All,
        query: query.map(str::to_owned),
        window: hour(),
        step: None,
        sensitivity: Sensitivity::Medium,
    }
}

async fn asked(fixture: &Fixture, query: Option<&str>) -> AnomalyAnalysis {
    fixture
        .intelligence
        .request_anomaly_analysis(&caller(AccessRole::Operator), request(query))
        .await
        .unwrap()
}

async fn read(fixture: &Fixture, analysis: &AnomalyAnalysis) -> AnomalyAnalysis {
    let viewer = caller(AccessRole::Viewer);
    fixture
        .intelligence
        .anomaly_analysis(&viewer, analysis.id)
        .await
        .unwrap()
}

fn disturbed(fixture: &Fixture) {
    let from = start().checked_sub(minutes(20)).unwrap();
    let labels = [("namespace", "shop"), ("pod", "cart-1")];
    fixture.telemetry.curve(
        cluster_id(1),
        "queue_length",
        &labels,
        jump(4.0, 90.0, from),
    );
}

#[tokio::test]
async fn an_analysis_is_pending_until_the_work_is_done() {
    let fixture = Fixture::new(&["shop"]);
    disturbed(&fixture);
    let pending = asked(&fixture, Some("queue_length")).await;
    assert_eq!(read(&fixture, &pending).await.status, Status::Pending);
    assert!(fixture.told().await.is_empty());

    let report = fixture.work().activate().await;
    assert_eq!((report.did, report.summary.as_str()), (1, "1 done"));
    let done = read(&fixture, &pending).await;
    assert_eq!(done.status, Status::Complete);
    assert_eq!(done.anomalies.len(), 1);
    let anomaly = &done.anomalies[0];
    assert_eq!(anomaly.entity.to_string(), "pod shop/cart-1");
    assert!(anomaly.ongoing);
    let cited: Vec<_> = done.evidence.iter().map(|evidence| &evidence.id).collect();
    assert_eq!(cited, [&anomaly.evidence]);
    assert_eq!(done.evidence[0].query, "queue_length");
    assert_eq!(fixture.told().await, ["anomaly.detected"]);

    assert_eq!(fixture.work().activate().await.did, 0);
}

#[tokio::test]
async fn a_request_wakes_whoever_waits_for_work() {
    let fixture = Fixture::new(&["shop"]);
    let wanted = fixture.intelligence.work_wanted();
    asked(&fixture, Some("up")).await;
    wanted.notified().await;
}

#[tokio::test]
async fn without_a_query_every_watch_of_the_catalogue_is_evaluated() {
    let fixture = Fixture::new(&["shop"]);
    let from = start().checked_sub(minutes(20)).unwrap();
    let labels = [("instance", "worker-1")];
    fixture.telemetry.curve(
        cluster_id(1),
        "node_cpu_seconds_total",
        &labels,
        jump(0.3, 0.95, from),
    );
    let pending = asked(&fixture, None).await;
    fixture.work().activate().await;
    let done = read(&fixture, &pending).await;
    assert!(fixture.telemetry.asked() >= 30);
    assert!(
        done.anomalies
            .iter()
            .any(|one| one.entity.to_string() == "node worker-1")
    );
}

#[tokio::test]
async fn anomalies_that_belong_together_are_one_event_and_are_told_as_one() {
    let fixture = Fixture::new(&["shop"]);
    slow_cart(&fixture, start().checked_sub(minutes(20)).unwrap());
    let labels = [("instance", "worker-1")];
    let busy = jump(0.3, 0.95, start().checked_sub(minutes(20)).unwrap());
    let metric = "node_cpu_seconds_total";
    fixture
        .telemetry
        .curve(cluster_id(1), metric, &labels, busy);
    let pending = asked(&fixture, None).await;
    fixture.work().activate().await;
    let done = read(&fixture, &pending).await;
    let members: usize = done.events.iter().map(|event| event.members.len()).sum();
    assert_eq!(members, done.anomalies.len());
    let together = [workload("cart"), workload("web")];
    let of = |event: &&AnomalyEvent| together.iter().all(|one| event.entities.contains(one));
    let shop = done.events.iter().find(of).unwrap();
    assert_eq!(
        shop.entities.len(),
        2,
        "the node goes its own way: {shop:?}"
    );
    for member in &shop.members {
        assert!(together.contains(&done.anomalies[*member].entity));
    }
    assert!(
        shop.why
            .contains("workload shop/web calls workload shop/cart"),
        "{}",
        shop.why
    );
    let events = fixture.events().await;
    assert_eq!(events.len(), 1);
    let more = format!(" (and {} more)", done.events.len() - 1);
    let summary = &events[0].event.summary;
    assert!(
        summary.ends_with(&more) || summary.ends_with('…'),
        "{summary}"
    );
}

#[tokio::test]
async fn what_was_kept_before_there_were_events_is_read_with_them() {
    let fixture = Fixture::new(&["shop"]);
    disturbed(&fixture);
    let pending = asked(&fixture, Some("queue_length")).await;
    fixture.work().activate().await;
    let mut kept = read(&fixture, &pending).await;
    let events = std::mem::take(&mut kept.events);
    assert_eq!(events.len(), 1);
    fixture.shelf.put(&kept, &[]).await.unwrap();
    assert_eq!(read(&fixture, &pending).await.events, events);
}

#[tokio::test]
async fn a_series_that_does_not_move_holds_no_anomaly_and_nothing_is_told() {
    let fixture = Fixture::new(&["shop"]);
    fixture
        .telemetry
        .curve(cluster_id(1), "up", &[], |at| steady(1.0, at));
    let pending = asked(&fixture, Some("up")).await;
    fixture.work().activate().await;
    let done = read(&fixture, &pending).await;
    assert_eq!((done.status, done.anomalies.len()), (Status::Complete, 0));
    assert!(fixture.told().await.is_empty());
}

#[tokio::test]
async fn a_cluster_that_can_not_be_read_is_a_gap_in_a_complete_answer() {
    let fixture = Fixture::new(&["shop", "edge"]);
    disturbed(&fixture);
    fixture.telemetry.outage(cluster_id(2), GapKind::Timeout);
    let pending = asked(&fixture, Some("queue_length")).await;
    fixture.work().activate().await;
    let done = read(&fixture, &pending).await;
    assert_eq!((done.status, done.anomalies.len()), (Status::Complete, 1));
    assert!(done.gaps.iter().all(|gap| gap.cluster == cluster_id(2)));
    assert!(!done.gaps.is_empty());
}

#[tokio::test]
async fn work_that_is_killed_half_way_is_done_by_the_next_process() {
    let fixture = Fixture::new(&["shop"]);
    disturbed(&fixture);
    let pending = asked(&fixture, Some("queue_length")).await;
    fixture.telemetry.set_hanging(true);
    {
        let work = fixture.work();
        let killed = work.activate();
        tokio::pin!(killed);
        for _ in 0..100 {
            assert!(futures::poll!(&mut killed).is_pending());
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(read(&fixture, &pending).await.status, Status::Pending);
    fixture.telemetry.set_hanging(false);
    let fixture = fixture.restarted();
    fixture.work().activate().await;
    assert_eq!(read(&fixture, &pending).await.status, Status::Complete);
}

#[tokio::test]
async fn work_waits_for_a_collector_that_is_down_and_gives_up_in_the_end() {
    let fixture = Fixture::new(&["shop"]);
    disturbed(&fixture);
    fixture.telemetry.set_down(true);
    let pending = asked(&fixture, Some("queue_length")).await;
    let report = fixture.work().activate().await;
    assert_eq!(report.did, 0);
    assert!(
        report.summary.contains("the collector does not answer"),
        "{}",
        report.summary
    );
    assert_eq!(read(&fixture, &pending).await.status, Status::Pending);

    fixture.advance(10);
    fixture.work().activate().await;
    let failed = read(&fixture, &pending).await;
    assert_eq!(failed.status, Status::Failed);
    assert_eq!(
        failed.failure.as_deref(),
        Some("the collector does not answer")
    );
}

#[tokio::test]
async fn an_analysis_of_clusters_that_are_gone_fails_with_the_reason() {
    let fixture = Fixture::new(&["shop"]);
    let pending = asked(&fixture, Some("up")).await;
    fixture.clusters.remove(cluster_id(1));
    fixture.work().activate().await;
    let failed = read(&fixture, &pending).await;
    assert_eq!(failed.status, Status::Failed);
    assert!(failed.failure.unwrap().contains("registered"));
}

#[tokio::test]
async fn a_viewer_reads_and_does_not_ask() {
    let fixture = Fixture::new(&["shop"]);
    let viewer = caller(AccessRole::Viewer);
    let refused = fixture
        .intelligence
        .request_anomaly_analysis(&viewer, request(None))
        .await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Forbidden);
    assert!(fixture.shelf.analyses().is_empty());
    let page = PageRequest {
        after: None,
        limit: 10,
    };
    assert!(
        fixture
            .intelligence
            .anomaly_analyses(&viewer, &page)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn clusters_that_are_not_there_are_refused_before_anything_is_stored() {
    let fixture = Fixture::new(&["shop"]);
    let operator = caller(AccessRole::Operator);
    let of = async |clusters: Selection| {
        let request = AnomalyRequest {
            clusters,
            ..request(None)
        };
        let asked = fixture
            .intelligence
            .request_anomaly_analysis(&operator, request)
            .await;
        asked.unwrap_err().kind()
    };
    assert_eq!(
        of(Selection::Only(vec![cluster_id(9)])).await,
        ErrorKind::NotFound
    );
    assert_eq!(of(Selection::Only(Vec::new())).await, ErrorKind::Invalid);
    fixture.clusters.remove(cluster_id(1));
    assert_eq!(of(Selection::All).await, ErrorKind::Invalid);
    assert!(fixture.shelf.analyses().is_empty());
}

#[tokio::test]
async fn lists_go_on_where_the_page_before_ended_and_refuse_other_sizes() {
    let fixture = Fixture::new(&["shop"]);
    let viewer = caller(AccessRole::Viewer);
    for _ in 0..5 {
        asked(&fixture, Some("up")).await;
        fixture.advance(1);
    }
    let mut page = PageRequest {
        after: None,
        limit: 2,
    };
    let mut times = Vec::new();
    loop {
        let part = fixture
            .intelligence
            .anomaly_analyses(&viewer, &page)
            .await
            .unwrap();
        times.extend(part.items.iter().map(|one| one.created_at));
        page.after = part.next;
        if page.after.is_none() {
            break;
        }
    }
    assert_eq!(times.len(), 5);
    assert!(times.is_sorted_by(|a, b| a > b));
    for limit in [0, 501] {
        let page = PageRequest { after: None, limit };
        let refused = fixture.intelligence.anomaly_analyses(&viewer, &page).await;
        assert!(matches!(refused, Err(Error::Invalid { .. })));
    }
}
