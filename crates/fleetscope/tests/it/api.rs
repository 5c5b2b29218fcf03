//! The same story through the API, in one process and split in two.

use std::collections::BTreeSet;
use std::time::Duration;

use fleetscope_client::wire::{
    AnomalyAnalysis, AnomalyRequest, Investigation, InvestigationRequest, LogQuery, LogResultKind,
    NewCluster, NewReport, ReportFormat, Status,
};
use fleetscope_client::{Client, LogsAbout, MetricScope, Paging};
use fleetscope_testkit::{Fleet, Shape, TestApp, app};
use futures::StreamExt;

use crate::replaying::investigated;

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_api_works_in_one_process() {
    tell(Shape::One).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_api_works_with_the_gateway_apart_from_the_other_roles() {
    tell(Shape::Split).await;
}

async fn tell(shape: Shape) {
    let app = TestApp::start(shape, app::a_time()).await;
    let fleet = Fleet::start(4, app.clock.clone()).await;
    let registered = fleet.register(&app.admin).await;
    assert_eq!(registered.len(), 3);
    clusters(&app).await;
    metrics(&app.viewer).await;
    logs(&app.viewer).await;
    let investigation = analyses(&app).await;
    reports(&app, &investigation).await;
    events(&app).await;
    app.stop().await;
}

async fn clusters(app: &TestApp) {
    let page = app
        .viewer
        .clusters(&Paging {
            cursor: None,
            limit: Some(2),
        })
        .await
        .unwrap();
    let names: Vec<_> = page
        .items
        .iter()
        .map(|cluster| cluster.name.clone())
        .collect();
    assert_eq!(names, ["edge", "shop"]);
    let rest = Paging {
        cursor: page.next_cursor,
        limit: Some(2),
    };
    let rest = app.viewer.clusters(&rest).await.unwrap();
    assert_eq!(rest.items.len(), 1);
    assert_eq!(rest.next_cursor, None);

    let new = NewCluster {
        name: "extra".to_owned(),
        ..NewCluster::default()
    };
    let made = app.admin.create_cluster(&new).await.unwrap();
    assert_eq!(app.viewer.cluster(made.id).await.unwrap(), made);
    let changed = NewCluster {
        environment: Some("test".to_owned()),
        ..new.clone()
    };
    let changed = app
        .admin
        .update_cluster(made.id, &changed, Some(1))
        .await
        .unwrap();
    assert_eq!(changed.generation, 2);
    let stale = app
        .admin
        .update_cluster(made.id, &new, Some(1))
        .await
        .unwrap_err();
    assert_eq!(stale.status(), Some(412));
    let taken = app.admin.create_cluster(&new).await.unwrap_err();
    assert_eq!(taken.status(), Some(409));
    app.admin.delete_cluster(made.id).await.unwrap();
    assert_eq!(
        app.viewer.cluster(made.id).await.unwrap_err().status(),
        Some(404)
    );
}

async fn metrics(viewer: &Client) {
    let now = viewer
        .query("count(up)", &MetricScope::default())
        .await
        .unwrap();
    assert_eq!(now.gaps, []);
    let clusters: Vec<_> = now
        .series
        .iter()
        .map(|series| series.labels["cluster"].as_str())
        .collect();
    assert_eq!(clusters, ["edge", "shop", "train"]);
    let scope = MetricScope {
        clusters: Vec::new(),
        start: Some(app::a_time() - jiff::SignedDuration::from_mins(10)),
        end: Some(app::a_time()),
        step: Some("1m".to_owned()),
        ..MetricScope::default()
    };
    let range = viewer.query_range("sum(up)", &scope).await.unwrap();
    assert_eq!(range.series.len(), 3);
    assert!(range.series.iter().all(|series| series.samples.len() == 11));
}

async fn logs(viewer: &Client) {
    let query = |text: &str| LogQuery {
        query: Some(text.to_owned()),
        limit: Some(40),
        ..LogQuery::default()
    };
    let mut asked = query("{app=~\".+\"}");
    let (mut lines, mut pages) = (Vec::new(), 0);
    while pages < 3 {
        let page = viewer.query_logs(&asked).await.unwrap();
        assert_eq!(page.gaps, []);
        lines.extend(page.lines);
        asked.cursor = page.next_cursor;
        assert!(asked.cursor.is_some());
        pages += 1;
    }
    assert!(lines.windows(2).all(|pair| pair[0].at >= pair[1].at));
    let clusters: BTreeSet<_> = lines.iter().map(|line| &line.labels["cluster"]).collect();
    assert_eq!(clusters.len(), 3, "{clusters:?}");
    assert!(lines.iter().all(|line| line.severity.is_some()));
    let mut told: Vec<_> = lines
        .iter()
        .map(|line| (line.at, &line.labels, &line.line))
        .collect();
    told.sort();
    told.dedup();
    assert_eq!(told.len(), lines.len(), "a line comes once");

    let series = viewer
        .query_logs(&LogQuery {
            instant: true,
            ..query("sum(count_over_time({app=~\".+\"}[5m]))")
        })
        .await
        .unwrap();
    assert_eq!(series.result, LogResultKind::Vector);
    assert_eq!(series.series.len(), 3);
    let wrong = viewer.query_logs(&query("{app=")).await.unwrap_err();
    let fleetscope_client::Error::Refused(problem) = wrong else {
        panic!("{wrong}");
    };
    assert_eq!(
        (problem.status, problem.code.as_str()),
        (422, "invalid_logql")
    );
    assert!(
        problem.detail.starts_with("parse error at line 1, col "),
        "{problem:?}"
    );
    assert_eq!(problem.errors[0].pointer, "/query");

    let about = LogsAbout {
        labels: vec!["app=~.+".to_owned()],
        ..LogsAbout::default()
    };
    let names = viewer.log_labels(&LogsAbout::default()).await.unwrap();
    assert!(names.items.contains(&"cluster".to_owned()));
    let values = viewer.log_label_values("cluster", &about).await.unwrap();
    assert_eq!(values.items, ["edge", "shop", "train"]);
    let apps = viewer.log_label_values("app", &about).await.unwrap();
    assert!(apps.items.contains(&"cart".to_owned()), "{apps:?}");
    let streams = viewer.log_streams(&about).await.unwrap();
    assert!(
        streams
            .items
            .iter()
            .all(|stream| stream.labels.contains_key("cluster"))
    );
    let volume = viewer
        .log_volume(&about, &["app".to_owned()])
        .await
        .unwrap();
    assert!(volume.items.len() > 3 && volume.gaps.is_empty());
    assert_eq!(viewer.log_stats(&about).await.unwrap().items.len(), 3);
    let fields = viewer.log_fields(&about).await.unwrap();
    assert!(
        fields
            .items
            .iter()
            .any(|field| field.name == "detected_level")
    );
}

async fn analyses(app: &TestApp) -> Investigation {
    let asked = app
        .operator
        .analyse_anomalies(&AnomalyRequest::default())
        .await
        .unwrap();
    let done = settled(&app.viewer, asked).await;
    assert_eq!(done.status, Status::Complete, "{:?}", done.failure);
    let listed = app
        .viewer
        .anomaly_analyses(&Paging::default())
        .await
        .unwrap();
    assert!(listed.items.iter().any(|item| item.id == done.id));

    let found = investigated(app, &InvestigationRequest::default()).await;
    assert!(found.verdict.is_some());
    assert!(!found.narrative.is_empty());
    let listed = app.viewer.investigations(&Paging::default()).await.unwrap();
    assert_eq!(listed.items.first().map(|item| item.id), Some(found.id));
    found
}

async fn settled(viewer: &Client, mut analysis: AnomalyAnalysis) -> AnomalyAnalysis {
    for _ in 0..1200 {
        if analysis.status != Status::Pending {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        analysis = viewer.anomaly_analysis(analysis.id).await.unwrap();
    }
    analysis
}

async fn reports(app: &TestApp, investigation: &Investigation) {
    let new = NewReport {
        investigation: investigation.id,
        title: None,
        format: ReportFormat::Markdown,
    };
    let report = app.operator.create_report(&new).await.unwrap();
    let text = app.viewer.report_text(report.id).await.unwrap();
    assert_eq!(text.len() as u64, report.bytes);
    assert!(text.starts_with("# "), "{text}");
    assert_eq!(app.viewer.report(report.id).await.unwrap(), report);
    let listed = app.viewer.reports(&Paging::default()).await.unwrap();
    assert_eq!(listed.items.first(), Some(&report));
    app.operator.delete_report(report.id).await.unwrap();
    assert_eq!(
        app.viewer
            .report_text(report.id)
            .await
            .unwrap_err()
            .status(),
        Some(404)
    );
}

/// The log holds the whole story in order, and the stream tells the same.
async fn events(app: &TestApp) {
    let page = app.admin.events(0, 500).await.unwrap();
    let seqs: Vec<_> = page.items.iter().map(|event| event.seq).collect();
    assert!(seqs.windows(2).all(|pair| pair[0] < pair[1]));
    for kind in [
        "token.created",
        "cluster.created",
        "investigation.opened",
        "report.deleted",
    ] {
        assert!(page.items.iter().any(|event| event.kind == kind), "{kind}");
    }
    let tokens = |event: &fleetscope_client::wire::Event| event.kind.starts_with("token.");
    let seen = app.viewer.events(0, 500).await.unwrap();
    assert!(
        !seen.items.iter().any(tokens),
        "tokens are for administrators"
    );
    let stream = app.admin.event_stream(0).await.unwrap();
    let streamed: Vec<_> = stream
        .take(page.items.len())
        .map(Result::unwrap)
        .collect()
        .await;
    assert_eq!(streamed, page.items);
}
