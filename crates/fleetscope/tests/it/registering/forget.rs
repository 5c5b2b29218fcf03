//! A removed cluster's history goes with it only where that is asked for.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use fleetscope_client::Paging;
use fleetscope_client::wire::{
    AnomalyRequest, Cluster, InvestigationRequest, NewReport, ReportFormat, Status,
};
use fleetscope_testkit::{Fleet, TestApp};
use uuid::Uuid;

/// An analysis, an investigation and a report about this cluster alone; the ids of all three.
async fn look_at(app: &TestApp, cluster: &Cluster) -> [Uuid; 3] {
    let clusters = Some(vec![cluster.id]);
    let analysis = AnomalyRequest {
        clusters: clusters.clone(),
        ..AnomalyRequest::default()
    };
    let analysis = app.operator.analyse_anomalies(&analysis).await.unwrap().id;
    let investigation = InvestigationRequest {
        clusters,
        ..InvestigationRequest::default()
    };
    let investigation = app.operator.investigate(&investigation).await.unwrap().id;
    for _ in 0..500 {
        let analysed = app.viewer.anomaly_analysis(analysis).await.unwrap().status;
        let found = app.viewer.investigation(investigation).await.unwrap();
        if analysed != Status::Pending && found.status != Status::Pending {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let report = NewReport {
        investigation,
        title: None,
        format: ReportFormat::Markdown,
    };
    let report = app.operator.create_report(&report).await.unwrap().id;
    [analysis, investigation, report]
}

/// The ids of all analyses, investigations and reports.
async fn kept(app: &TestApp) -> Vec<Uuid> {
    let page = Paging::default();
    let analyses = app.viewer.anomaly_analyses(&page).await.unwrap().items;
    let investigations = app.viewer.investigations(&page).await.unwrap().items;
    let reports = app.viewer.reports(&page).await.unwrap().items;
    let analyses = analyses.into_iter().map(|one| one.id);
    let investigations = investigations.into_iter().map(|one| one.id);
    let all = analyses.chain(investigations);
    all.chain(reports.into_iter().map(|one| one.id)).collect()
}

/// The kinds of the events about a cluster's own record.
async fn events(app: &TestApp, cluster: Uuid) -> Vec<String> {
    let all = app.admin.events(0, 500).await.unwrap().items;
    let own = all
        .into_iter()
        .filter(|event| event.subject == cluster.to_string());
    own.map(|event| event.kind).collect()
}

/// How many texts of reports there are.
fn texts(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .map(|path| {
            if path.is_dir() {
                return texts(&path);
            }
            usize::from(path.extension().is_some_and(|end| end == "md"))
        })
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clusters_history_is_removed_where_that_is_asked_for_and_stays_elsewhere() {
    let app = TestApp::one().await;
    let fleet = Fleet::start(3, app.clock.clone()).await;
    let clusters = fleet.register(&app.admin).await;
    let [first, second, third] = &clusters[..] else {
        panic!("three clusters");
    };
    let mut ids = Vec::new();
    for cluster in &clusters {
        ids.push(look_at(&app, cluster).await);
    }
    let there = kept(&app).await;
    for id in ids.as_flattened() {
        assert!(there.contains(id), "{id} of {ids:?}");
    }
    assert_eq!(texts(app.data()), 3);

    app.admin.delete_cluster(first.id).await.unwrap();
    assert_eq!(kept_for_admin(&app).await, 9);
    assert_eq!(texts(app.data()), 3);
    assert_eq!(
        events(&app, first.id).await,
        ["cluster.created", "cluster.deleted"]
    );

    app.admin.forget_cluster(second.id).await.unwrap();
    assert_eq!(events(&app, second.id).await, ["cluster.deleted"]);
    assert_eq!(texts(app.data()), 2);
    let there = kept(&app).await;
    for id in &ids[1] {
        assert!(!there.contains(id));
    }
    for id in &ids[2] {
        assert!(there.contains(id));
    }
    let removed = Command::new(env!("CARGO_BIN_EXE_fleetscope"))
        .env("FLEETSCOPE_URL", app.base.as_str())
        .env("FLEETSCOPE_TOKEN", &app.token)
        .args(["clusters", "delete", &third.name, "--history"])
        .output()
        .unwrap();
    let shown = String::from_utf8(removed.stdout).unwrap();
    assert_eq!(shown, format!("removed {} and its history\n", third.name));
    assert_eq!(texts(app.data()), 1);
    assert_eq!(events(&app, third.id).await, ["cluster.deleted"]);
    let path = format!("/api/v1/clusters/{}?history=yes", first.id);
    let wrong = app.admin.raw(reqwest::Method::DELETE, &path).unwrap();
    assert_eq!(wrong.send().await.unwrap().status(), 422);
    app.stop().await;
}

/// How much there is for somebody who sees everything.
async fn kept_for_admin(app: &TestApp) -> usize {
    let page = Paging::default();
    let analyses = app.admin.anomaly_analyses(&page).await.unwrap().items.len();
    let investigations = app.admin.investigations(&page).await.unwrap().items.len();
    analyses + investigations + app.admin.reports(&page).await.unwrap().items.len()
}
